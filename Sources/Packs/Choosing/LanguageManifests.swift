/// The files by which languages are known, whether packc has a pack for them or not.
public enum LanguageManifests {
  /// By language, the globs at the root that only a project of that language has. The first that is found counts.
  public static let all: [(language: String, names: [String])] = [
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
}
