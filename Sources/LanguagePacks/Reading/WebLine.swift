internal import PackCore

/// The `web:` line of a Procfile: what the author says is started. Read without a shell, as far as telling whose program it
/// is and what it is called.
struct WebLine: Equatable {
  var command: String
  /// `Procfile:2`
  var number: Int

  var place: String { "Procfile:\(number)" }

  init(command: String, number: Int) {
    self.command = command
    self.number = number
  }

  /// nil without a Procfile in the directory, or without such a line in it.
  init?(_ files: ProjectFiles, in directory: String = "") throws {
    let path = directory.isEmpty ? "Procfile" : "\(directory)/Procfile"
    guard let text = try files.text(path) else { return nil }
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).prefix(200).enumerated() {
      let trimmed = line.drop { $0 == " " || $0 == "\t" }
      guard trimmed.hasPrefix("web:") else { continue }
      var command = trimmed.dropFirst(4).drop { $0.isWhitespace }
      while command.last?.isWhitespace == true { command.removeLast() }
      guard !command.isEmpty else { return nil }
      self.init(command: String(command), number: index + 1)
      return
    }
    return nil
  }

  /// What is before a program and is not what it is about.
  private static let wrappers: Set<String> = [
    "exec", "env", "time", "nice", "sudo", "heroku-php-nginx", "newrelic-admin", "run-program", "ddtrace-run",
    "opentelemetry-instrument", "bin/start-nginx", "bin/start-pgbouncer", "bin/start-stunnel",
  ]
  /// Managers that run a command of their environment: `poetry run gunicorn …`.
  private static let managers: Set<String> = ["poetry", "pipenv", "uv", "pdm", "hatch", "rye"]

  /// The words of each command of the line, without settings of variables and without what only wraps them.
  var commands: [[String]] {
    var out: [[String]] = [[]]
    for word in command.split(whereSeparator: \.isWhitespace).map(String.init) {
      if ["&&", "||", ";", "|", "&"].contains(word) {
        out.append([])
      } else if word.hasSuffix(";"), word.utf8.count > 1 {
        out[out.count - 1].append(String(word.dropLast()))
        out.append([])
      } else {
        out[out.count - 1].append(word)
      }
    }
    return out.map(Self.unwrapped).filter { !$0.isEmpty }
  }

  private static func unwrapped(_ words: [String]) -> [String] {
    var rest = words[...]
    while let first = rest.first {
      let isSetting = first.firstIndex(of: "=").map { index in
        first[..<index].utf8.allSatisfy { ($0 >= 0x30 && $0 <= 0x39) || ($0 >= 0x41 && $0 <= 0x5a) || $0 == 0x5f }
      }
      if isSetting == true || wrappers.contains(first) {
        rest = rest.dropFirst()
      } else if managers.contains(first), rest.dropFirst().first == "run" {
        rest = rest.dropFirst(2)
      } else {
        break
      }
    }
    return Array(rest)
  }

  /// The program of the last command, by its name alone: `./bin/shop` → `shop`.
  var program: String { Self.name(commands.last?.first ?? "") }

  static func name(_ word: String) -> String {
    String(word.filter { $0 != "'" && $0 != "\"" }.split(separator: "/").last ?? "")
  }

  /// Programs that only start what is written in a language.
  private static let languages: [String: Set<String>] = [
    "node": ["node", "nodejs", "npm", "npx", "yarn", "pnpm", "bun", "next", "nuxt", "ts-node", "tsx", "nest"],
    "ruby": ["bundle", "rails", "puma", "rackup", "ruby", "unicorn", "thin", "rake", "passenger"],
    "php": ["heroku-php-apache2", "heroku-php-nginx", "php", "php-fpm", "vendor"],
    "java": ["java", "mvn", "mvnw", "gradle", "gradlew", "sbt"], "elixir": ["mix", "elixir", "iex"],
    "dotnet": ["dotnet"], "deno": ["deno"], "clojure": ["lein", "clojure", "clj"], "r": ["Rscript", "R"],
    "rust": ["cargo"], "go": ["go"],
    "python": [
      "python", "python3", "gunicorn", "uvicorn", "hypercorn", "daphne", "waitress-serve", "granian", "flask", "uwsgi",
      "streamlit", "fastapi", "sanic", "django-admin", "celery", "chainlit", "panel", "bokeh", "voila", "jupyter",
      "gradio", "mod_wsgi-express", "litestar", "quart", "reflex", "solara", "rasa", "mlflow", "airflow",
    ],
  ]

  /// The language of the program that is started, nil when the line does not tell: a program of the project's own, a script.
  var language: String? {
    let last = program
    if last.hasSuffix(".py") || last.hasPrefix("python3.") { return "python" }
    return Self.languages.keys.sorted().first { Self.languages[$0]?.contains(last) ?? false }
  }
}
