internal import PackCore

/// Cargo.lock: the packages with their versions and, for those of a registry, their SHA-256.
struct CargoLock {
  struct Package {
    var name: String
    var version: String
    /// `registry+https://…`, `git+https://…#commit`; nil for a package of the project.
    var source: String?
    var checksum: String?
    /// `name`, `name version` or `name version (source)`.
    var dependencies: [String]
    var line: Int
  }
  static let path = "Cargo.lock"
  private(set) var packages: [Package] = []
  private var byName: [String: [Int]] = [:]

  init(_ bytes: [UInt8]) throws {
    let root = TOMLReader(try TOML.parse(bytes, path: Self.path), path: Self.path)
    // Locks of old versions keep the checksums in a table of their own.
    let metadata = try root.optional("metadata")?.table()
    for reader in try root.optional("package")?.array() ?? [] {
      let name = try reader.required("name").string()
      let version = try reader.required("version").string()
      let source = try reader.optional("source")?.string()
      let old = source.flatMap { metadata?["checksum \(name) \(version) (\($0))"]?.string }
      packages.append(
        Package(
          name: name, version: version, source: source, checksum: try reader.optional("checksum")?.string() ?? old,
          dependencies: try reader.optional("dependencies")?.strings() ?? [], line: reader.value.place.line))
    }
    for (index, package) in packages.enumerated() { byName[package.name, default: []].append(index) }
  }

  func packages(named name: String) -> [Package] { (byName[name] ?? []).map { packages[$0] } }

  /// Packages that come from elsewhere.
  var foreign: [Package] { packages.filter { $0.source != nil } }

  /// The packages that one of the project's needs, itself left out, in the order of the file. The lock does not tell tests
  /// apart: `unused` are, by package of the project, the dependencies that are not followed.
  func closure(of name: String, without unused: [String: Set<String>] = [:]) -> [Package] {
    var seen: Set<Int> = []
    var waiting = (byName[name] ?? []).filter { packages[$0].source == nil }
    let roots = Set(waiting)
    while let index = waiting.popLast() {
      guard seen.insert(index).inserted else { continue }
      let package = packages[index]
      let skipped = package.source == nil ? unused[package.name] ?? [] : []
      waiting += package.dependencies.compactMap(resolve).filter { !skipped.contains(packages[$0].name) }
    }
    return seen.subtracting(roots).sorted().map { packages[$0] }
  }

  private func resolve(_ text: String) -> Int? {
    let words = text.split(separator: " ")
    guard let name = words.first, let all = byName[String(name)] else { return nil }
    guard words.count > 1 else { return all.first }
    return all.first { packages[$0].version == words[1] } ?? all.first
  }

  // MARK: Does it fit the manifests?

  /// The first thing in a manifest that the lock does not know, as `cargo build --locked` would find it.
  func disagreement(with project: CargoProject) -> (problem: String, place: SourceLocation)? {
    for member in project.members {
      guard project.root.workspace != nil || member.directory.isEmpty else { continue }
      if let found = disagreement(with: member, project) { return found }
    }
    return nil
  }

  private func disagreement(with member: CargoProject.Member, _ project: CargoProject)
    -> (problem: String, place: SourceLocation)?
  {
    let path = member.manifest.path
    let own = packages(named: member.package.name).filter { $0.source == nil }
    guard let locked = own.first else {
      return ("it does not know the package \"\(member.package.name)\"", SourceLocation(path: path))
    }
    if let version = project.version(of: member), !own.contains(where: { $0.version == version }) {
      return ("it has \(locked.name) \(locked.version), and the manifest says \(version)", SourceLocation(path: path))
    }
    for dependency in member.manifest.dependencies {
      let whole = project.resolved(dependency)
      guard whole.path == nil else { continue }
      let known = packages(named: whole.package)
      let wanted = whole.requirement.flatMap { CargoRequirement($0) }
      if known.contains(where: { fits($0, wanted, isGit: whole.isGit) }) { continue }
      let versions = known.map(\.version).joined(separator: ", ")
      let what = whole.package + (whole.requirement.map { " \($0)" } ?? "")
      return (
        "\(what) is asked for, and it has \(versions.isEmpty ? "no such package" : versions)",
        dependency.place.location(path)
      )
    }
    return nil
  }

  private func fits(_ package: Package, _ wanted: CargoRequirement?, isGit: Bool) -> Bool {
    // A source replaced by [patch] may be of any kind; its version still has to fit.
    guard let wanted, !isGit, let version = CargoVersion(package.version) else { return true }
    return wanted.allows(version)
  }
}

extension CargoProject {
  /// The version of a package, its workspace's where it says so.
  func version(of member: Member) -> String? {
    switch member.package.version {
    case .own(let version, _): version
    case .workspace: root.workspace?.version
    case nil: "0.0.0"
    }
  }

  /// Dependencies of any package that come from a registry or from git.
  var foreignDependencies: [(member: Member, dependency: CargoManifest.Dependency)] {
    let built = root.workspace == nil ? members.filter { $0.directory.isEmpty || isNeeded($0) } : members
    return built.flatMap { member in
      member.manifest.dependencies.compactMap { resolved($0).path == nil ? (member, $0) : nil }
    }
  }
  private func isNeeded(_ member: Member) -> Bool {
    rootMember.map { closure(of: $0).contains { $0.directory == member.directory } } ?? false
  }
}
