internal import Glibc
internal import PackCore

/// The modules that a machine needs, out of a kernel's module directory, in the order of loading.
struct ModuleSelection {
  /// The drivers of the devices that packc's machines have. One that is not among the modules is built into the kernel.
  private static let wanted = ModuleNeeds.always + ModuleNeeds.volumes + ModuleNeeds.rootDisk

  struct Module {
    /// With underscores, as the kernel names it.
    let name: String
    let bytes: [UInt8]
  }

  private let directory: HostPath
  /// By name with underscores.
  private let files: [String: HostPath]
  private let release: String
  private var chosen: [Module] = []
  private var visited: Set<String> = []

  /// What the machine needs from `directory` (`…/lib/modules/RELEASE`) for the kernel of that release.
  static func choose(from directory: HostPath, release: String) throws -> [Module] {
    var selection = ModuleSelection(directory: directory, files: try index(directory), release: release)
    guard !selection.files.isEmpty else { throw KernelFailure.modulesMissing(directory.description) }
    for name in wanted { try selection.add(name) }
    return selection.chosen
  }

  private init(directory: HostPath, files: [String: HostPath], release: String) {
    self.directory = directory
    self.files = files
    self.release = release
  }

  /// Every `*.ko`, `*.ko.xz`, `*.ko.zst`, `*.ko.gz` below; `build` and `source` are links and are not followed.
  private static func index(_ directory: HostPath) throws -> [String: HostPath] {
    var files: [String: HostPath] = [:]
    guard FileSystem.isDirectory(directory) else { return files }
    try DirectoryWalk.walk(directory) { entry in
      if entry.status.kind == .file, let name = moduleName(entry.path.name) { files[name] = directory / entry.path }
      return .take
    }
    return files
  }

  private static func moduleName(_ file: String) -> String? {
    for suffix in [".ko", ".ko.xz", ".ko.zst", ".ko.gz"] where file.hasSuffix(suffix) {
      return String(file.dropLast(suffix.count).map { $0 == "-" ? "_" : $0 })
    }
    return nil
  }

  /// Depth first: what a module depends on stands before it.
  private mutating func add(_ name: String) throws {
    guard visited.insert(name).inserted, let path = files[name] else { return }
    let bytes = try ModuleCompression.read(path)
    let module = try ModuleFile(bytes, path: path.description)
    guard module.release == release else {
      throw KernelFailure.badModule(path.description, "it is for \(module.release), and the kernel is \(release)")
    }
    for dependency in module.depends { try add(String(dependency.map { $0 == "-" ? "_" : $0 })) }
    chosen.append(Module(name: name, bytes: bytes))
  }
}

/// Distributions compress modules; the initrd holds them plain, so that the guest's init needs no decompressor.
enum ModuleCompression {
  private static let limit = 32 << 20

  static func read(_ path: HostPath) throws -> [UInt8] {
    let tools = [".xz": "xz", ".zst": "zstd", ".gz": "gzip"]
    for (suffix, tool) in tools where path.name.hasSuffix(suffix) {
      let command = Command(
        [tool, "-dc", "--", path.description],
        environment: ["PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C"], keep: limit, keepHead: true)
      let result = try ProcessRunner().run(command)
      guard result.succeeded else {
        throw KernelFailure.unpackFailed(path.description, cause: result.errorText)
      }
      return result.output
    }
    return try FileSystem.read(path, limit: limit)
  }
}
