internal import PackCore
internal import Packs

/// maturin puts what Cargo builds into a wheel: an extension module of Python, or the whole program of a Rust project, for
/// which pyproject.toml is only the package that carries it.
enum PythonMaturin {
  /// Why the project's program is Rust's; nil when it is not.
  static func program(_ manifests: PythonManifests, _ files: ProjectFiles) -> DetectReason? {
    guard let pyproject = manifests.pyproject else { return nil }
    let settings = pyproject["tool"]?["maturin"]
    let cargo = settings?["manifest-path"]?.string ?? "Cargo.toml"
    guard files.isFile(cargo) else { return nil }
    func reason(_ rule: String) -> DetectReason { DetectReason(path: "pyproject.toml", rule: rule) }
    if let bindings = settings?["bindings"]?.string {
      return bindings == "bin" ? reason("maturin packs the program of \(cargo) (bindings = \"bin\")") : nil
    }
    guard manifests.value("build-system", "build-backend") == "maturin", isProgram(cargo, files) else { return nil }
    return reason("maturin packs the program of \(cargo)")
  }

  /// As maturin guesses: bindings among the packages, or a library for other languages, make an extension module. A
  /// Cargo.toml that cannot be read is the Rust pack's to complain about.
  private static func isProgram(_ path: String, _ files: ProjectFiles) -> Bool {
    guard let text = try? files.text(path), let manifest = try? CargoManifest(Array(text.utf8), path: path) else {
      return false
    }
    let bindings = ["cpython", "pyo3", "pyo3-ffi", "uniffi"]
    return manifest.package != nil && manifest.libraryTypes?.contains("cdylib") != true
      && !bindings.contains(where: manifest.needs)
  }
}
