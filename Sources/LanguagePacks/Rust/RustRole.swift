internal import PackCore
internal import Packs

/// When the binaries of a Cargo.toml are no program that a Linux machine could run: extension modules of another language,
/// code for a browser or for a device.
struct RustRole {
  /// nil when the project is a program, or a library like any other.
  let exception: (role: DetectRole, reason: DetectReason)?

  init(_ project: CargoProject, _ programs: RustPrograms, _ files: ProjectFiles) throws {
    exception =
      try Self.otherProgram(files) ?? Self.otherTarget(files) ?? Self.browser(project, files)
      ?? Self.extensionModule(project, programs, Neighbours(of: "rust", files))
  }

  private typealias Exception = (role: DetectRole, reason: DetectReason)

  /// The author says what is started, and it is of another language.
  private static func otherProgram(_ files: ProjectFiles) throws -> Exception? {
    guard let web = try WebLine(files), let language = web.language, language != "rust" else { return nil }
    return (.supporting, DetectReason(path: "Procfile", rule: "starts a \(language) program: `\(web.command)`"))
  }

  /// `build.target` of the project's own configuration.
  private static func otherTarget(_ files: ProjectFiles) throws -> Exception? {
    guard let target = try CargoConfig(files).target, !target.text.contains("-linux-") else { return nil }
    return (.library, DetectReason(path: target.location.path, rule: "builds for \(target.text), which is no Linux"))
  }

  private static func browser(_ project: CargoProject, _ files: ProjectFiles) -> Exception? {
    guard files.isFile("Trunk.toml") else { return nil }
    return (.library, DetectReason(path: "Trunk.toml", rule: "a program of the browser, built by trunk"))
  }

  /// What binds Rust to another language, and the manifest of that beside it.
  private static let bindings: [(package: String, language: String)] = [
    ("pyo3", "python"), ("cpython", "python"), ("napi", "node"), ("neon", "node"), ("wasm-bindgen", "node"),
    ("magnus", "ruby"), ("rb-sys", "ruby"), ("rustler", "elixir"), ("jni", "java"), ("ext-php-rs", "php"),
    ("extendr-api", "r"),
  ]

  private static func extensionModule(
    _ project: CargoProject, _ programs: RustPrograms, _ neighbours: Neighbours
  ) -> Exception? {
    guard !neighbours.all.isEmpty else { return nil }
    let isServer = !programs.eligible.isEmpty
    for member in project.members where member.manifest.libraryTypes?.contains("cdylib") ?? false {
      for (package, language) in bindings {
        guard let neighbour = neighbours[language], member.manifest.needs(package) else { continue }
        // A binary of another package of the workspace is a program all the same.
        guard !isServer || programs.eligible.allSatisfy({ $0.directory == member.directory }) else { continue }
        return (
          .supporting,
          DetectReason(path: member.manifest.path, rule: "an extension module (\(package)) for \(neighbour.file)")
        )
      }
    }
    guard programs.all.isEmpty, let first = neighbours.all.first else {
      return onlyTools(project, programs, neighbours)
    }
    return (.supporting, DetectReason(path: "Cargo.toml", rule: "a library beside \(first.file) (\(first.language))"))
  }

  private static func onlyTools(_ project: CargoProject, _ programs: RustPrograms, _ neighbours: Neighbours)
    -> Exception?
  {
    guard let first = neighbours.all.first, let binary = programs.all.first, !programs.hasProduct else { return nil }
    return (.supporting, DetectReason(path: binary.path, rule: "only tools and examples, beside \(first.file)"))
  }
}
