internal import PackCore
internal import Packs

/// The modules that a Go program is built from. The hashes of go.sum are those of a list of files, and of no archive, so
/// none is given.
struct GoComponents {
  private let files: ProjectFiles
  private let modules: GoModules
  private var list = ComponentList()

  static func list(of program: GoPrograms.Program, _ modules: GoModules, _ files: ProjectFiles) throws
    -> [SoftwareComponent]
  {
    var components = GoComponents(files: files, modules: modules)
    let root = modules.work == nil ? program.moduleDirectory : ""
    let vendor = root.isEmpty ? "vendor/modules.txt" : "\(root)/vendor/modules.txt"
    if let text = try files.text(vendor) {
      components.add(GoVendor(text), vendor)
    } else {
      try components.addRequired(by: program.module)
    }
    return components.list.sorted
  }

  private init(files: ProjectFiles, modules: GoModules) {
    self.files = files
    self.modules = modules
  }

  private mutating func add(_ module: String, _ version: String, _ evidence: [String]) {
    list.add(.golang(module, version), name: module, evidence: evidence)
  }

  /// What is vendored and has a package that is needed. A directory of the project is the project's own.
  private mutating func add(_ vendor: GoVendor, _ path: String) {
    for module in vendor.modules where module.packages > 0 {
      if let replacement = module.replacement {
        guard let version = replacement.version else { continue }
        add(replacement.path, version, [path])
      } else if let version = module.version {
        add(module.path, version, [path])
      }
    }
  }

  /// Since Go 1.17 a go.mod names every module that a package of the program comes from; before, only those that the
  /// module imports itself, and the others stand in go.sum. A workspace has one version of each, the highest.
  private mutating func addRequired(by program: String) throws {
    let own = Set(modules.modules.map(\.path))
    var versions: [String: String] = [:]
    for download in modules.modules.flatMap(\.file.downloads) where !own.contains(download.module) {
      versions[download.module] = Self.higher(download.version, versions[download.module])
    }
    for module in needed(by: program) {
      let evidence = [module.fileName, module.sumName].filter(files.isFile)
      for download in module.file.downloads where !own.contains(download.module) {
        add(download.module, versions[download.module] ?? download.version, evidence)
      }
      guard !Self.namesAll(module.file), let text = try files.text(module.sumName) else { continue }
      for (name, version) in Self.archives(text) where versions[name] == nil { add(name, version, [module.sumName]) }
    }
  }

  /// The program's module, and those of the workspace that it requires.
  private func needed(by program: String) -> [GoModules.Module] {
    var seen: Set<String> = [program]
    var waiting = [program]
    while let path = waiting.popLast() {
      for module in modules.modules where module.path == path {
        waiting += module.file.requires.map { $0.words[0] }.filter { seen.insert($0).inserted }
      }
    }
    return modules.modules.filter { seen.contains($0.path) }
  }

  private static func namesAll(_ file: GoModFile) -> Bool {
    guard let version = file.go.flatMap({ GoVersion($0.words[0]) }), let first = GoVersion("1.17") else { return false }
    return version >= first
  }

  /// The modules of go.sum whose sources were needed, and not only their go.mod; of several versions the highest.
  private static func archives(_ sums: String) -> [(String, String)] {
    var versions: [String: String] = [:]
    for line in sums.split(whereSeparator: \.isNewline) {
      let words = line.split(separator: " ").map(String.init)
      guard words.count == 3, !words[1].hasSuffix("/go.mod") else { continue }
      versions[words[0]] = higher(words[1], versions[words[0]])
    }
    return versions.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
  }

  private static func higher(_ version: String, _ other: String?) -> String {
    guard let other, let one = SemanticVersion(version), let two = SemanticVersion(other) else {
      return other.map { max(version, $0) } ?? version
    }
    return one > two ? version : other
  }
}
