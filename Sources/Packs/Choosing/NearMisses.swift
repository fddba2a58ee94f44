internal import PackCore

/// What a project without a match may have meant.
enum NearMisses {
  /// Build files of no single language: the universal pack can run them.
  private static let buildFiles = ["Makefile", "GNUmakefile", "CMakeLists.txt", "meson.build", "configure"]

  static func find(_ detection: Detection) -> [String] {
    let root = detection.root.filter { !$0.isDirectory }
    return declared(detection) + misspelt(detection, root) + missingPacks(detection, root) + buildSystems(root)
      + below(detection)
  }

  /// What the packs themselves say of such files.
  private static func declared(_ detection: Detection) -> [String] {
    detection.verdicts.flatMap { verdict in
      verdict.pack.manifest.nearMisses.compactMap { miss in
        let found = (try? miss.rules.match(detection.tree, config: detection.config)) ?? nil
        return found?.first.map { "\($0): \(miss.hint)" }
      }
    }
  }

  private static func misspelt(_ detection: Detection, _ root: [ProjectTree.Name]) -> [String] {
    let wanted = detection.verdicts.flatMap { $0.pack.manifest.rules.any + $0.pack.manifest.rules.all }
      .compactMap(\.literalName)
    let there = Set(root.map(\.text))
    return root.compactMap { name in
      // Source files and other tools' locks are what they are.
      guard !wanted.contains(name.text), !isKnown(name) else { return nil }
      let possible = wanted.filter { !there.contains($0) && ending($0) == ending(name.text) && !isSource($0) }
      return Suggestion.nearest(to: name.text, in: possible).map { "\(name.text): did you mean \($0)?" }
    }
  }

  private static func ending(_ name: String) -> Substring? { name.split(separator: ".").dropFirst().last }
  private static func isSource(_ name: String) -> Bool {
    ["c", "cjs", "go", "js", "mjs", "php", "py", "rb", "rs", "ts"].contains(String(ending(name) ?? ""))
  }
  private static func isKnown(_ name: ProjectTree.Name) -> Bool {
    name.text.hasSuffix(".lock") || name.text.hasSuffix("-lock.json")
      || LanguageManifests.all.contains { $0.names.contains(name.text) }
  }

  private static func missingPacks(_ detection: Detection, _ root: [ProjectTree.Name]) -> [String] {
    OtherLanguages.missing(detection.verdicts.map(\.pack), in: root).map {
      "\($0.file): no pack for \($0.language) is installed"
    }
  }

  private static func buildSystems(_ root: [ProjectTree.Name]) -> [String] {
    guard let file = buildFiles.first(where: { name in root.contains { $0.text == name } }) else { return [] }
    return ["\(file): unik.yaml (below) says which command builds the program and what it leaves"]
  }

  /// Directories in which a pack would look, though none of them holds a program.
  private static func below(_ detection: Detection) -> [String] {
    let packs = detection.verdicts.map(\.pack)
    let directories = (try? SubProjects.directories(detection.tree, packs)) ?? []
    return directories.prefix(3).compactMap { directory in
      guard let names = try? detection.tree.names(in: directory),
        let pack = packs.first(where: { $0.manifest.rules.match(names) })
      else { return nil }
      return "\(directory)/ looks like a \(pack.name) project: `packc build \(directory)`"
    }
  }
}
