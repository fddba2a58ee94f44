internal import PackCore
internal import Runner
struct ContainerRequest { var bundle: HostPath; var arguments: [String]; var environment: [String: String]; var workingDirectory: String }
struct ContainerRunner { init(_ c: HostContext, reporter: Reporter) {}
  func run(_ r: ContainerRequest) throws -> RunOutcome { throw Failure("x", "not yet") } }
