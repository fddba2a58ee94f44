internal import PackCore

/// What makes a build one of `verify`: it leaves the project and the person's caches as they are, runs every step, and may
/// stand under other conditions.
struct Trial: Sendable {
  /// The project itself, when what is built is a copy of it: git answers for this one.
  var origin: HostPath
  var conditions = StepConditions()
  /// `<cache>/tools` of the person who asks.
  var tools: HostPath
  /// Nothing that a compiler kept is used, whatever it is.
  var cold = false

  func steps(of pack: String) -> StepTrial {
    StepTrial(
      conditions: conditions, caches: tools / pack, cold: cold, fetchIsHeld: Self.held.contains(pack))
  }

  /// The packs whose fetch steps packc knows; those of others are anybody's commands.
  private static let held: Set<String> = ["go", "python", "rust", "node", "java", "dotnet"]
}

/// The same for the executor of one pack's steps.
struct StepTrial: Sendable {
  var conditions: StepConditions
  /// The pack's caches in the person's own cache directory.
  var caches: HostPath
  var cold: Bool
  /// What fetch steps get is compared with a lock's hashes.
  var fetchIsHeld: Bool

  /// Rust's compiler has an allocator that asks for the time while it begins, which libfaketime answers by allocating: the
  /// two wait for each other without an end. So its steps keep the true clock.
  func conditions(of step: BuildStep) -> StepConditions {
    var conditions = conditions
    let words = step.argv.flatMap { $0.split { " \t\n;&|()'\"".contains($0) } }
    let programs = words.map { $0.split(separator: "/").last ?? "" }
    if programs.contains(where: { $0 == "cargo" || $0 == "rustc" }) { conditions.clock = [:] }
    return conditions
  }

  func takesOver(_ step: BuildStep) -> Bool { step.network && fetchIsHeld }

  /// What tools keep of the project's own results: a second build that found the first one's would prove nothing.
  private static let results: Set<String> = ["jlink", "pip", "layers"]

  /// Downloads are shared, as in every build. Go's compiled packages are, too, while no C is in them: they are kept by all
  /// that went into them, and the linker runs anew.
  /// - Parameter own: the cache directory of this build, where the mounts' places are made.
  func sharedCaches(of step: BuildStep, in own: HostPath) throws -> [RootPath: HostPath] {
    var shared: [RootPath: HostPath] = [:]
    for name in step.cacheDirectories where !isPrivate(name.description, step) {
      try FileSystem.createDirectory(caches / name)
      try FileSystem.createDirectory(own / name)
      shared[name] = caches / name
    }
    return shared
  }

  private func isPrivate(_ name: String, _ step: BuildStep) -> Bool {
    if Self.results.contains(name) { return true }
    return name == "go-build" && (cold || step.environment["CGO_ENABLED"] != "0")
  }
}
