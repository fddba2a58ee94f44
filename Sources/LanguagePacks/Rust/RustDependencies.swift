internal import PackCore
internal import Packs

/// Where the packages come from that the project does not hold itself.
struct RustDependencies {
  enum Source: Equatable {
    /// Nothing but the project.
    case none
    /// A directory of the project stands in the place of the registry; with `arguments` where no configuration says so.
    case vendored(arguments: [String])
    case fetched
  }
  private(set) var source = Source.none
  /// The directory of the project that holds vendored packages.
  private(set) var vendor: String?
  /// nil without a Cargo.lock.
  private(set) var lock: CargoLock?
  private(set) var decision: Decision
  private(set) var lockFiles: [BuildPlan.LockFile] = []

  init(_ project: CargoProject, _ config: CargoConfig, files: ProjectFiles, mode: BuildMode, notes: PackNotes) throws {
    decision = Decision(what: "packages", value: "none", source: "Cargo.toml asks for none")
    let foreign = project.foreignDependencies
    try readLock(project, files, mode, notes, isNeeded: !foreign.isEmpty)
    guard let first = foreign.first else { return }
    guard lock != nil else {
      let refusal = RustRefusal.noLock(project, first.dependency, in: first.member.manifest.path)
      guard mode == .debug else { throw refusal }
      notes.warn(refusal.message, hint: refusal.hint)
      source = .fetched
      decision = Decision(what: "packages", value: "fetched, the newest that fit", source: "no Cargo.lock (debug)")
      return
    }
    try findSource(config, files)
  }

  // MARK: The lock

  private mutating func readLock(
    _ project: CargoProject, _ files: ProjectFiles, _ mode: BuildMode, _ notes: PackNotes, isNeeded: Bool
  ) throws {
    guard let place = RootPath(CargoLock.path), files.isFile(CargoLock.path) else {
      guard isNeeded, mode == .release, let rule = try Self.ignoring(files) else { return }
      throw RustRefusal.ignoredLock(rule, isThere: FileSystem.exists(files.root / CargoLock.path))
    }
    let found = try CargoLock(FileSystem.read(files.root / place, limit: TOML.Limits.bytes))
    if let (problem, place) = found.disagreement(with: project) {
      let refusal = RustRefusal.oldLock(problem, place)
      guard mode == .debug else { throw refusal }
      notes.warn(refusal.message, hint: refusal.hint)
    } else {
      lock = found
    }
    lockFiles = try [files.lockFile(CargoLock.path)].compactMap { $0 }
  }

  /// The line by which git leaves the lock out, as templates for libraries have it.
  private static func ignoring(_ files: ProjectFiles) throws -> SourceLocation? {
    var found: SourceLocation?
    for path in [".gitignore", ".packcignore"] {
      let lines = (try files.text(path) ?? "").split(separator: "\n", omittingEmptySubsequences: false)
      for (index, line) in lines.enumerated() {
        var rule = line.filter { !$0.isWhitespace }[...]
        let isNegated = rule.hasPrefix("!")
        if isNegated { rule = rule.dropFirst() }
        if rule.hasPrefix("**/") { rule = rule.dropFirst(3) }
        if rule.hasPrefix("/") { rule = rule.dropFirst() }
        guard ["Cargo.lock", "*.lock", "Cargo.*"].contains(rule) else { continue }
        found = isNegated ? nil : SourceLocation(path: path, line: index + 1)
      }
    }
    return found
  }

  // MARK: The source

  private mutating func findSource(_ config: CargoConfig, _ files: ProjectFiles) throws {
    let count = lock?.foreign.count ?? 0
    if let vendor = config.vendor {
      guard let directory = CargoProject.normalized(vendor.text, from: ""), files.isDirectory(directory) else {
        throw RustRefusal.vendor("there is no directory \(vendor.text) in the project", vendor.location)
      }
      try checkVendored(directory, vendor.location, files)
      source = .vendored(arguments: [])
      self.vendor = directory
      decision = Decision(what: "packages", value: "vendored in \(directory)", source: "\(vendor.location)")
    } else if let directory = vendorDirectory(files) {
      vendor = directory
      source = .vendored(arguments: [
        "--config", "source.crates-io.replace-with=\"vendored-sources\"",
        "--config", "source.vendored-sources.directory=\"\(directory)\"",
      ])
      decision = Decision(
        what: "packages", value: "vendored in \(directory)", source: "\(directory) (packages with their checksums)")
    } else {
      source = .fetched
      decision = Decision(what: "packages", value: "\(count) fetched by hash", source: CargoLock.path)
    }
  }

  private var isFromRegistryAlone: Bool {
    lock?.foreign.allSatisfy { $0.source == "registry+https://github.com/rust-lang/crates.io-index" } ?? false
  }

  /// `vendor` as `cargo vendor` leaves it, in a project that keeps the configuration elsewhere.
  private func vendorDirectory(_ files: ProjectFiles) -> String? {
    guard isFromRegistryAlone, let lock, missing(in: "vendor", files, lock) == nil else { return nil }
    return "vendor"
  }

  private func checkVendored(_ directory: String, _ place: SourceLocation, _ files: ProjectFiles) throws {
    guard let lock, !files.names(directory).contains(where: { $0.hasSuffix(".crate") }),
      let package = missing(in: directory, files, lock)
    else { return }
    throw RustRefusal.vendor("\(directory) does not hold \(package.name) \(package.version) of Cargo.lock", place)
  }

  /// The first package of the lock that a directory of vendored ones lacks.
  private func missing(in directory: String, _ files: ProjectFiles, _ lock: CargoLock) -> CargoLock.Package? {
    let names = Set(files.names(directory))
    return lock.foreign.first { package in
      let places = [package.name, "\(package.name)-\(package.version)"].filter(names.contains)
      return !places.contains { files.isFile("\(directory)/\($0)/.cargo-checksum.json") }
    }
  }
}
