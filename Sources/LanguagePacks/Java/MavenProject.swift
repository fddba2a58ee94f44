internal import PackCore

/// One pom.xml (Maven's POM reference, model 4.0.0), as far as a build has to know it before Maven reads it.
struct MavenProject {
  struct Property: Equatable {
    var value: String
    var line: Int
  }
  struct Plugin {
    var artifact: String
    var version: String?
    var line: Int
    /// Every `configuration`: the plugin's own and those of its executions.
    var configurations: [XMLElement]
  }
  struct Dependency {
    var name: String
    var scope: String
    /// Built for the tests of another module: `<type>test-jar</type>`.
    var isTestJar: Bool
    var isOptional: Bool
  }
  struct Parent {
    var artifact: String
    var version: String
    /// Of the parent's pom.xml, relative to the project; nil when it comes from a repository.
    var directory: String?
    var line: Int
  }

  /// `server/pom.xml`, and `server`.
  let path: String
  let directory: String
  let parent: Parent?
  let artifact: String
  let version: String?
  let packaging: String
  /// Directories relative to the project.
  let modules: [(directory: String, line: Int)]
  let properties: [String: Property]
  let plugins: [Plugin]
  /// Configuration that counts where a plugin is used, here or in a module.
  let managed: [Plugin]
  let dependencies: [Dependency]

  init(_ root: XMLElement, path: String) throws {
    guard root.name == "project" else {
      throw Self.wrong(path, root, "the root element is <\(root.name)>, and a pom.xml has <project>")
    }
    self.path = path
    directory = JavaPaths.parent(path)
    let own = directory
    parent = try root["parent"].map { try Self.parent($0, path: path, directory: own) }
    guard let artifact = root["artifactId"]?.text, !artifact.isEmpty else {
      throw Self.wrong(path, root, "<project> has no <artifactId>")
    }
    self.artifact = artifact
    version = root["version"]?.text
    packaging = root["packaging"]?.text ?? "jar"
    modules = (root["modules"]?.all("module") ?? []).compactMap { element in
      JavaPaths.join(own, element.text).map { ($0, element.line) }
    }
    properties = Dictionary(
      (root["properties"]?.children ?? []).map { ($0.name, Property(value: $0.text, line: $0.line)) }
    ) { $1 }
    plugins = Self.plugins(root.first("build", "plugins"))
    managed = Self.plugins(root.first("build", "pluginManagement", "plugins"))
    dependencies = (root["dependencies"]?.all("dependency") ?? []).map { element in
      Dependency(
        name: element["artifactId"]?.text ?? "", scope: element["scope"]?.text ?? "compile",
        isTestJar: element["type"]?.text == "test-jar" || element["classifier"]?.text == "tests",
        isOptional: element["optional"]?.text == "true")
    }
  }

  private static func wrong(_ path: String, _ element: XMLElement, _ problem: String) -> Failure {
    Failure(
      "bad_pom", problem, hint: "`mvn -B validate` checks the whole file", at: element.location(path), exit: .badInput)
  }

  /// `relativePath` is `../pom.xml` unless it says otherwise; empty means: from a repository.
  private static func parent(_ element: XMLElement, path: String, directory: String) throws -> Parent {
    guard let artifact = element["artifactId"]?.text, !artifact.isEmpty else {
      throw wrong(path, element, "<parent> has no <artifactId>")
    }
    let relative = element["relativePath"]?.text ?? "../pom.xml"
    var place = relative.isEmpty ? nil : JavaPaths.join(directory, relative)
    if let file = place, file.hasSuffix(".xml") { place = JavaPaths.parent(file) }
    return Parent(artifact: artifact, version: element["version"]?.text ?? "", directory: place, line: element.line)
  }

  private static func plugins(_ element: XMLElement?) -> [Plugin] {
    (element?.all("plugin") ?? []).map { plugin in
      let executions = plugin["executions"]?.all("execution") ?? []
      return Plugin(
        artifact: plugin["artifactId"]?.text ?? "", version: plugin["version"]?.text, line: plugin.line,
        configurations: ([plugin] + executions).compactMap { $0["configuration"] })
    }
  }
}

extension XMLElement {
  /// The first element of one of these names in the tree below, in the order of the file.
  func deep(_ names: Set<String>) -> XMLElement? {
    for child in children {
      if names.contains(child.name) { return child }
      if let found = child.deep(names) { return found }
    }
    return nil
  }
}

/// Paths relative to the project, as manifests write them.
enum JavaPaths {
  static func parent(_ path: String) -> String { path.split(separator: "/").dropLast().joined(separator: "/") }

  static func name(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? "" }

  /// nil when it leaves the project.
  static func join(_ directory: String, _ path: String) -> String? {
    guard !path.hasPrefix("/") else { return nil }
    var parts = directory.split(separator: "/")
    for part in path.split(whereSeparator: { $0 == "/" || $0 == "\\" }) where part != "." {
      if part != ".." {
        parts.append(part)
      } else if parts.popLast() == nil {
        return nil
      }
    }
    return parts.joined(separator: "/")
  }

  static func below(_ directory: String, _ path: String) -> String { directory.isEmpty ? path : "\(directory)/\(path)" }
}
