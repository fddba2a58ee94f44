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
    let manifests = try PythonManifests(files)
    let pipfile =
      manifests.pipfile?.first("requires", "python_version")
      ?? manifests.pipfile?.first("requires", "python_full_version")
    if let pipfile, let text = pipfile.string { add(text, "Pipfile", pipfile.place.line) }
    let wish =
      manifests.pyproject?.first("project", "requires-python")
      ?? manifests.pyproject?.first("tool", "poetry", "dependencies", "python")
    if let wish, let text = wish.string { add(text, "pyproject.toml", wish.place.line) }
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
}
