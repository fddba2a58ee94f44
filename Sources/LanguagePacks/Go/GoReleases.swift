internal import Config
internal import PackCore

/// What GoReleaser builds for this project's users: `builds[].main` of its file.
struct GoReleases {
  /// `.goreleaser.yml`
  let path: String
  /// Directories below `builds[].dir`, without repeats, as the file names them; empty for the root.
  let directories: [String]

  private static let names = [".goreleaser.yml", ".goreleaser.yaml", "goreleaser.yml", "goreleaser.yaml"]

  /// nil when there is none that can be read: it is a tool's file, and no error of the project.
  init?(_ files: ProjectFiles) {
    for name in Self.names {
      guard let text = (try? files.text(name)) ?? nil,
        let document = (try? YAMLText.json(Array(text.utf8), path: name)) ?? nil,
        let builds = document["builds"]?.array
      else { continue }
      var directories: [String] = []
      for build in builds where build["builder"]?.string ?? "go" == "go" && build["skip"]?.bool != true {
        let main = Self.directory(build["dir"]?.string ?? "", build["main"]?.string ?? ".")
        if let main, !directories.contains(main) { directories.append(main) }
      }
      path = name
      self.directories = directories
      return
    }
    return nil
  }

  /// `./cmd/app/main.go` in `.` is `cmd/app`; nil for what is a template.
  private static func directory(_ base: String, _ main: String) -> String? {
    var parts: [Substring] = []
    for part in (base + "/" + main).split(separator: "/") where part != "." {
      if part.contains("{{") || part == ".." { return nil }
      parts.append(part)
    }
    if parts.last?.hasSuffix(".go") ?? false { parts.removeLast() }
    return parts.joined(separator: "/")
  }
}
