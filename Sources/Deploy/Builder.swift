internal import Glibc
public import PackCore
internal import Runner

/// The process that builds a project for a deployment, and then makes it the deployment's release: the first stage of an
/// operation whose command has returned.
public enum Builder {
  /// What the project became.
  public struct Built {
    public let image: ReleaseStore.Candidate
    public let container: Digest?
    /// Asked before the image becomes a release.
    public let review: (any DeployReview)?
    public init(image: ReleaseStore.Candidate, container: Digest?, review: (any DeployReview)?) {
      self.image = image
      self.container = container
      self.review = review
    }
  }

  /// The entry of `packc supervise NAME --build`; whoever started it reads one line from the descriptor `answer`: `{}`, or
  /// the error.
  public static func run(
    _ text: String, _ context: HostContext, answer: Int32, build: (PendingBuild) throws -> Built
  ) throws -> ExitCode {
    let deployments: Deployments
    let (name, lock, pending): (DeploymentName, FileLock, PendingBuild)
    do {
      name = try DeploymentName(text)
      deployments = try Deployments(context)
      let directory = deployments.state.machine(text)
      guard let taken = try FileLock.attempt(directory.buildLock) else { throw DeployFailure.supervised(text) }
      lock = taken
      guard let identity = ProcessIdentity.of(getpid()) else { throw Failure("no_proc", "there is no /proc") }
      try StoredDocument.write(identity.json, to: directory.buildIdentity)
      guard let found = try PendingBuild.read(directory) else { throw DeployFailure.unknown(text, known: []) }
      pending = found
    } catch {
      Supervisor.say((error as? Failure ?? Failure("internal", "\(error)")).json, to: answer)
      return .failed
    }
    Supervisor.say([:], to: answer)
    return try withExtendedLifetime(lock) {
      do {
        let built = try build(pending)
        try deployments.finish(pending, name, built)
        return .done
      } catch {
        try? deployments.fail(pending, name, error as? Failure ?? Failure("internal", "\(error)"))
        // For the log of the build.
        throw error
      }
    }
  }
}
