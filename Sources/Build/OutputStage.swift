internal import Config
internal import Contract
internal import ELF
internal import Images
internal import Kernel
internal import OCI
internal import PackCore
internal import Packs

/// From finished steps to the files of `.packc`.
struct OutputStage {
  let planning: Planning
  let project: Planning.Project
  let scan: ProjectScan
  let settled: LockStage.Settled
  let kernel: KernelStage.Chosen?
  let executor: StepExecutor
  let pack: Pack
  let digests: FileDigests
  let store: ContentStore
  let decisions: [Decision]
  let times: StepTimes
  let ownersFile: HostPath
  let factsCache: SourceFactsCache
  /// Packages in the place of this host's own files.
  let runtime: DebianRoot?

  /// Host paths that decided what was made, and the files that were made.
  private(set) var watched = WatchedPaths()
  private(set) var files: [HostPath] = []
  /// What was made, for the comparison with the next build's.
  private var made: BuildHistory.Build?

  var request: BuildRequest { planning.request }
  var output: HostPath { request.outputDirectory }

  init(
    planning: Planning, project: Planning.Project, scan: ProjectScan, settled: LockStage.Settled,
    kernel: KernelStage.Chosen?,
    executor: StepExecutor, pack: Pack, digests: FileDigests, store: ContentStore, decisions: [Decision],
    times: StepTimes, ownersFile: HostPath, factsCache: SourceFactsCache, runtime: DebianRoot?
  ) {
    self.planning = planning
    self.project = project
    self.scan = scan
    self.settled = settled
    self.kernel = kernel
    self.executor = executor
    self.pack = pack
    self.digests = digests
    self.store = store
    self.decisions = decisions
    self.times = times
    self.ownersFile = ownersFile
    self.factsCache = factsCache
    self.runtime = runtime
  }

  /// What the parts of the answer need of each other.
  struct Parts {
    let identity: ProjectIdentity
    let settings: ProgramSettings
    let assembled: RootAssembler.Result
    let layers: [Layer]
    let contents: [LayerContent]
    let contract: ContractDocument
    let components: [SoftwareComponent]
    let bill: BillOfMaterials
    /// What only the build knows of that.
    let recorded: OwnerRules
    let gates: GateCheck
  }

  mutating func write() throws -> JSONValue {
    let parts = try prepare()
    let directory = try OutputDirectory.open(output)
    // Beside its place until everything else is written: a build that fails leaves the last one whole.
    let staged = try StagedDirectory(for: directory.path / "unikernel")
    let unikernel = try stage("unikernel", "kernel and initrd") { try writeUnikernel(parts, in: staged.path) }
    let owners = parts.recorded
    let image = try stage("image", "layers, config, manifest") {
      try writeImage(parts, unikernel, owners, in: directory.path)
    }
    if unikernel == nil { try FileSystem.removeTree(directory.path / "unikernel") } else { try staged.commit() }
    let result = answer(parts, image, unikernel)
    try write(CanonicalJSON.encodePretty(parts.contract.json), to: "contract.json", in: directory.path)
    try write(
      CanonicalJSON.encodePretty(
        BuildDocument.json(
          result, parts.assembled.root, settled.plan, components: parts.components, owners: owners, times: times,
          sandbox: planning.isolation.kind.rawValue)),
      to: "build.json", in: directory.path)
    try write(CanonicalJSON.encodePretty(parts.bill.cycloneDX), to: "sbom.cdx.json", in: directory.path)
    try write(CanonicalJSON.encodePretty(provenance(parts)), to: "provenance.json", in: directory.path)
    try Interruption.check()
    try directory.commit()
    guard let image else { return result }
    try giveName(image, parts)
    made = BuildHistory.Build(
      name: storeName(parts) ?? parts.identity.name, manifest: image.manifest, owners: owners,
      contract: parts.contract.json)
    return result
  }

  /// For `packc image diff`: what the last builds made.
  func remember() throws {
    guard let made else { return }
    var history = BuildHistory(project: request.project, cache: planning.cache)
    try history.add(made)
  }

  private func stage<T>(_ id: String, _ title: String, _ body: () throws -> T) throws -> T {
    try Interruption.check()
    let started = planning.context.monotonicNanoseconds()
    planning.reporter.send(.stepStarted(id: id, title: title))
    func end(_ status: ProgressEvent.Status) {
      let seconds = Double(planning.context.monotonicNanoseconds() - started) / 1e9
      planning.reporter.send(.stepEnded(id: id, status: status, reason: "", seconds: seconds))
    }
    do {
      let value = try body()
      end(.ran)
      return value
    } catch {
      end(.failed)
      throw error
    }
  }

