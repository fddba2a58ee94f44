internal import PackCore

/// What a project without a match may have meant.
enum NearMisses {
  /// Files by which other languages are known, for naming what is not installed.
  private static let otherLanguages: [(file: Glob, text: String, language: String)] = [
    ("package.json", "node"), ("Cargo.toml", "rust"), ("Gemfile", "ruby"), ("pom.xml", "java"),
    ("build.gradle", "java"), ("build.gradle.kts", "java"), ("composer.json", "php"), ("mix.exs", "elixir"),
    ("*.csproj", "dotnet"), ("*.fsproj", "dotnet"), ("*.sln", "dotnet"), ("Package.swift", "swift"),
    ("deno.json", "deno"), ("build.zig", "zig"), ("stack.yaml", "haskell"), ("*.cabal", "haskell"),
    ("dune-project", "ocaml"), ("rebar.config", "erlang"), ("project.clj", "clojure"), ("build.sbt", "scala"),
    ("go.mod", "go"), ("requirements.txt", "python"), ("pyproject.toml", "python"),
  ].map { (Glob($0.0), $0.0, $0.1) }

  /// Build files of no single language: the universal pack can run them.
  private static let buildFiles = ["Makefile", "GNUmakefile", "CMakeLists.txt", "meson.build", "configure"]

  static func find(_ detection: Detection) -> [String] {
    let root = detection.listing.filter { $0.components.count == 1 }
    return declared(detection) + misspelt(detection, root) + missingPacks(detection, root) + buildSystems(root)
      + below(detection)
  }

  /// What the packs themselves say of such files.
  private static func declared(_ detection: Detection) -> [String] {
    detection.verdicts.flatMap { verdict in
      verdict.pack.manifest.nearMisses.compactMap { miss in
        miss.rules.match(detection.listing, config: detection.config)?.first.map { "\($0): \(miss.hint)" }
      }
    }
  }

  private static func misspelt(_ detection: Detection, _ root: [RootPath]) -> [String] {
    let wanted = detection.verdicts.flatMap { $0.pack.manifest.rules.any + $0.pack.manifest.rules.all }
      .compactMap(\.literalName)
    return root.compactMap { path in
      guard !wanted.contains(path.name), let near = Suggestion.nearest(to: path.name, in: wanted) else { return nil }
      return "\(path.name): did you mean \(near)?"
    }
  }

  private static func missingPacks(_ detection: Detection, _ root: [RootPath]) -> [String] {
    let known = Set(detection.verdicts.flatMap { $0.pack.manifest.languages + [$0.pack.name] })
    var named: Set<String> = []
    return otherLanguages.compactMap { file, _, language in
      guard !known.contains(language), let path = root.first(where: { file.matches($0.nameBytes) }),
        named.insert(language).inserted
      else { return nil }
      return "\(path.name): no pack for \(language) is installed"
    }
  }

  private static func buildSystems(_ root: [RootPath]) -> [String] {
    guard let file = buildFiles.first(where: { name in root.contains { $0.name == name } }) else { return [] }
    return ["\(file): unik.yaml (below) says which command builds the program and what it leaves"]
  }

  /// A directory in which a pack would match.
  private static func below(_ detection: Detection) -> [String] {
    var directories: [RootPath] = []
    for path in detection.listing {
      guard let parent = path.parent, !parent.isRoot, parent.components.count <= 2, directories.last != parent else {
        continue
      }
      if !directories.contains(parent) { directories.append(parent) }
      if directories.count >= 200 { break }
    }
    var lines: [String] = []
    for directory in directories where lines.count < 3 {
      let inside = detection.listing.filter { $0.isInside(directory) }
        .compactMap { RootPath(bytes: $0.bytes.dropFirst(directory.bytes.count)) }
      for verdict in detection.verdicts where verdict.pack.manifest.rules.match(inside, config: nil) != nil {
        lines.append("\(directory)/ looks like a \(verdict.pack.name) project: `packc build \(directory)`")
        break
      }
    }
    return lines
  }
}
