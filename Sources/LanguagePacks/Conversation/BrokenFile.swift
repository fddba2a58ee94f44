internal import PackCore

/// What to do about a file of the project that cannot be read, where its reader knows of nothing better.
enum BrokenFile {
  /// By lock: the command that writes it, run after the broken one is removed.
  private static let locks = [
    "Cargo.lock": "cargo generate-lockfile", "Pipfile.lock": "pipenv lock", "npm-shrinkwrap.json": "npm shrinkwrap",
    "package-lock.json": "npm install --package-lock-only", "packages.lock.json": "dotnet restore --use-lock-file",
    "pdm.lock": "pdm lock", "poetry.lock": "poetry lock", "uv.lock": "uv lock",
  ]

  static func hint(_ path: String) -> String {
    let parts = path.split(separator: "/")
    guard let name = parts.last.map(String.init), let command = locks[name] else {
      return "correct it at this place; `git diff HEAD -- \(path)` shows what changed since the last commit"
    }
    let directory = parts.dropLast().joined(separator: "/")
    let step = (directory.isEmpty ? "" : "cd \(directory) && ") + "rm \(name) && \(command)"
    return "restore it (`git checkout HEAD -- \(path)`), or write it anew (`\(step)`) and commit it"
  }

  /// The failure's own hint comes first. Codes of readers begin with `bad_`.
  static func hint(_ failure: Failure) -> String? {
    if let hint = failure.hint { return hint }
    guard failure.code.hasPrefix("bad_"), let location = failure.location else { return nil }
    return hint(location.path)
  }
}
