internal import Config
internal import PackCore
internal import Packs

/// From a directory to a plan: scan, configuration, packs, choice, plan. Runs packs, but none of the project's steps.
struct Planning {
  let context: HostContext
  let request: BuildRequest
  let reporter: Reporter
  let cache: HostPath
  let installation: Installation
  let epoch: Int64
  /// Of packs and steps alike.
  let isolation: Isolation
  /// For writing the project's file anew.
  var ignoresConfig = false

  /// What is known before the chosen pack is asked for its plan.
  struct Project {
    let config: UnikFile?
    let catalog: PackCatalog
    let asked: PackProject
  }

  init(context: HostContext, request: BuildRequest, reporter: Reporter, isolation: Isolation) throws {
    self.context = context
    self.request = request
    self.reporter = reporter
    cache = try context.cacheDirectory()
    installation = try Installation.find(from: context.executable)
    epoch = try Self.sourceDateEpoch(context)
    self.isolation = isolation
  }

  /// The variable of reproducible-builds.org, seconds since 1970; 0 without it.
  private static func sourceDateEpoch(_ context: HostContext) throws -> Int64 {
    guard let text = context.variable("SOURCE_DATE_EPOCH") else { return 0 }
    guard let seconds = Int64(text), (0...253_402_300_799).contains(seconds) else {
      throw Failure(
        "bad_epoch", "SOURCE_DATE_EPOCH is \"\(text)\", not a number of seconds since 1970",
        hint: "unset it, or set it to `git log -1 --format=%ct`", exit: .usage)
    }
    return seconds
  }

  func checkDirectory() throws {
    guard let status = try FileSystem.target(request.project) else { throw BuildFailure.noProject(request.project) }
    guard status.kind == .directory else { throw BuildFailure.projectIsNotADirectory(request.project) }
  }

  func scan() throws -> ProjectScan {
    try checkDirectory()
    let scan = try ProjectScan(root: request.project)
    for path in scan.leftOut {
      reporter.warn("\(path) is neither a file nor a directory nor a link, and is left out")
    }
    return scan
  }

  func project() throws -> Project {
    try checkDirectory()
    if request.requiresSandbox, isolation.kind == .none { throw BuildFailure.sandboxRequired() }
    let config = ignoresConfig ? nil : try readConfig()
    let catalog = try packHost.load(extraPlaces: request.packPlaces)
    let asked = PackProject(
      tree: ProjectTree(request.project), config: config?.json, app: request.app, mode: request.mode,
      platform: request.platform, sourceDateEpoch: epoch)
    return Project(config: config, catalog: catalog, asked: asked)
  }

  var packHost: PackHost {
    PackHost(
      context: context, installation: installation, cache: cache, reporter: reporter, isolation: isolation)
  }

  var configPath: HostPath { request.configFile ?? request.project / UnikFile.fileName }

  func readConfig() throws -> UnikFile? {
    let shown = request.configFile?.description ?? UnikFile.fileName
    guard try FileSystem.target(configPath) != nil else {
      guard let file = request.configFile else {
        if let other = MisnamedConfig.find(in: request.project) { throw MisnamedConfig.failure(other) }
        return nil
      }
      throw Failure(
        "no_config", "--file: there is no \(file)", hint: "give a unik.yaml that exists, or none", exit: .badInput)
    }
    return try UnikFile.parse(bytes: try FileSystem.read(configPath, limit: 2 << 20), path: shown)
  }

  func detect(_ project: Project) throws -> Detection {
    try packHost.detect(project.asked, in: project.catalog, requested: request.packName)
  }

  /// The pack of the project; the error says too what the project's own files know of it.
  func choose(_ detection: Detection, _ project: Project) throws -> Choice {
    do {
      let choice = try detection.settle(reporter: reporter)
      warnOfUnread(choice.pack, project)
      return choice
    } catch var failure as Failure where failure.code == "nothing_detected" {
      let locked = (try? LockFile.read(project: request.project))?.packs.keys.sorted() ?? []
      if let name = locked.first(where: { project.catalog.pack(named: $0) == nil }) {
        failure.message +=
          "\n  packc.lock was made with the pack \"\(name)\", which is not installed here: --packs DIR names where it is"
      }
      throw failure
    }
  }

  /// `build.command` and `artifact.path` are for a pack that looks at unik.yaml, as the universal one does.
  private func warnOfUnread(_ pack: Pack, _ project: Project) {
    guard !pack.manifest.rules.readConfiguration, let config = project.config?.json else { return }
    let unread = [("build.command", config["build"]?["command"]), ("artifact.path", config["artifact"]?["path"])].filter
    {
      $0.1 != nil && $0.1 != .null
    }
    guard !unread.isEmpty else { return }
    reporter.warn(
      "unik.yaml: \(unread.map(\.0).joined(separator: " and ")) has no effect with the pack \(pack.name)",
      hint: "it is the universal pack's: write `pack: unik`, or delete it")
  }

  func plan(_ pack: Pack, _ project: Project, lock: [String: JSONValue]) throws -> BuildPlan {
    try packHost.plan(pack, for: project.asked, lock: lock)
  }
}
