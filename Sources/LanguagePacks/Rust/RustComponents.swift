internal import PackCore

/// The packages that a Rust program is built from, as Cargo.lock has them.
enum RustComponents {
  static func list(of package: String, _ lock: CargoLock, _ project: CargoProject) -> [SoftwareComponent] {
    var list = ComponentList()
    for package in lock.closure(of: package, without: project.testPackages) {
      guard let source = package.source else { continue }
      let hashes = package.checksum.map { IntegrityText.hashes("SHA-256", hex: $0) } ?? [:]
      list.add(url(package, source), name: package.name, hashes: hashes, evidence: [CargoLock.path])
    }
    return list.sorted
  }

  private static let usual = [
    "registry+https://github.com/rust-lang/crates.io-index", "sparse+https://index.crates.io/",
  ]

  /// A package of another registry than crates.io, or of git, says so.
  private static func url(_ package: CargoLock.Package, _ source: String) -> PackageURL {
    let url = PackageURL.cargo(package.name, package.version)
    if usual.contains(source) { return url }
    let address = PackageURL.publicAddress(source)
    guard source.hasPrefix("git+") else {
      return url.with("repository_url", address.replacing("registry+", with: "", maxReplacements: 1))
    }
    let commit = source.lastIndex(of: "#").map { "@" + source[source.index(after: $0)...] } ?? ""
    return url.with("vcs_url", address + commit)
  }
}

extension CargoProject {
  /// By package of the project, those that only its tests, examples and benchmarks need.
  var testPackages: [String: Set<String>] {
    var found: [String: Set<String>] = [:]
    for member in members {
      let all = member.manifest.dependencies.map { ($0.kind, resolved($0).package) }
      let used = Set(all.filter { $0.0 != .development }.map(\.1))
      found[member.package.name] = Set(all.filter { $0.0 == .development }.map(\.1)).subtracting(used)
    }
    return found
  }
}
