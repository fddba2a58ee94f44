internal import Glibc
public import PackCore

/// Builds kernels from Debian's source, and finds those that were built before: by configuration, source and compiler.
public struct KernelBuilder: Sendable {
  /// What one build gave.
  public struct Outcome: Sendable {
    public let kernel: KernelCatalog.Kernel
    /// Nothing was compiled: the same was built before, here or by whoever pushed it.
    public let isReused: Bool
  }

  /// Part of what a build is known by: to be raised with every change of how kernels are built.
  private static let recipe: Int64 = 2

  private let context: HostContext
  private let cache: HostPath
  private let reporter: Reporter

  public init(_ context: HostContext, reporter: Reporter) throws {
    self.context = context
    self.reporter = reporter
    cache = try context.cacheDirectory()
  }

  public func build(_ configuration: KernelConfiguration) throws -> Outcome {
    let toolchain = try KernelToolchain.find(context, configuration)
    let source = try KernelSource(context, version: configuration.version, cache: cache)
    let request = Self.request(configuration, source.package, toolchain)
    let catalog = KernelCatalog(cache: cache)
    if let known = try catalog.built(for: request) { return Outcome(kernel: known, isReused: true) }
    let place = cache / "kernel-work"
    // Of GNU make's: the kernel's makefiles refuse both.
    guard !place.description.contains(where: { $0.isWhitespace || $0 == ":" }) else {
      throw KernelBuildFailure.badPlace(place)
    }
    try FileSystem.createDirectory(place)
    try Self.removeLeftovers(place)
    // Whoever asks for the same waits, and finds it.
    let lockPath = place / "\(request.hex).lock"
    let lock = try Descriptor.open(lockPath, O_RDWR | O_CREAT)
    if flock(lock.raw, LOCK_EX | LOCK_NB) != 0 {
      reporter.note("waiting for another packc, which builds the same kernel")
      try lock.lockExclusively(lockPath)
    }
    defer { try? FileSystem.removeFile(lockPath) }
    if let known = try catalog.built(for: request) { return Outcome(kernel: known, isReused: true) }
    let kernel = try compile(configuration, source, toolchain, request, in: place)
    return Outcome(kernel: kernel, isReused: false)
  }

  /// All that the kernel's bytes depend on.
  private static func request(
    _ configuration: KernelConfiguration, _ source: DebianKernel.Package, _ toolchain: KernelToolchain
  ) -> Digest {
    Digest(
      of: [
        "recipe": .integer(recipe), "name": .string(configuration.kernelName),
        "configuration": JSONValue(Digest(of: configuration.fragment)), "source": JSONValue(source.sha256),
        "compiler": .string(toolchain.compiler),
      ])
  }

  /// What a killed build left behind.
  private static func removeLeftovers(_ place: HostPath) throws {
    for name in try DirectoryWalk.names(in: place) where name.starts(with: Array(".build".utf8)) {
      let left = place / HostPath(bytes: name)
      _ = try? WorkDirectory.ifLeft(left) { try FileSystem.removeTree(left) }
    }
  }

  // MARK: - Steps

  private func compile(
    _ configuration: KernelConfiguration, _ source: KernelSource, _ toolchain: KernelToolchain, _ request: Digest,
    in place: HostPath
  ) throws -> KernelCatalog.Kernel {
    let tarball = try source.fetch(reporter)
    let work = try WorkDirectory(in: place, prefix: ".build")
    defer { withExtendedLifetime(work) {} }
    let make = KernelMake(work: work.path, toolchain: toolchain, target: configuration.target)
    try step("kernel:source", "unpacking \(source.package.name) \(source.package.version)") {
      try source.unpack(tarball, into: make.source, toolchain)
    }
    let config = try step("kernel:config", "\(configuration.options.count) options of \(configuration.profile.name)") {
      let config = try make.configure(configuration.fragment)
      let lost = configuration.lost(in: config)
      guard lost.isEmpty else {
        throw KernelBuildFailure.lost(
          lost, profile: configuration.profile.name, version: configuration.version.rawValue)
      }
      return config
    }
    let bytes = try step("kernel:build", "compiling \(configuration.kernelName)") {
      try build(make, config)
    }
    return try KernelCatalog(cache: cache).add(
      parts(configuration, bytes, config, source.package, toolchain, request))
  }

  private func build(_ make: KernelMake, _ config: [UInt8]) throws -> [UInt8] {
    let estimate = KernelEstimate.files(config)
    return try make.build(jobs: KernelMake.jobs) { done, file in
      reporter.send(
        .stepCount(id: "kernel:build", done: done, total: max(done, estimate), unit: "files", item: file))
    }
  }

  private func step<T>(_ id: String, _ title: String, _ body: () throws -> T) throws -> T {
    let started = context.monotonicNanoseconds()
    func ended(_ status: ProgressEvent.Status, _ reason: String) {
      let seconds = Double(context.monotonicNanoseconds() - started) / 1e9
      reporter.send(.stepEnded(id: id, status: status, reason: reason, seconds: seconds))
    }
    reporter.send(.stepStarted(id: id, title: title))
    do {
      let value = try body()
      ended(.ran, "")
      return value
    } catch {
      ended(.failed, "")
      throw error
    }
  }

  private func parts(
    _ configuration: KernelConfiguration, _ bytes: [UInt8], _ config: [UInt8], _ package: DebianKernel.Package,
    _ toolchain: KernelToolchain, _ request: Digest
  ) -> KernelCatalog.Parts {
    KernelCatalog.Parts(
      name: configuration.kernelName, version: package.version, kernel: bytes,
      kernelName: configuration.kernelName, config: config, modules: [],
      source: .init(package: package.name, version: package.version, sha256: package.sha256),
      licence:
        "GPL-2.0-only; source: `apt-get source linux=\(package.version)`, the package \(package.name) or snapshot.debian.org",
      build: .init(
        profile: configuration.profile.name, needs: configuration.needs?.essential.map(\.rawValue),
        compiler: toolchain.compiler, request: request))
  }
}

/// How many files a configuration compiles.
enum KernelEstimate {
  /// `default` 6.1 has 556 options on, of which its build says 1,647 lines. What is missing shows as a bar that waits at
  /// its end.
  static func files(_ config: [UInt8]) -> Int {
    535 + 2 * KernelConfigFile.values(config).values.filter { $0 == "y" }.count
  }
}
