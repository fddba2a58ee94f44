internal import PackCore

/// The manifests of other languages that lie beside a pack's own at the project's root. A pack that finds one asks itself
/// whether its files are the program, or serve the program of that neighbour (`DetectRole.supporting`).
struct Neighbours {
  struct Neighbour: Equatable {
    /// `ruby`
    var language: String
    /// The file that says so.
    var file: String
  }
  let all: [Neighbour]

  /// By language, the globs at the root that only a project of that language has. The first that is found counts.
  private static let manifests: [(language: String, names: [String])] = [
    ("clojure", ["project.clj", "deps.edn", "build.boot"]), ("crystal", ["shard.yml"]), ("dart", ["pubspec.yaml"]),
    ("deno", ["deno.json", "deno.jsonc"]), ("dotnet", ["*.sln", "*.slnx", "*.csproj", "*.fsproj", "*.vbproj"]),
    ("elixir", ["mix.exs"]), ("erlang", ["rebar.config"]), ("gleam", ["gleam.toml"]), ("go", ["go.mod", "go.work"]),
    ("haskell", ["stack.yaml", "cabal.project", "*.cabal"]),
    ("java", ["pom.xml", "build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts"]),
    ("node", ["package.json"]), ("ocaml", ["dune-project"]), ("php", ["composer.json", "index.php", "artisan"]),
    (
      "python",
      [
        "pyproject.toml", "requirements.txt", "manage.py", "Pipfile", "setup.py", "uv.lock", "poetry.lock", "pdm.lock",
      ]
    ), ("ruby", ["Gemfile", "config.ru"]), ("rust", ["Cargo.toml"]), ("scala", ["build.sbt"]),
    ("swift", ["Package.swift"]), ("zig", ["build.zig"]),
  ]

  /// The languages beside `own` in the root of the project.
  init(of own: String, _ files: ProjectFiles) {
    let names = files.names()
    all = Self.manifests.compactMap { language, globs in
      guard language != own else { return nil }
      for glob in globs {
        let pattern = Glob(glob)
        if let name = names.first(where: { pattern.matches(Array($0.utf8)) && files.isFile($0) }) {
          return Neighbour(language: language, file: name)
        }
      }
      return nil
    }
  }

  subscript(language: String) -> Neighbour? { all.first { $0.language == language } }
}
