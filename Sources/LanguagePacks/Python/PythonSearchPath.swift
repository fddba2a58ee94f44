/// Where modules of the project are found in the image, and what they are called there.
struct PythonSearchPath {
  /// Absolute directories for PYTHONPATH.
  let directories: [String]

  /// `root`: the directory of the project that is the program's own, empty for the project itself.
  init(_ survey: PythonSurvey, _ place: PythonSurvey.Place?, root: String) {
    var found = [root.isEmpty ? "/app" : "/app/\(root)"]
    if survey.packages.contains(where: { $0.hasPrefix("src/") }) || place?.path.hasPrefix("src/") == true {
      found.append("/app/src")
    }
    if let place, !root.isEmpty, place.path.hasPrefix(root + "/src/") { found.append("/app/\(root)/src") }
    for directory in survey.lock?.local ?? [] {
      found.append(ProjectFiles().isDirectory("\(directory)/src") ? "/app/\(directory)/src" : "/app/\(directory)")
    }
    if let place, place.usesSiblings {
      let directory = place.path.split(separator: "/").dropLast().joined(separator: "/")
      found.append("/app/\(directory)")
    }
    var seen: Set<String> = []
    directories = found.filter { seen.insert($0).inserted }
  }

  /// The directory that has to be the program's own since its name cannot be a package's (`my-app/main.py`), or since
  /// it is a project of its own (`site/manage.py` beside `site/site/wsgi.py`, `backend/pyproject.toml`).
  static func root(of place: PythonSurvey.Place) -> String {
    let parts = place.path.split(separator: "/").dropLast().map(String.init)
    var depth = 0
    for (index, part) in parts.enumerated() where !isIdentifier(part) { depth = index + 1 }
    for index in stride(from: parts.count, to: depth, by: -1) {
      let directory = parts[..<index].joined(separator: "/")
      if manifests.contains(where: { ProjectFiles().isFile("\(directory)/\($0)") }) {
        depth = index
        break
      }
    }
    return parts[..<depth].joined(separator: "/")
  }

  private static let manifests = ["manage.py", "pyproject.toml", "requirements.txt", "setup.py", "Pipfile"]

  /// The module's name as seen from `root`.
  static func module(of place: PythonSurvey.Place, root: String) -> String {
    guard !root.isEmpty else { return place.module }
    var parts = place.path.dropFirst(root.utf8.count + 1).dropLast(3).split(separator: "/").map(String.init)
    if parts.first == "src", parts.count > 1 { parts.removeFirst() }
    if parts.last == "__init__", parts.count > 1 { parts.removeLast() }
    return parts.joined(separator: ".")
  }

  private static func isIdentifier(_ text: String) -> Bool {
    guard let first = text.first, first.isLetter || first == "_" else { return false }
    return text.allSatisfy { $0.isLetter || $0.isNumber || $0 == "_" }
  }
}
