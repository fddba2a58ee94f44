internal import PackCore

/// The projects of one Gradle build: the root's and those that settings.gradle includes.
struct GradleBuild {
  static let limit = 500

  /// `settings.gradle.kts`
  let settings: String?
  let name: GradleProject.Value?
  /// The root first.
  private(set) var projects: [GradleProject] = []

  init(_ files: ProjectFiles) throws {
    settings = ["settings.gradle", "settings.gradle.kts"].first(where: files.isFile)
    let script = try settings.flatMap { try files.text($0) }.map(GradleScript.init)
    name = script.flatMap { script in
      script.words(["name"]).first { $0 >= 2 && script.tokens[$0 - 2].text == "rootProject" }
        .flatMap { script.literal(after: $0) }.map { GradleProject.Value(text: $0.text, line: $0.line) }
    }
    let catalog = try GradleProject.catalog(files)
    for directory in [""] + Self.included(script) where projects.count < Self.limit {
      let path = Self.buildFile(directory, files)
      guard directory.isEmpty || path != nil || files.isDirectory(directory) else { continue }
      guard !projects.contains(where: { $0.directory == directory }) || directory.isEmpty else { continue }
      projects.append(
        GradleProject(
          path: path ?? JavaPaths.below(directory, "build.gradle"), text: try path.flatMap { try files.text($0) },
          catalog: catalog))
    }
  }

  private static func buildFile(_ directory: String, _ files: ProjectFiles) -> String? {
    let names =
      ["build.gradle", "build.gradle.kts"]
      + [JavaPaths.name(directory)].flatMap { ["\($0).gradle", "\($0).gradle.kts"] }
    return names.map { JavaPaths.below(directory, $0) }.first(where: files.isFile)
  }

  /// `include 'a', 'b:c'`, `include(":a", ":b")`; `project(':a').projectDir = file('x')` gives another directory.
  private static func included(_ script: GradleScript?) -> [String] {
    guard let script else { return [] }
    var places: [(name: String, directory: String)] = []
    for index in script.words(["include"]) {
      for token in script.tokens[(index + 1)...] {
        if token.kind == .string {
          let parts = token.text.split(separator: ":")
          guard !parts.isEmpty, !token.text.contains("$") else { continue }
          // Each project above it is one too.
          for count in 1...parts.count {
            let name = parts[..<count].joined(separator: ":")
            if !places.contains(where: { $0.name == name }) {
              places.append((name, parts[..<count].joined(separator: "/")))
            }
          }
        } else if !["(", ",", "[", "listOf"].contains(token.text) {
          break
        }
      }
    }
    for index in script.words(["projectDir"]) {
      let before = script.tokens[max(0, index - 6)..<index].last { $0.kind == .string }?.text
      let after = script.tokens[index...].dropFirst().prefix(8).last { $0.kind == .string && !$0.text.contains("$") }?
        .text
      guard let before, let after, let directory = JavaPaths.join("", after) else { continue }
      let name = before.split(separator: ":").joined(separator: ":")
      if let place = places.firstIndex(where: { $0.name == name }) { places[place].directory = directory }
    }
    return places.map(\.directory)
  }

  /// Gradle's name of the project in a directory: `:services:api`.
  static func taskPath(_ directory: String) -> String {
    directory.isEmpty ? ":" : ":" + directory.split(separator: "/").joined(separator: ":")
  }
}
