internal import PackCore
internal import Packs

/// Applications of an Nx workspace whose projects have no package.json: `apps/*/project.json`.
struct NodeNx {
  struct Application {
    var name: String
    var directory: String
    /// Where its build leaves it.
    var output: String
    var executor: String
    var isNext: Bool { executor.contains("next") }
    /// What its output starts with; nil for pages.
    var file: String? {
      if isNext { return nil }
      let compilers = [
        "node:", "webpack:webpack", "esbuild:esbuild", "js:tsc", "js:swc", "js:node", "nest:", "express:",
      ]
      return compilers.contains { executor.contains($0) } && !executor.contains("web:") ? "\(output)/main.js" : nil
    }
  }
  let applications: [Application]
  let defaultProject: String?

  /// nil when it is no Nx workspace.
  init?(_ files: ProjectFiles) throws {
    guard let text = try files.text("nx.json") else { return nil }
    let nx = try JSONParser.parse(Array(text.utf8), name: "nx.json", limits: .init(lastKeyWins: true))
    defaultProject = nx["defaultProject"]?.string
    let base = nx["workspaceLayout"]?["appsDir"]?.string ?? "apps"
    var found: [Application] = []
    for directory in [""] + files.names(base).prefix(256).map({ "\(base)/\($0)" }) {
      if let application = try Self.application(in: directory, files) { found.append(application) }
    }
    applications = found
  }

  private static func application(in directory: String, _ files: ProjectFiles) throws -> Application? {
    func place(_ name: String) -> String { directory.isEmpty ? name : "\(directory)/\(name)" }
    let name = String(directory.split(separator: "/").last ?? "")
    let path = place("project.json")
    guard let text = try files.text(path) else {
      // Plugins find the targets by the files of the frameworks.
      let isNext = !directory.isEmpty && NodeProgramRules.nextConfigurations.contains { files.isFile(place($0)) }
      return isNext ? Application(name: name, directory: directory, output: directory, executor: "@nx/next:build") : nil
    }
    let project = try JSONParser.parse(Array(text.utf8), name: path, limits: .init(lastKeyWins: true))
    guard project["projectType"]?.string != "library", let build = project["targets"]?["build"],
      let output = build["options"]?["outputPath"]?.string
    else { return nil }
    return Application(
      name: project["name"]?.string ?? name, directory: directory, output: NodeProject.clean(output),
      executor: build["executor"]?.string ?? "")
  }

  func application(_ name: String) -> Application? {
    applications.first { $0.name == name || $0.directory == name || $0.directory.hasSuffix("/\(name)") }
  }

  /// Those that start, the servers before the pages.
  var startable: [Application] { applications.filter { $0.file != nil || $0.isNext } }
}
