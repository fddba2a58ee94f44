internal import Glibc
public import PackCore

/// Kernel and initrd as what machines and firmware take. The same files give the same bytes: identifiers come from the
/// content, times are fixed.
public struct BootExport {
  public enum Format: String, Sendable, CaseIterable {
    /// A directory with `kernel`, `initrd` and `cmdline`, and `root` where that is a disk.
    case files = "kernel+initrd"
    /// One EFI program.
    case uki
    /// A GPT disk with an EFI system partition, which holds the EFI program; behind it the root's, where that is a disk.
    case raw = "disk.raw"
    case qcow2
    /// A CD that UEFI firmware boots.
    case iso
  }

  private let files: BootFiles
  private let tools: DiskTools
  /// For files that go with the command.
  private let work: HostPath

  /// - Parameter work: an empty directory with room for three times the image.
  public init(_ files: BootFiles, context: HostContext, work: HostPath) {
    self.files = files
    self.work = work
    tools = DiskTools(context)
  }

  /// - Parameter output: a file is replaced, for `kernel+initrd` a directory that is new or empty.
  public func write(as format: Format, to output: HostPath) throws {
    // Each is one thing, with no place for a disk beside the EFI program.
    if files.root != nil, format == .uki || format == .iso { throw KernelFailure.rootIsDisk(format.rawValue) }
    try FileSystem.createDirectory(output.parent)
    switch format {
    case .files: try writeFiles(output)
    case .uki:
      let staged = try StagedFile(for: output)
      try UnifiedKernelImage(files).write(to: staged.file)
      try staged.commit()
    case .raw: try place(try disk(), at: output)
    case .qcow2:
      let converted = work / "disk.qcow2"
      try tools.convert(try disk(), to: converted)
      try place(converted, at: output)
    case .iso:
      try tools.require(DiskTools.isoTools)
      let iso = work / "disk.iso"
      try tools.makeISO(of: try partition(program()).file, in: work / "iso", to: iso)
      try place(iso, at: output)
    }
  }

  private func writeFiles(_ output: HostPath) throws {
    if let found = try FileSystem.target(output) {
      guard found.kind == .directory, try DirectoryWalk.names(in: output).isEmpty else {
        throw KernelFailure.occupied(output)
      }
    }
    let staged = try StagedDirectory(for: output)
    try FileSystem.copyFile(files.kernel, to: staged.path / "kernel", mode: 0o644)
    try FileSystem.copyFile(files.initrd, to: staged.path / "initrd", mode: 0o644)
    if let root = files.root { try FileSystem.copyFile(root.file, to: staged.path / "root", mode: 0o644) }
    try FileSystem.writeAtomically(Array((files.cmdline + "\n").utf8), to: staged.path / "cmdline", durable: false)
    try Interruption.check()
    try staged.commit()
  }

  // MARK: - Disks

  private typealias Program = (file: HostPath, size: Int64, digest: Digest)

  private func program() throws -> Program {
    let image = try UnifiedKernelImage(files)
    let path = work / "BOOTX64.EFI"
    let file = try Descriptor.open(path, O_WRONLY | O_CREAT | O_EXCL)
    try image.write(to: file)
    return (path, image.size, try FileSystem.digest(of: path))
  }

  /// The EFI system partition: FAT32 with `EFI/BOOT/BOOTX64.EFI`, where firmware looks on a disk that it does not know
  /// (UEFI specification, "Removable Media Boot Behavior").
  private func partition(_ program: Program) throws -> (file: HostPath, mebibytes: Int) {
    // FAT32 has 65,525 clusters at least.
    let mebibytes = max(64, Int(program.size >> 20) + Int(program.size >> 26) + 8)
    let path = work / "esp.img"
    try tools.makeFAT(path, mebibytes: mebibytes, program: program.file, serial: program.digest)
    return (path, mebibytes)
  }

  private func disk() throws -> HostPath {
    try tools.require(DiskTools.diskTools)
    let program = try program()
    let partition = try partition(program)
    let disk = work / "disk.raw"
    try tools.makeGPT(
      disk, partition: partition.file, mebibytes: partition.mebibytes, identity: program.digest, root: files.root)
    return disk
  }

  private func place(_ file: HostPath, at output: HostPath) throws {
    let staged = try StagedFile(for: output)
    try DiskTools.copySparse(file, to: staged.file, at: 0)
    try staged.commit()
  }
}
