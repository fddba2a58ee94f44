internal import PackCore

/// What the frameworks of a program need to be told so that they listen on all addresses.
struct RustRunning {
  private let manifest: CargoManifest
  private let binary: CargoBinary
  private let sources: RustSources
  private let files: ProjectFiles
  private let declaredPort: Int?
  /// By variable, why it is set.
  private(set) var reasons: [String: String] = [:]
  private var values: [String: String] = [:]
  /// Rocket's own port, where it decides.
  private(set) var rocketPort: (number: Int, source: String)?

  init(
    _ member: CargoProject.Member, _ binary: CargoBinary, _ sources: RustSources, _ files: ProjectFiles,
    declaredPort: Int?
  ) {
    manifest = member.manifest
    self.binary = binary
    self.sources = sources
    self.files = files
    self.declaredPort = declaredPort
    if manifest.needs("rocket") { addRocket() }
    if manifest.needs("leptos") || manifest.needs("leptos_axum") || manifest.needs("leptos_actix") {
      set("LEPTOS_SITE_ADDR", "0.0.0.0:\(declaredPort ?? 3000)", "\(manifest.path) (leptos)")
    }
    for path in sources.modules(of: binary.path) { addHost(path) }
  }

  func environment(_ paths: [String]) -> [String: String] { values }

  private mutating func set(_ name: String, _ value: String, _ source: String) {
    values[name] = value
    reasons[name] = source
  }

  /// Rocket listens on 127.0.0.1:8000 unless it is told otherwise (its guide, "Configuration").
  private mutating func addRocket() {
    let version = manifest.dependencies.first { $0.package == "rocket" }?.requirement
    set("ROCKET_ADDRESS", "0.0.0.0", "\(manifest.path) (rocket\(version.map { " \($0)" } ?? ""))")
    if let declaredPort {
      set("ROCKET_PORT", String(declaredPort), "unik.yaml")
    } else {
      rocketPort = configuredPort() ?? (8000, "\(manifest.path) (rocket's default)")
    }
  }

  /// `port` of Rocket.toml, of the first of its profiles that has one.
  private func configuredPort() -> (number: Int, source: String)? {
    let path = CargoProject.join(manifest.directory, "Rocket.toml")
    guard let text = (try? files.text(path)) ?? nil, let root = try? TOML.parse(Array(text.utf8), path: path) else {
      return nil
    }
    for profile in ["release", "default", "global"] {
      guard let value = root.first(profile, "port"), let port = value.integer, (1...65535).contains(port) else {
        continue
      }
      return (Int(port), "\(path):\(value.place.line)")
    }
    return nil
  }

  /// A program that asks for HOST.
  private mutating func addHost(_ path: String) {
    guard
      let literal = sources.text(path)?.literals.first(where: { literal in
        literal.value == "HOST" && literal.calls.contains { ["var", "var_os", "env_or", "get_env"].contains($0) }
      })
    else { return }
    set("HOST", "0.0.0.0", "\(path):\(literal.line)")
  }
}
