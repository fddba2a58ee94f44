internal import Glibc
public import PackCore

/// Runs an unpacked image in the foreground under runc, as root or as an ordinary user.
public struct ContainerRunner: Sendable {
  private let context: HostContext
  private let signals: SignalSource

  public init(_ context: HostContext, signals: SignalSource = .process) {
    self.context = context
    self.signals = signals
  }

  /// Returns when the program has ended and nothing of the container is left. Its streams are packc's own, its standard
  /// input is empty. Throws what packc or runc did wrong (125) and a program that could not be started (4).
  public func run(_ request: ContainerRequest) throws -> RunOutcome {
    guard let runc = context.findTool("runc") else { throw RunFailure.noTool("runc", package: "runc") }
    let work = try FileSystem.createTemporaryDirectory(in: runtimeDirectory(), prefix: "packc")
    defer { try? FileSystem.removeTree(work) }
    let container = Container(runc: runc, work: work, environment: childEnvironment)
    try container.writeBundle(
      ContainerConfig(request: request, rootless: geteuid() == 0 ? nil : (geteuid(), getegid()), hostFiles: hostFiles))
    defer { container.delete() }
    var session = try ContainerSession(container, signals: signals)
    return try session.run()
  }

  private var hostFiles: [HostPath] {
    ["/etc/resolv.conf", "/etc/hosts"].filter { FileSystem.exists($0) }
  }
  private var childEnvironment: [String: String] {
    var environment = ["PATH": context.searchPath.map(\.description).joined(separator: ":")]
    environment["XDG_RUNTIME_DIR"] = context.variable("XDG_RUNTIME_DIR")
    return environment
  }
  private func runtimeDirectory() -> HostPath {
    guard let path = context.variable("XDG_RUNTIME_DIR").map({ HostPath($0) }), path.isAbsolute,
      path.withCString({ access($0, W_OK) }) == 0
    else { return "/tmp" }
    return path
  }
}
