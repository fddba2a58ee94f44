internal import PackCore
internal import Packs

/// What the project's files say of the Python that it needs, read without running one.
struct PythonWishes {
  private(set) var requirements: [PythonRequirement] = []

  init(_ files: ProjectFiles) throws {
    for path in [".python-version", "runtime.txt"] {
      guard let text = try files.text(path),
        let (line, number) = ToolVersions.lines(text).first(where: { !$0.text.isEmpty })
      else { continue }
      add(pin: String(line), path, number)
    }
    for pin in try ToolVersions.pins(of: ["python"], files) { add(pin: pin.version, pin.path, pin.line) }
    if let text = try files.text("Pipfile"),
      let found = Self.value("python_version", in: "requires", text)
        ?? Self.value("python_full_version", in: "requires", text)
    {
      add(found.value, "Pipfile", found.line)
    }
    if let text = try files.text("pyproject.toml"),
      let found = Self.value("requires-python", in: "project", text)
        ?? Self.value("python", in: "tool.poetry.dependencies", text)
    {
      add(found.value, "pyproject.toml", found.line)
    }
  }

  private mutating func add(_ text: String, _ source: String, _ line: Int) {
    requirements.append(PythonRequirement(text: text, source: source, line: line))
  }

  /// Tools pin a patch release; any patch of the same minor release runs the same program. Names of environments, `system`
  /// and the like ask for nothing.
  private mutating func add(pin text: String, _ source: String, _ line: Int) {
    guard let version = PythonVersion(text) else { return }
    add(version.short, source, line)
  }

  /// A string value `key = "…"` of a TOML table, where it stands on one line as these always do.
  static func value(_ key: String, in table: String, _ text: String) -> (value: String, line: Int)? {
    var inside = false
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      let trimmed = line.drop { $0 == " " || $0 == "\t" }
      if trimmed.hasPrefix("[") {
        inside = trimmed.hasPrefix("[\(table)]")
        continue
      }
      guard inside, trimmed.hasPrefix(key) else { continue }
      let rest = trimmed.dropFirst(key.count).drop { $0 == " " || $0 == "\t" }
      guard rest.first == "=" else { continue }
      let value = rest.dropFirst().drop { $0 == " " || $0 == "\t" }
      guard let quote = value.first, quote == "\"" || quote == "'" else { continue }
      return (String(value.dropFirst().prefix { $0 != quote }), index + 1)
    }
    return nil
  }
}
