/// Paths relative to the project, as text: `src/Api`, empty for its root.
enum ProjectPath {
  static func join(_ directory: String, _ name: String) -> String {
    directory.isEmpty ? name : name.isEmpty ? directory : "\(directory)/\(name)"
  }

  static func directory(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
  }

  static func name(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
  }

  /// `src/Api/Api.csproj` → `Api`
  static func stem(of path: String) -> String {
    let name = name(of: path)
    return name.lastIndex(of: ".").map { String(name[..<$0]) } ?? name
  }

  /// The directory itself, then each above it up to the project's root.
  static func ancestors(of directory: String) -> [String] {
    var all = [directory]
    while let last = all.last, !last.isEmpty { all.append(Self.directory(of: last)) }
    return all
  }

  /// `path`, written with slashes of either kind in a file of `directory`; nil when it leaves the project.
  static func resolve(_ path: String, from directory: String) -> String? {
    let text = path.replacing("\\", with: "/")
    guard !text.hasPrefix("/"), !text.contains("\0") else { return nil }
    var parts = directory.split(separator: "/")
    for part in text.split(separator: "/") where part != "." {
      if part == ".." {
        guard parts.popLast() != nil else { return nil }
      } else {
        parts.append(part)
      }
    }
    return parts.joined(separator: "/")
  }
}
