internal import PackCore

/// Lookups outside the image, each made once: the same answer for every root, however many ask.
final class HostLookups {
  /// A directory outside the image.
  enum Directory: Hashable {
    /// Of the runtime source.
    case source(RootPath)
    /// Of the host, as is: the place where a build left a file.
    case host(HostPath)
  }
  struct Candidate {
    var file: RuntimeFile
    /// Nil when it is no ELF file (a linker script, say) or a broken one.
    var elf: ELFFile?
  }
  private struct Key: Hashable {
    var directory: Directory
    var name: String
  }

  private let source: any RuntimeSource
  private var candidates: [Key: Candidate?] = [:]
  private var directories: [LoaderFlavor: [RootPath]] = [:]

  init(source: any RuntimeSource) { self.source = source }

  func candidate(_ directory: Directory, _ name: String) throws -> Candidate? {
    let key = Key(directory: directory, name: name)
    if let known = candidates[key] { return known }
    var candidate: Candidate?
    if let file = try file(directory, name) {
      candidate = Candidate(file: file, elf: (try? ELFFile.readIfELF(file.host)) ?? nil)
    }
    candidates[key] = .some(candidate)
    return candidate
  }

  private func file(_ directory: Directory, _ name: String) throws -> RuntimeFile? {
    switch directory {
    case .source(let directory):
      return try directory.appending(component: Array(name.utf8)).flatMap { try source.file(at: $0) }
    case .host(let directory):
      guard let real = FileSystem.resolve(directory / HostPath(name)), let status = try FileSystem.status(real),
        status.kind == .file
      else { return nil }
      return RuntimeFile(host: real, status: status)
    }
  }

  /// What the loader's configuration on the host names, in its order.
  func configured(_ rules: LoaderRules) throws -> [RootPath] {
    if let known = directories[rules.flavor] { return known }
    let found =
      switch rules.flavor {
      case .glibc: try LoaderConfiguration.glibc(source)
      case .musl: try LoaderConfiguration.musl(source, architecture: rules.architecture) ?? []
      }
    directories[rules.flavor] = found
    return found
  }
}
