internal import PackCore

/// Where the solutions and projects of a repository lie. Names only, and never further than a few directories down.
struct DotnetSearch {
  /// By depth, then by bytes.
  private(set) var found: [String] = []

  static let depth = 3
  static let maximumDirectories = 2000

  /// Never a place of projects.
  private static let skipped: Set<String> = [
    "bin", "obj", "node_modules", "packages", "artifacts", "wwwroot", "publish", "TestResults", "vendor", "dist",
    "target",
  ]

  init(_ files: ProjectFiles) {
    var level = [""]
    var budget = Self.maximumDirectories
    for depth in 0...Self.depth {
      var next: [String] = []
      for directory in level where budget > 0 {
        budget -= 1
        for name in files.names(directory) where !name.hasPrefix(".") {
          let path = ProjectPath.join(directory, name)
          if Self.isManifest(name) {
            if files.isFile(path) { found.append(path) }
          } else if depth < Self.depth, !Self.skipped.contains(name), Self.isRealDirectory(path, files) {
            next.append(path)
          }
        }
      }
      level = next
    }
  }

  private static func isManifest(_ name: String) -> Bool {
    name.hasSuffix(".sln") || name.hasSuffix(".slnx") || SolutionFile.isProject(name)
  }

  private static func isRealDirectory(_ path: String, _ files: ProjectFiles) -> Bool {
    guard let relative = RootPath(path) else { return false }
    return (try? FileSystem.status(files.root / relative))??.kind == .directory
  }

  var isAtRoot: Bool { found.contains { !$0.contains("/") } }

  // MARK: Whose repository it is

  private static let settings = [
    "global.json", "Directory.Build.props", "Directory.Packages.props", "NuGet.config", "nuget.config", "NuGet.Config",
  ]
  private static let manifestsOfOthers = [
    "go.mod", "Cargo.toml", "pom.xml", "build.gradle", "build.gradle.kts", "pyproject.toml", "requirements.txt",
    "Gemfile",
    "composer.json", "mix.exs", "Package.swift", "package.json",
  ]

  /// A directory beside those of the projects that is a project of another language: a repository of several services, in
  /// which each directory is asked about by itself.
  func sibling(_ files: ProjectFiles) -> String? {
    guard !isAtRoot, !Self.settings.contains(where: files.isFile) else { return nil }
    let own = Set(found.flatMap { ProjectPath.ancestors(of: ProjectPath.directory(of: $0)) })
    for parent in own.filter({ $0.utf8.count { $0 == UInt8(ascii: "/") } < 2 }).sorted() {
      for name in files.names(parent) where !name.hasPrefix(".") {
        let directory = ProjectPath.join(parent, name)
        guard !own.contains(directory), Self.isRealDirectory(directory, files) else { continue }
        if let manifest = Self.manifestsOfOthers.first(where: { files.isFile("\(directory)/\($0)") }) {
          return "\(directory)/\(manifest)"
        }
      }
    }
    return nil
  }
}
