internal import PackCore
internal import Packs

/// Rust: packages and workspaces of Cargo, vendored or fetched by Cargo.lock.
struct RustPack: LanguagePack {
  private let files = ProjectFiles()

  func detect(_ request: PackRequest) throws -> DetectAnswer? {
    guard let project = try CargoProject(files) else {
      guard files.isFile("main.rs") else { return nil }
      return DetectAnswer(
        confidence: 30, reasons: [DetectReason(path: "main.rs", rule: "Rust source without a Cargo.toml")])
    }
    let manifest = DetectReason(
      path: "Cargo.toml", rule: project.root.workspace == nil ? "a package of Cargo" : "a workspace of Cargo")
    let sources = RustSources(project)
    let programs = RustPrograms(project, sources)
    if let role = try RustRole(project, programs, files).exception {
      return DetectAnswer(confidence: 40, reasons: [manifest, role.reason], role: role.role)
    }
    guard let first = programs.eligible.first else {
      return DetectAnswer(confidence: 40, reasons: [manifest], role: .library)
    }
    let candidates = request.app == nil ? try programs.undecided(name: request.config?["name"]?.string) : []
    return DetectAnswer(
      confidence: 90, reasons: [manifest, DetectReason(path: first.path, rule: "a binary")], candidates: candidates)
  }

  func plan(_ request: PackRequest, _ notes: PackNotes) throws -> BuildPlan {
    guard let project = try CargoProject(files) else { throw RustRefusal.noManifest() }
    try RustRefusal.checkRoot(project)
    try project.checkBinaries()
    let sources = RustSources(project)
    let programs = RustPrograms(project, sources)
    let chosen = try programs.choose(app: request.app, name: request.config?["name"]?.string)
    let config = try CargoConfig(files)
    let toolchain = try toolchain(for: chosen.binary, project, request, notes)
    let source = try RustDependencies(project, config, files: files, mode: request.mode, notes: notes)
    return try RustPlan(
      files: files, request: request, notes: notes, project: project, sources: sources, config: config,
      toolchain: toolchain.toolchain, wish: toolchain.wish, dependencies: source, options: RustOptions(request),
      binary: chosen.binary, rule: chosen.rule
    ).make()
  }

  /// The host's Rust, and what in the project asks for it.
  private func toolchain(
    for binary: CargoBinary, _ project: CargoProject, _ request: PackRequest, _ notes: PackNotes
  ) throws -> (toolchain: RustToolchain, wish: String?) {
    let channel = try RustChannel.read(files)
    let minimum = try project.member(binary.directory).map(project.closure)?.compactMap(project.rustVersion)
      .max { $0.version < $1.version }
    let found = try RustToolchain.find(HostContext.current(), channel, minimum: minimum?.version, files)
    try found.check(channel, minimum, request.mode, notes)
    let wish =
      channel.flatMap { channel in channel.channel.map { "\(channel.location) asks for \($0)" } }
      ?? minimum.map { "\($0.at) asks for \($0.version) or newer" }
    return (found, wish)
  }

  /// Packages of Cargo.lock that the program needs.
  func components(_ request: PackRequest) throws -> [SoftwareComponent] {
    guard let project = try CargoProject(files), let place = RootPath(CargoLock.path), files.isFile(CargoLock.path)
    else { return [] }
    let programs = RustPrograms(project, RustSources(project))
    let chosen = try programs.choose(app: request.app, name: request.config?["name"]?.string).binary
    let lock = try CargoLock(FileSystem.read(files.root / place, limit: TOML.Limits.bytes))
    return RustComponents.list(of: chosen.package, lock, project)
  }
}

/// `options` of unik.yaml for this pack.
struct RustOptions {
  var features: [String]
  var noDefaultFeatures: Bool
  /// The C library is linked in.
  var isStatic: Bool
  var profile: String?

  init(_ request: PackRequest) {
    features = (request.options["features"]?.array ?? []).compactMap(\.string)
    noDefaultFeatures = request.options["no-default-features"]?.bool ?? false
    isStatic = request.options["static"]?.bool ?? false
    profile = request.options["profile"]?.string
  }
}

extension CargoProject {
  /// `rust-version` of a package, or of the workspace where it says so.
  func rustVersion(of member: Member) throws -> (version: CargoVersion, at: SourceLocation)? {
    let text: String
    let place: SourceLocation
    switch member.package.rustVersion {
    case .own(let own, let at): (text, place) = (own, at.location(member.manifest.path))
    case .workspace:
      guard let shared = root.workspace?.rustVersion else { return nil }
      (text, place) = (shared.value, shared.place.location(root.path))
    case nil: return nil
    }
    guard let version = CargoVersion(text), version.pre.isEmpty else {
      throw Failure(
        "bad_manifest", "rust-version: \"\(text)\" is no version of Rust", hint: "write it as \"1.75\"", at: place,
        exit: .badInput)
    }
    return (version, place)
  }
}
