internal import PackCore
internal import Packs

/// The poms of a project that belong together: the root's, its modules', and parents that lie in the project.
struct MavenReactor {
  static let limit = 500

  /// The root first, then in the order in which they name each other.
  private(set) var projects: [MavenProject] = []
  private var byDirectory: [String: Int] = [:]
  /// Those that Maven builds: the root and modules of modules. The others are parents only.
  private(set) var members: [MavenProject] = []

  init(_ files: ProjectFiles) throws {
    guard try add("", named: nil, files) else { return }
    var index = 0
    while index < members.count, members.count < Self.limit {
      let project = members[index]
      for module in project.modules {
        guard try add(module.directory, named: (project.path, module.line), files) else { continue }
      }
      index += 1
    }
    for project in projects { try addParents(of: project, files) }
  }

  /// False when it is there already or does not exist; a module that does not exist is an error with its place.
  private mutating func add(_ place: String, named: (path: String, line: Int)?, _ files: ProjectFiles) throws -> Bool {
    let path = place.hasSuffix(".xml") ? place : JavaPaths.below(place, "pom.xml")
    guard byDirectory[JavaPaths.parent(path)] == nil else { return false }
    guard let project = try Self.read(path, files) else {
      guard let named else { return false }
      throw Failure(
        "bad_pom", "it names the module \(place), and there is no \(path)",
        hint: "add the module, or take its name out", at: SourceLocation(path: named.path, line: named.line),
        exit: .badInput)
    }
    byDirectory[project.directory] = projects.count
    projects.append(project)
    members.append(project)
    return true
  }

  private mutating func addParents(of project: MavenProject, _ files: ProjectFiles) throws {
    var current = project
    while let directory = current.parent?.directory, byDirectory[directory] == nil, projects.count < Self.limit {
      guard let parent = try Self.read(JavaPaths.below(directory, "pom.xml"), files) else { return }
      byDirectory[directory] = projects.count
      projects.append(parent)
      current = parent
    }
  }

  private static func read(_ path: String, _ files: ProjectFiles) throws -> MavenProject? {
    guard let relative = RootPath(path),
      let bytes = try FileSystem.readIfPresent(files.root / relative, limit: XMLElement.Limits.bytes)
    else { return nil }
    return try MavenProject(XMLElement.parse(bytes, path: path), path: path)
  }

  // MARK: Inheritance

  /// The project and its parents inside of the project, nearest first.
  func line(of project: MavenProject) -> [MavenProject] {
    var line = [project]
    while line.count < 16, let parent = line[line.count - 1].parent, let directory = parent.directory,
      let index = byDirectory[directory], projects[index].artifact == parent.artifact,
      !line.contains(where: { $0.path == projects[index].path })
    {
      line.append(projects[index])
    }
    return line
  }

  /// A property with the pom that states it, its value with all variables replaced that the project knows.
  func property(_ name: String, of project: MavenProject) -> (value: String, path: String, line: Int)? {
    for owner in line(of: project) {
      if let found = owner.properties[name] {
        return (expand(found.value, in: project), owner.path, found.line)
      }
    }
    return nil
  }

  func expand(_ text: String, in project: MavenProject, depth: Int = 0) -> String {
    guard depth < 8, text.utf8.count < 4096, let start = text.firstRange(of: "${") else { return text }
    guard let end = text[start.upperBound...].firstIndex(of: "}") else { return text }
    let name = String(text[start.upperBound..<end])
    let rest = expand(String(text[text.index(after: end)...]), in: project, depth: depth + 1)
    let value = variable(name, in: project).map { expand($0, in: project, depth: depth + 1) }
    return text[..<start.lowerBound] + (value ?? "${\(name)}") + rest
  }

  private func variable(_ name: String, in project: MavenProject) -> String? {
    switch name {
    case "project.artifactId", "artifactId", "pom.artifactId": return project.artifact
    case "project.version", "version", "pom.version": return version(of: project)
    case "project.parent.version": return project.parent?.version
    default: return line(of: project).lazy.compactMap { $0.properties[name]?.value }.first
    }
  }

  func version(of project: MavenProject) -> String? {
    guard let own = project.version ?? project.parent?.version else { return nil }
    return own.contains("${project.version}") || own.contains("${version}") ? nil : own
  }

  /// A plugin that the project uses: `isOwn` when its own pom says so, not only a parent's.
  func plugin(_ artifact: String, of project: MavenProject) -> (
    isOwn: Bool, configurations: [XMLElement], path: String
  )? {
    let line = line(of: project)
    guard let user = line.first(where: { $0.plugins.contains { $0.artifact == artifact } }) else { return nil }
    let all = line.flatMap { $0.plugins + $0.managed }.filter { $0.artifact == artifact }
    return (user.path == project.path, all.flatMap(\.configurations), user.path)
  }

  /// Names of dependencies that are there when the program runs.
  func runtimeDependencies(of project: MavenProject) -> [String] {
    line(of: project).flatMap(\.dependencies).filter { ["compile", "runtime"].contains($0.scope) }.map(\.name)
  }
}
