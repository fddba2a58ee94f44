internal import PackCore

/// The project with its manifests and without its source: what the packages from elsewhere are compiled beside, so that
/// they are not compiled again when only the project's own source changes. One line a file, for `lib/dependencies`:
///
///     copy server/Cargo.toml      as it is in the project
///     lib server/src/lib.rs       an empty file
///     main server/src/main.rs     a program that does nothing
///     own server                  a package of the project: what is compiled of it here is thrown away
struct CargoSkeleton {
  let text: String

  /// nil where a package of the project stands in the place of one from elsewhere: that one is then compiled with source
  /// that this step does not depend on.
  init?(_ project: CargoProject, _ config: CargoConfig, _ lock: CargoLock?, manifests: [String]) {
    guard !config.replacesPackages, !project.members.contains(where: { $0.manifest.replacesPackages }),
      !project.root.replacesPackages
    else { return nil }
    var lines = manifests.map { "copy \($0)" }
    lines += (lock?.packages ?? []).filter { $0.source == nil }.map { "own \($0.name)" }
    for member in project.members {
      lines.append("own \(member.package.name)")
      lines += Self.sources(of: member, project).map { "\($0.kind) \($0.path)" }
    }
    // A path with a line break cannot be written in a line; Cargo has no such targets in practice.
    let whole = lines.filter { !$0.utf8.contains(0x0a) }
    text = RustSources.sorted(Array(Set(whole))).joined(separator: "\n") + "\n"
  }

  private static func sources(of member: CargoProject.Member, _ project: CargoProject) -> [(kind: String, path: String)]
  {
    let manifest = member.manifest
    func isThere(_ path: String) -> Bool {
      CargoProject.normalized(path, from: member.directory).map(project.files.isFile) ?? false
    }
    var found: [(String, String)] = []
    let library = manifest.libraryPath ?? "src/lib.rs"
    if isThere(library) { found.append(("lib", library)) }
    if let script = manifest.buildScript ?? (manifest.hasNoBuildScript ? nil : "build.rs"), isThere(script) {
      found.append(("main", script))
    }
    found += manifest.otherTargets.map { ("main", $0) }
    let own = found.compactMap { kind, path in
      CargoProject.normalized(path, from: member.directory).map { (kind, $0) }
    }
    return own + project.binaries(of: member).map { ("main", $0.path) }
  }
}
