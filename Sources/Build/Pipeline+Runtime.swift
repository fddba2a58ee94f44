internal import Config
internal import PackCore
internal import Packs

/// Which Debian packages an image's runtime consists of.
extension Pipeline {
  /// What every image takes, whatever its program.
  private static let always = ["ca-certificates", "tzdata"]
  /// Where an image for another architecture begins; what its program needs beyond it is found by trying.
  private static let foreign = ["libc6", "libgcc-s1"]
  private static let roundLimit = 200

  /// Builds the project as far as its root filesystem, to see what that takes from the host.
  func resolveRuntime(
    _ planning: Planning, _ project: Planning.Project, _ scan: ProjectScan, _ settled: LockStage.Settled, _ pack: Pack,
    _ executor: StepExecutor
  ) throws -> [DebianPackage] {
    try executor.run(settled.plan.steps)
    var settled = settled
    try complete(&settled.plan, planning, pack, executor)
    func assemble(_ runtime: DebianRoot?) throws -> RootFilesystem {
      try RootAssembler(
        scan: scan, plan: settled.plan, settings: ProgramSettings(plan: settled.plan, declared: project.config?.run),
        declared: project.config?.artifact, mode: .debug, platform: request.platform,
        stripped: planning.cache / "stripped", runtime: runtime, locate: executor.locate, reporter: .silent
      ).assemble().root
    }
    let archive = DebianArchive(context: context, cache: planning.cache, reporter: reporter)
    if request.platform == .host {
      return try archive.resolve(owners(of: assemble(nil)), request.platform.architecture)
    }
    return try byTrying(archive, assemble)
  }

  /// Name and version of the packages of this host that an image's files come from.
  private func owners(of root: RootFilesystem) throws -> [String: String?] {
    var wanted: [String: String?] = [:]
    var files: Set<HostPath> = []
    for entry in root.entries where entry.origin.hasPrefix("host:") {
      guard case .host(let file, _) = entry.content else { continue }
      files.insert(FileSystem.resolve(file) ?? file)
    }
    let owners = HostPackages().owners(of: files)
    for owner in owners.values { wanted[owner.name] = owner.version }
    for name in Self.always where wanted[name] == nil { wanted.updateValue(nil, forKey: name) }
    let unowned = files.subtracting(owners.keys).sorted()
    if let first = unowned.first {
      reporter.warn(
        "\(unowned.count) files of the runtime belong to no Debian package and stay this host's own: \(first)"
          + (unowned.count > 1 ? ", …" : ""), hint: "the toolchain's pin in packc.lock speaks for them")
    }
    return wanted
  }

  /// No file of this host is of use: a library that is missing belongs to the package that has it here.
  private func byTrying(
    _ archive: DebianArchive, _ assemble: (DebianRoot?) throws -> RootFilesystem
  ) throws -> [DebianPackage] {
    var wanted = Dictionary(uniqueKeysWithValues: (Self.always + Self.foreign).map { ($0, String?.none) })
    for _ in 0..<Self.roundLimit {
      let packages = try archive.resolve(wanted, request.platform.architecture)
      do {
        _ = try assemble(DebianRuntime(packages: packages, archive: archive).root())
        return packages
      } catch let failure as Failure where failure.code == "lock_out_of_date" {
        guard let library = failure.details["library"]?.string, let package = hostPackage(with: library),
          wanted[package] == nil
        else { throw failure }
        reporter.note("\(library) is in \(package)")
        wanted.updateValue(nil, forKey: package)
      }
    }
    throw Failure("runtime_unsettled", "the runtime needs more than \(Self.roundLimit) packages", exit: .badInput)
  }

  private func hostPackage(with library: String) -> String? {
    guard !library.contains("/") else { return nil }
    let triple = Platform.host.architecture == .amd64 ? "x86_64-linux-gnu" : "aarch64-linux-gnu"
    let places = ["/usr/lib/\(triple)", "/usr/lib", "/lib/\(triple)"].map { HostPath($0) / library }
    guard let real = places.compactMap({ FileSystem.resolve($0) }).first else { return nil }
    return HostPackages().owners(of: [real])[real]?.name
  }

  /// The tree of the packages that packc.lock names; nil when it names none.
  func runtimeRoot(_ lock: LockFile, _ planning: Planning) throws -> DebianRoot? {
    guard !lock.runtime.isEmpty else { return nil }
    let archive = DebianArchive(context: context, cache: planning.cache, reporter: reporter)
    return try DebianRuntime(packages: lock.runtime, archive: archive).root()
  }
}
