internal import Glibc
internal import Kernel
internal import PackCore
internal import Runner

/// One port before the replicas of a deployment: haproxy, and a process that looks after it.
extension Deployments {
  /// What became of the balancer of a deployment that was scaled.
  public struct BalancerLine: Sendable {
    /// `created`, `changed`, `started`, `unchanged`, `destroyed`, `missing`: haproxy is not installed
    public let action: String
    public let url: String?
  }

  func isBalanced(_ name: String) -> Bool { FileSystem.exists(state.machine(name).balance) }

  /// Puts one port before `servers`, which are deployments with APP's ports.
  ///
  /// - Parameter place: the host's port; nil for the one that it has.
  func balance(_ name: String, _ names: [String], at place: HostPort?) throws -> BalancerLine? {
    try locked(name, creating: false) { directory in
      let spec = try record(directory).effective(try ReleaseOutcomes.read(directory)).spec
      let old = try Balance.read(directory)
      guard let guest = spec.publish.first(where: { $0.guest.transport == .tcp })?.guest else {
        throw DeployFailure.nothingToBalance(name)
      }
      let given = place.map { PublishedPort(address: $0.address, hostPort: $0.number, guest: guest) }
      guard let listen = given ?? old?.listen else { return nil }
      let servers = try names.compactMap { server -> Balance.Server? in
        let publish = try server == name ? spec.publish : Deployment.read(server, state)?.spec?.publish ?? []
        return publish.first { $0.guest == guest }.map { Balance.Server(name: server, port: $0) }
      }
      let health = spec.health.flatMap { $0.port == nil || $0.port == guest.number ? $0 : nil }
      return try put(
        Balance(listen, servers, health: health, id: old?.listen == listen ? old?.id : nil), over: old, directory)
    } ?? nil
  }

  /// - Returns: nil when there was none.
  func unbalance(_ name: String) throws -> BalancerLine? {
    try locked(name, creating: false) { directory in
      guard try endBalancer(directory) else { return nil }
      note("balance", name, ["action": "destroyed"])
      return BalancerLine(action: "destroyed", url: nil)
    } ?? nil
  }

  private func put(_ new: Balance, over old: Balance?, _ directory: MachineDirectory) throws -> BalancerLine {
    guard Balancer.tool(context) != nil else {
      try endBalancer(directory)
      return BalancerLine(action: "missing", url: nil)
    }
    let runs = try BalancerState.seen(directory)?.phase == .running
    if let old, old.listen == new.listen, runs {
      guard old != new else { return BalancerLine(action: "unchanged", url: new.listen.url) }
      try new.write(directory)
      try reload(new, directory)
      note("balance", directory.name, ["action": "changed", "servers": JSONValue(strings: new.servers.map(\.name))])
      return BalancerLine(action: "changed", url: new.listen.url)
    }
    let ports = try FileLock.wait(state.portsLock)
    try withExtendedLifetime(ports) {
      try endBalancer(directory)
      try PortCheck(state: state).checkBalanced(new.listen)
      try new.write(directory)
      do { try SupervisorLauncher(context: context, state: state).start(new, of: directory.name) } catch {
        _ = try? MachineProcesses(balancerOf: directory, id: new.id).end(grace: 0, name: directory.name)
        try? BalancerReport(reason: (error as? Failure)?.message ?? "\(error)").write(directory)
        throw error
      }
    }
    let action = old == nil ? "created" : "started"
    note("balance", directory.name, ["action": .string(action), "listen": .string(new.listen.description)])
    return BalancerLine(action: action, url: new.listen.url)
  }

  /// haproxy reads its configuration anew, and gives what is connected to its next worker.
  private func reload(_ balance: Balance, _ directory: MachineDirectory) throws {
    let text = HAProxyConfiguration(balance: balance).text
    try FileSystem.writeAtomically(Array(text.utf8), to: directory.balancerConfiguration, mode: 0o600)
    // One that ends meanwhile is started with the new configuration.
    try BalancerReport.read(directory)?.haproxy?.signal(SIGUSR2)
  }

  /// Under the deployment's lock.
  ///
  /// - Returns: true when there was one.
  @discardableResult
  func endBalancer(_ directory: MachineDirectory) throws -> Bool {
    guard FileSystem.exists(directory.balance) else { return false }
    let id = (try? Balance.read(directory))?.id
    try MachineProcesses(balancerOf: directory, id: id).end(grace: 0, name: directory.name)
    for file in [directory.balance, directory.balancerState] { try FileSystem.removeFile(file) }
    return true
  }

  /// One that should be there and is not, for example after a boot of the host. Under the deployment's lock.
  func reviveBalancer(_ directory: MachineDirectory) {
    guard let balance = try? Balance.read(directory), (try? FileLock.isHeld(directory.balancerLock)) == false else {
      return
    }
    try? SupervisorLauncher(context: context, state: state).start(balance, of: directory.name)
  }
}

/// `[ADDRESS:]PORT` of this host.
public struct HostPort: Hashable, Sendable {
  public let address: String
  public let number: UInt16

  public init(parsing text: String) throws {
    // As a published port that leads to itself.
    let parsed: PublishedPort
    do { parsed = try PublishedPort(parsing: "\(text):1") } catch { throw DeployFailure.badBalance(text) }
    address = parsed.address
    number = parsed.hostPort
  }
}
