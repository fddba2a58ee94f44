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
      found += mise(text, names, path).prefix(1)
    }
    return found
  }

  /// `python = "3.12"`, `go = ["1.22", "1.21"]`, `python = {version = "3.12", virtualenv = ".venv"}` below `[tools]`.
  private static func mise(_ text: String, _ names: [String], _ path: String) -> [Pin] {
    var inside = false
    return lines(text).compactMap { line, number in
      if line.hasPrefix("[") {
        inside = line.hasPrefix("[tools]")
        return nil
      }
      guard inside, let equals = line.firstIndex(of: "=") else { return nil }
      let key = line[..<equals].filter { !$0.isWhitespace && $0 != "\"" && $0 != "'" }
      var value = line[line.index(after: equals)...]
      if let version = value.firstRange(of: "version") { value = value[version.upperBound...] }
      let parts = value.split(omittingEmptySubsequences: false) { $0 == "\"" || $0 == "'" }
      guard names.contains(key), parts.count >= 3 else { return nil }
      return Pin(version: String(parts[1]), path: path, line: number)
    }
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
