internal import Build
internal import Config
internal import Deploy
internal import PackCore
internal import Runner

/// A project that `packc deploy` was given, and what is known of it before anything is built.
struct ProjectBuild {
  let request: BuildRequest
  private let pipeline: Pipeline
  private let config: UnikFile?
  private let last: LastBuild
  private let context: HostContext

  init(_ invocation: Invocation) throws {
    try self.init(invocation, BuildFlags.request(invocation))
  }

  init(_ invocation: Invocation, _ request: BuildRequest) throws {
    self.request = request
    context = invocation.context
    pipeline = Pipeline(context: invocation.context, request: request, reporter: invocation.reporter)
    config = try pipeline.configuration()
    last = try pipeline.lastBuild()
  }

  /// What was built, when nothing has changed since.
  var built: DeployTarget? {
    get throws { try last.result.map(target) }
  }

  func build() throws -> DeployTarget { try target(try pipeline.build()) }

  private func target(_ result: BuildResult) throws -> DeployTarget {
    let container = result.json["image"]?["digest"]?.digest
    var target = DeployTarget(
      name: name(among: []), image: try ReleaseStore.Candidate(request.outputDirectory / "unikernel"),
      container: container, source: request.project.description, config: config)
    target.review = try ContractReview(
      project: request.project, output: request.outputDirectory, image: container, context)
    return target
  }

  /// Without `--name`: what `unik.yaml` says; else what a deployment of this project by its place's name has; else what the
  /// last build called it; else the name of its place.
  func name(among deployments: [Deployment]) -> String {
    if let stated = config?.name?.value.description { return stated }
    let place = request.placeName
    let isDeployed = deployments.contains { $0.name == place && $0.spec?.source == request.project.description }
    return isDeployed ? place : last.name.flatMap(ProjectName.init(slugifying:))?.description ?? place
  }

  func draft(_ invocation: Invocation) throws -> DeployDraft {
    let draft = try DeployTarget.draft(invocation, source: request.project.description, config: config)
    // A directory that is no project never becomes a deployment; one that was built before is one.
    if last.name == nil { _ = try pipeline.plan(detectOnly: true, explain: false) }
    // Known before the build, so said before it.
    for reference in draft.spec.keptVolumes { try reference.check(in: config?.run.volumes.map(\.mount) ?? []) }
    return draft
  }
}
