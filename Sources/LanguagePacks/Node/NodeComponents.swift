internal import PackCore
internal import Packs

/// The packages that are installed for a Node program to run: all of the workspace's, since that is what the tools install.
struct NodeComponents {
  let request: PackRequest
  let project: NodeProject
  let program: NodeProgram
  let rules: NodeProgramRules
  private var files: ProjectFiles { project.files }

  /// Packages in node_modules of the project that are looked at.
  private static let limit = 20_000

  init(request: PackRequest, project: NodeProject, program: NodeProgram, rules: NodeProgramRules) {
    (self.request, self.project, self.program, self.rules) = (request, project, program, rules)
  }

  func list() throws -> [SoftwareComponent] {
    let packages = try NodePackages(project, program, mode: request.mode, PackNotes())
    switch packages.source {
    case .none, .fetched(_, lock: nil): return []
    case .committed: return committed(packages)
    case .fetched(let manager, .some(let lock)):
      let development = NodeStart.keepsDevelopment(program, rules, packages)
      guard packages.hasProduction || development else { return [] }
      var list = ComponentList()
      for package in try locked(manager, lock, packages, development) where package.fits(request.platform) {
        guard let url = package.url, !package.name.isEmpty, !package.version.isEmpty else { continue }
        list.add(url, name: package.name, hashes: package.hashes, evidence: [lock])
      }
      return list.sorted
    }
  }

  private func locked(
    _ manager: NodePackages.Manager, _ lock: String, _ packages: NodePackages, _ development: Bool
  ) throws -> [LockedPackage] {
    guard let path = RootPath(lock) else { return [] }
    let bytes = try FileSystem.read(files.root / path, limit: NodeLockCheck.limit)
    switch manager {
    case .npm: return try NPMLock(bytes, path: lock).packages.filter { development || !$0.isDevelopment }.map(\.package)
    case .pnpm: return PNPMPackages(String(decoding: bytes, as: UTF8.self), development: development).packages
    case .yarn, .berry:
      var roots: [(name: String, range: String)] = []
      let members = Set(project.members.compactMap(\.name))
      for manifest in packages.manifests {
        let wanted = manifest.production.merging(development ? manifest.devDependencies : [:]) { one, _ in one }
        roots += wanted.filter { !members.contains($0.key) }.map { ($0.key, $0.value) }
      }
      return YarnLock(String(decoding: bytes, as: UTF8.self)).packages(from: roots)
    }
  }

  // MARK: node_modules of the project

  private func committed(_ packages: NodePackages) -> [SoftwareComponent] {
    var list = ComponentList()
    var budget = Self.limit
    let places = Set([packages.directory, program.directory].map { CargoProject.join($0, "node_modules") })
    for place in places.sorted() { walk(place, &list, &budget) }
    return list.sorted
  }

  /// Links lead to members of the workspace.
  private func walk(_ directory: String, _ list: inout ComponentList, _ budget: inout Int) {
    for entry in files.entries(directory) where entry.isDirectory && !entry.text.hasPrefix(".") {
      let place = "\(directory)/\(entry.text)"
      if entry.text.hasPrefix("@"), directory.hasSuffix("node_modules") {
        walk(place, &list, &budget)
        continue
      }
      guard budget > 0 else { return }
      budget -= 1
      let manifest = "\(place)/package.json"
      if let text = (try? files.text(manifest)) ?? nil,
        let json = try? JSONParser.parse(Array(text.utf8), name: manifest, limits: .init(lastKeyWins: true)),
        let name = json["name"]?.string, let version = json["version"]?.string, !name.isEmpty, !version.isEmpty
      {
        list.add(.npm(name, version), name: name, evidence: [manifest])
      }
      walk("\(place)/node_modules", &list, &budget)
    }
  }
}
