internal import PackCore

/// Files by which languages are known, for a project of a language that no installed pack knows.
enum OtherLanguages {
  struct Found: Equatable {
    /// `mix.exs`
    var file: String
    /// `elixir`
    var language: String
  }

  private static let manifests: [(file: Glob, language: String)] = [
    ("package.json", "node"), ("Cargo.toml", "rust"), ("Gemfile", "ruby"), ("config.ru", "ruby"), ("pom.xml", "java"),
    ("build.gradle", "java"), ("build.gradle.kts", "java"), ("composer.json", "php"), ("index.php", "php"),
    ("mix.exs", "elixir"), ("*.csproj", "dotnet"), ("*.fsproj", "dotnet"), ("*.sln", "dotnet"),
    ("Package.swift", "swift"), ("deno.json", "deno"), ("deno.jsonc", "deno"), ("build.zig", "zig"),
    ("stack.yaml", "haskell"), ("*.cabal", "haskell"), ("dune-project", "ocaml"), ("rebar.config", "erlang"),
    ("project.clj", "clojure"), ("deps.edn", "clojure"), ("build.sbt", "scala"), ("shard.yml", "crystal"),
    ("pubspec.yaml", "dart"), ("gleam.toml", "gleam"), ("go.mod", "go"), ("requirements.txt", "python"),
    ("pyproject.toml", "python"),
  ].map { (Glob($0.0), $0.1) }

  /// Build files of C and C++; a Makefile is in projects of every language.
  private static let native: Set<String> = ["CMakeLists.txt", "configure", "configure.ac", "meson.build"]

  /// The languages of the manifests at the root that none of `packs` knows, each with its first file.
  static func missing(_ packs: [Pack], in root: [ProjectTree.Name]) -> [Found] {
    let known = Set(packs.flatMap { $0.manifest.languages + [$0.name] })
    var named: Set<String> = []
    return manifests.compactMap { file, language in
      guard !known.contains(language), let found = root.first(where: { !$0.isDirectory && file.matches($0.bytes) }),
        named.insert(language).inserted
      else { return nil }
      return Found(file: found.text, language: language)
    }
  }

  /// What the root is a project of, when no pack knows that; the first of several.
  static func ofRoot(_ packs: [Pack], in root: [ProjectTree.Name]) -> Found? {
    missing(packs, in: root).first
      ?? root.first { !$0.isDirectory && native.contains($0.text) }.map { Found(file: $0.text, language: "C or C++") }
  }
}
