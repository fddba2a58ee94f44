internal import PackCore

/// Files by which languages are known, for a project of a language that no installed pack knows.
enum OtherLanguages {
  struct Found: Equatable {
    /// `mix.exs`
    var file: String
    /// `elixir`
    var language: String
  }

  /// Build files of C and C++; a Makefile is in projects of every language.
  private static let native: Set<String> = ["CMakeLists.txt", "configure", "configure.ac", "meson.build"]

  /// The languages of the manifests at the root that none of `packs` knows, each with its first file.
  static func missing(_ packs: [Pack], in root: [ProjectTree.Name]) -> [Found] {
    let known = Set(packs.flatMap { $0.manifest.languages + [$0.name] })
    return LanguageManifests.all.compactMap { language, globs in
      guard !known.contains(language) else { return nil }
      for glob in globs.map({ Glob($0) }) {
        if let found = root.first(where: { !$0.isDirectory && glob.matches($0.bytes) }) {
          return Found(file: found.text, language: language)
        }
      }
      return nil
    }
  }

  /// What the root is a project of, when no pack knows that; the first of several.
  static func ofRoot(_ packs: [Pack], in root: [ProjectTree.Name]) -> Found? {
    missing(packs, in: root).first
      ?? root.first { !$0.isDirectory && native.contains($0.text) }.map { Found(file: $0.text, language: "C or C++") }
  }
}
