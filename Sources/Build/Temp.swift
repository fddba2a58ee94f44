internal import ELF
internal import PackCore
struct StripCache {
  let directory: HostPath
  func strip(_ file: HostPath) throws -> (before: Digest, after: Digest, file: (path: HostPath, status: FileStatus)?) {
    let d = try FileSystem.digest(of: file)
    return (d, d, nil)
  }
}
extension RootAssembler {
  func checkProgram(_ root: RootFilesystem, _ inventory: ELFInventory) throws {}
}
