internal import PackCore

/// The projects of a repository: those of its solutions, or those that lie in it. Read without a toolchain.
struct DotnetProjects {
  /// The solutions or projects that are nearest to the root.
  private(set) var manifests: [String] = []
  private(set) var solutions: [SolutionFile] = []
  private(set) var projects: [MSBuildProject] = []

  static let maximumProjects = 500

  init(_ search: DotnetSearch, _ files: ProjectFiles, configuration: String = "Release") throws {
    let solutionFiles = search.found.filter { !SolutionFile.isProject($0) }
    let projectFiles = search.found.filter(SolutionFile.isProject)
    let nearestProject = projectFiles.map(Self.level).min()
    var paths: [String] = []
    // A solution further down than the projects is about a part of them.
    if let nearest = solutionFiles.map(Self.level).min(), nearest <= nearestProject ?? .max {
      for path in solutionFiles where Self.level(path) == nearest {
        let solution = try SolutionFile(Self.read(path, files), path: path)
        guard !solution.projects.isEmpty else { continue }
        solutions.append(solution)
        manifests.append(path)
        paths += solution.projects.filter(files.isFile)
      }
    }
    if paths.isEmpty {
      paths = projectFiles
      manifests = projectFiles.filter { Self.level($0) == nearestProject }
    }
    var seen: Set<String> = []
    for path in paths where seen.insert(path).inserted && projects.count < Self.maximumProjects {
      projects.append(try MSBuildProject(path, files, configuration: configuration))
    }
  }

  private static func level(_ path: String) -> Int { path.utf8.count { $0 == UInt8(ascii: "/") } }

  private static func read(_ path: String, _ files: ProjectFiles) throws -> [UInt8] {
    guard let relative = RootPath(path) else { return [] }
    return try FileSystem.read(files.root / relative, limit: ProjectFiles.limit)
  }

  /// The projects that `project` is built from, itself first.
  func closure(of project: MSBuildProject, _ files: ProjectFiles, configuration: String) throws -> [MSBuildProject] {
    var all = [project]
    var index = 0
    while index < all.count, all.count < Self.maximumProjects {
      let current = all[index]
      index += 1
      for reference in current.items("ProjectReference") {
        let path = ProjectPath.resolve(reference.name, from: current.directory)
        if let path, all.contains(where: { $0.path == path }) { continue }
        guard let path, files.isFile(path) else {
          throw Failure(
            "missing_reference", "\(current.path) refers to \(reference.name), which is not in the project",
            hint: "build from a directory that holds both, with --app \(current.stem), or mend the ProjectReference",
            at: SourceLocation(path: reference.path, line: reference.line), exit: .badInput)
        }
        all.append(
          try projects.first { $0.path == path } ?? MSBuildProject(path, files, configuration: configuration))
      }
    }
    return all
  }
}
