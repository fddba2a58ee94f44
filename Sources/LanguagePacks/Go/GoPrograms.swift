internal import PackCore
internal import Packs

/// The `package main` directories of a module or workspace, found by reading.
struct GoPrograms {
  struct Program: Equatable {
    /// Relative to the project; empty for its root.
    var directory: String
    /// The path of the module that holds it.
    var module: String
    /// Where the module lies, relative to the project.
    var moduleDirectory: String
    /// The file with `func main`.
    var mainFile: String

    /// What `--app` takes.
    var app: String { directory.isEmpty ? "." : directory }
    var isModuleRoot: Bool { directory == moduleDirectory }
  }

  let files: ProjectFiles
  let modules: GoModules
  private let tags: Set<String>
  private(set) var programs: [Program] = []

  /// A module is not searched past so many directories.
  private static let maximumDirectories = 20_000

  init(_ modules: GoModules, files: ProjectFiles, platform: Platform, tags: [String] = []) {
    self.files = files
    self.modules = modules
    self.tags = Set(["linux", "unix", "gc", "cgo", platform.architecture.rawValue] + tags)
    guard !modules.modules.isEmpty else {
      // Without a module the directory itself is the program.
      if let main = mainFile(in: "", files.names()) {
        programs = [Program(directory: "", module: "", moduleDirectory: "", mainFile: main)]
      }
      return
    }
    var budget = Self.maximumDirectories
    for module in modules.modules { search(module.directory, module, modules, &budget) }
    programs.sort { $0.directory.utf8.lexicographicallyPrecedes($1.directory.utf8) }
  }

  /// The files of a directory that are built for the target, by their names and constraints.
  func sources(in directory: String) -> [(path: String, text: GoSourceText)] {
    files.names(directory).compactMap { name in
      guard isSource(name), let text = (try? files.text(join(directory, name))) ?? nil else { return nil }
      let source = GoSourceText(text)
      return isBuilt(source) ? (join(directory, name), source) : nil
    }
  }

  private func isSource(_ name: String) -> Bool {
    name.hasSuffix(".go") && !name.hasSuffix("_test.go") && !name.hasPrefix("_") && !name.hasPrefix(".")
      && fitsPlatform(name)
  }
  private func isBuilt(_ source: GoSourceText) -> Bool {
    source.constraint.map { GoConstraint.holds($0, tags: tags) } ?? true
  }

  private func join(_ directory: String, _ name: String) -> String { directory.isEmpty ? name : "\(directory)/\(name)" }

  private mutating func search(
    _ directory: String, _ module: GoModules.Module, _ modules: GoModules, _ budget: inout Int
  ) {
    guard budget > 0 else { return }
    budget -= 1
    let entries = files.entries(directory)
    let manifest = Array("go.mod".utf8)
    if directory != module.directory, entries.contains(where: { $0.bytes == manifest }) { return }
    let names = entries.lazy.filter { !$0.isDirectory && $0.bytes.suffix(3).elementsEqual(".go".utf8) }.map(\.text)
    if let main = mainFile(in: directory, Array(names)) {
      programs.append(
        Program(
          directory: directory, module: module.path, moduleDirectory: module.directory, mainFile: join(directory, main))
      )
    }
    // The go command ignores these by name (`go help packages`).
    for name in entries.lazy.filter(\.isDirectory).map(\.text) where !name.hasPrefix(".") && !name.hasPrefix("_") {
      guard !["vendor", "testdata", "node_modules"].contains(name) else { continue }
      search(join(directory, name), module, modules, &budget)
    }
  }

  /// The file that holds `func main` of a `package main` built for the target.
  private func mainFile(in directory: String, _ names: [String]) -> String? {
    for name in names where isSource(name) {
      let path = join(directory, name)
      guard let head = (try? files.head(path)) ?? nil else { continue }
      let top = GoSourceText(head)
      if let package = top.package, package != "main" {
        // A directory is one package: the first file that is always built says which (go.dev/ref/spec#Packages).
        if top.constraint == nil { return nil }
        continue
      }
      guard let text = (try? files.text(path)) ?? nil else { continue }
      let source = GoSourceText(text)
      if source.package == "main" && source.hasMain && isBuilt(source) { return name }
    }
    return nil
  }

  /// `name_GOOS.go`, `name_GOARCH.go`, `name_GOOS_GOARCH.go` (`go help buildconstraint`).
  private func fitsPlatform(_ name: String) -> Bool {
    let parts = name.dropLast(3).split(separator: "_").dropFirst().suffix(2).map(String.init)
    return !parts.contains { (Self.systems.contains($0) || Self.architectures.contains($0)) && !tags.contains($0) }
  }
  private static let systems: Set<String> = [
    "aix", "android", "darwin", "dragonfly", "freebsd", "illumos", "ios", "js", "linux", "netbsd", "openbsd", "plan9",
    "solaris", "wasip1", "windows",
  ]
  private static let architectures: Set<String> = [
    "386", "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64le", "mipsle", "ppc64", "ppc64le", "riscv64",
    "s390x", "wasm",
  ]
}