  private mutating func prepare() throws -> Parts {
    let settings = ProgramSettings(plan: settled.plan, declared: project.config?.run)
    let identity = try ProjectIdentity(
      scan: scan, origin: request.trial?.origin, declaredName: project.config?.name?.value.description,
      plan: settled.plan,
      context: planning.context)
    settings.warn(planning.reporter)
    for decision in settings.decisions + identity.decisions { planning.reporter.send(.decision(decision)) }
    let assembler = RootAssembler(
      scan: scan, plan: settled.plan, settings: settings, declared: project.config?.artifact, mode: request.mode,
      platform: request.platform,
      stripped: planning.cache / "stripped", runtime: runtime, locate: executor.locate, reporter: planning.reporter)
    let assembled = try stage("rootfs", "root filesystem and its closure") { try assembler.assemble() }
    let contents = assembled.root.layers()
    let layers = try stage("layers", "compress") { try writeLayers(contents) }
    let contract = try stage("contract", "facts") { try readFacts(assembled, settings, layers) }
    try checkDeclared(contract)
    let components = try planning.packHost.components(pack, of: project.asked, lock: settled.lock.packages)
    let (recorded, owners) = try stage("owners", "who owns each file") { try findOwners(assembled, identity) }
    let bill = try bill(assembled.root, owners, identity, contract, components)
    let gates = GateCheck(
      contract, unowned: bill.missing(of: assembled.root.entries.filter(\.isRegular).map(\.path)),
      waivers: project.config?.contract.waivers.map(\.value) ?? [], today: Clock.today())
    if request.mode == .release, let failure = gates.failure { throw failure }
    watched.add(assembled.watched.sorted)
    for tool in settled.plan.toolchains { watched.addResolved(tool.path) }
    watched.add(project.catalog.watched)
    if let kernel { watched.add([kernel.kernel.directory / "manifest.json", kernel.initFile]) }
    return Parts(
      identity: identity, settings: settings, assembled: assembled, layers: layers, contents: contents,
      contract: contract, components: components, bill: bill, recorded: recorded, gates: gates)
  }

  private func findOwners(
    _ assembled: RootAssembler.Result, _ identity: ProjectIdentity
  ) throws -> (OwnerRules, FileOwners) {
    let recorded = OwnerRecord(
      root: assembled.root, toolchains: settled.plan.toolchains, file: ownersFile, runtime: runtime
    ).rules()
    let project = FileOwner(kind: .project, name: identity.statedName, version: identity.version ?? "")
    return (recorded, try FileOwners(of: assembled.root, recorded: recorded, project: project))
  }

  private func writeLayers(_ contents: [LayerContent]) throws -> [Layer] {
    let compression = try LayerCompression(parsing: request.compression)
    let cache = LayerCache(directory: planning.cache / "layers", store: store)
    return try contents.map { content in
      try Interruption.check()
      let (layer, reused) = try cache.layer(for: content, compression: compression, epoch: planning.epoch)
      planning.reporter.send(
        .stepLine(id: "layers", text: "\(content.role.rawValue): \(layer.digest) \(reused ? "reused" : "written")"))
      return layer
    }
  }

  private func readFacts(
    _ assembled: RootAssembler.Result, _ settings: ProgramSettings, _ layers: [Layer]
  ) throws -> ContractDocument {
    let claims = try readClaims()
    let named = Set(claims.flatMap(\.evidence).map(\.path))
    let sources = try Dictionary(
      uniqueKeysWithValues: named.map { ($0, try FileSystem.digest(of: scan.root / $0)) })
    return try ContractDocument.build(
      ContractDocument.Input(
        root: assembled.root, diffIDs: layers.map(\.diffID), mode: request.mode, stripped: assembled.stripped,
        user: BaseFiles.user, group: BaseFiles.user, writable: settings.writable,
        declared: project.config?.contract ?? ContractDeclaration(), claims: claims,
        claimant: (pack.name, pack.version), sources: sources, caveats: assembled.caveats,
        toolVersion: PackcVersion.current))
  }

  private func readClaims() throws -> [SourceFact] {
    guard pack.manifest.phases.contains(.facts) else { return [] }
    let lock = settled.lock.packages
    let outputs = settled.plan.artifacts.compactMap { artifact in
      executor.locate(artifact.path).map {
        PackOutput(path: $0, destination: artifact.destination, layer: artifact.layer)
      }
    }
    func ask() throws -> [SourceFact] {
      try planning.packHost.facts(pack, of: project.asked, lock: lock, outputs: outputs)
    }
    guard request.useCache else { return try ask() }
    let key = SourceFactsCache.Key(
      scan: scan, digests: digests, pack: pack, project: project.asked, lock: lock,
      toolchains: settled.plan.toolchains)
    return try factsCache.facts(key, ask: ask)
  }

  /// What unik.yaml says and the source contradicts: no release; said in a debug build.
  private func checkDeclared(_ contract: ContractDocument) throws {
    let ports = project.config?.run.ports.map(\.description) ?? []
    let conflicts = DeclaredConflicts(contract, ports: ports.isEmpty ? nil : ports)
    guard let failure = conflicts.failure else { return }
    if request.mode == .release { throw failure }
    for conflict in conflicts.all { planning.reporter.warn(conflict.text, hint: failure.hint) }
  }

  /// Files that the next build looks at before it believes that they are there.
  mutating func addFiles(_ paths: [HostPath]) { files += paths }

  private mutating func write(_ bytes: [UInt8], to name: String, in directory: HostPath) throws {
    try FileSystem.writeAtomically(bytes, to: directory / name, durable: false)
    files.append(output / name)
  }
}
