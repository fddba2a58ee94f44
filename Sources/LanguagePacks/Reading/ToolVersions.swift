internal import PackCore

/// Versions that a project pins for asdf and mise: `.tool-versions`, `mise.toml`, `.mise.toml`.
struct ToolVersions {
  struct Pin: Equatable {
    var version: String
    var path: String
    var line: Int
  }

  /// The pins of the first tool of `names` in each file, in the order of the files.
  static func pins(of names: [String], _ files: ProjectFiles) throws -> [Pin] {
    var found: [Pin] = []
    if let text = try files.text(".tool-versions") {
      found += lines(text).compactMap { line, number in
        let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
        guard words.count >= 2, names.contains(words[0]) else { return nil }
        return Pin(version: words[1], path: ".tool-versions", line: number)
      }.prefix(1)
    }
    for path in ["mise.toml", ".mise.toml"] {
      guard let text = try files.text(path) else { continue }
      let tools = try TOML.parse(Array(text.utf8), path: path)["tools"]
      found += names.compactMap { name in
        // `"3.12"`, `["3.12", "3.11"]`, `{version = "3.12"}`
        let value = tools?[name]
        let version = value?.array?.first ?? value?["version"] ?? value
        return version?.string.map { Pin(version: $0, path: path, line: version?.place.line ?? 1) }
      }.prefix(1)
    }
    return found
  }

  /// Lines without comments and blanks at their ends, with their numbers.
  static func lines(_ text: String) -> [(text: Substring, number: Int)] {
    text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).prefix(1000).enumerated().map {
      index, line in
      var line = line.prefix { $0 != "#" }.drop { $0.isWhitespace }
      while let last = line.last, last.isWhitespace { line.removeLast() }
      return (line, index + 1)
    }
  }
}
