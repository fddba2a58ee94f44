internal import Kernel
public import PackCore
internal import Runner

/// Replicas: deployments of their own, `APP-2`, `APP-3`, …, that have the release of APP and, for each of its published ports,
/// the next ones of this host.
extension Deployments {
  public struct ScaleLine: Hashable, Sendable {
    public let name: String
    /// `created`, `upgraded`, `started`, `unchanged`, `destroyed`
    public let action: String
    public let ports: [String]
  }

  /// The replicas of a deployment, the lowest number first.
  public func replicas(of name: String) throws -> [String] {
    try all().filter { $0.record?.replicaOf == name }.map(\.name).sorted {
      ($0.utf8.count, $0) < ($1.utf8.count, $1)
    }
  }

  /// Seconds that new replicas have before connections come to them.
  private static let patience = 120.0

  private func replica(
    _ number: Int, of name: String, _ spec: DeploymentSpec
  ) throws -> (name: String, spec: DeploymentSpec) {
    let replica = "\(name)-\(number)"
    if let other = try Deployment.read(replica, state), other.record?.replicaOf != name {
      throw DeployFailure.nameTaken(replica, by: name)
    }
    var copy = spec
    copy.publish = try spec.publish.map { port in
      guard let host = UInt16(exactly: Int(port.hostPort) + number - 1) else {
        throw DeployFailure.noPortLeft(port, replica)
      }
      return PublishedPort(address: port.address, hostPort: host, guest: port.guest)
    }
    return (replica, copy)
  }

  /// Makes `count` machines of the deployment, itself included, all of the release that it has now, and puts one port before
  /// them where that is asked for or was.
  public func scale(
    _ name: String, to count: Int, balance: HostPort? = nil, reporter: Reporter = .silent
  ) throws -> (lines: [ScaleLine], balancer: BalancerLine?) {
    let found = try find(name)
    guard let spec = found.release?.spec else {
      throw found.build.map { DeployFailure.notBuilt(name, $0) } ?? unknown(name)
    }
    guard !spec.hasVolumes || count == 1 else { throw DeployFailure.sharedVolumes(name) }
    let image = try ReleaseStore.Candidate(state.release(spec.image))
    let wanted = try count < 2 ? [] : (2...count).map { try replica($0, of: name, spec) }
    let isBalanced = balance != nil || isBalanced(name)
    // Those that go or get another release get no more connections before that.
    let staying = try wanted.filter { replica in
      guard let found = try Deployment.read(replica.name, state) else { return false }
      return found.isAlive && found.release?.spec == replica.spec
    }
    if count > 1, let balance { try check(balance, spec, wanted.map(\.spec), name) }
    let stays = Set([name] + staying.map(\.name))
    var earlier: BalancerLine?
    if let seen = try BalancerState.seen(state.machine(name)), seen.phase == .running,
      !seen.balance.servers.allSatisfy({ stays.contains($0.name) })
    {
      earlier = try self.balance(name, [name] + staying.map(\.name), at: nil)
    }
    var lines: [ScaleLine] = []
    for replica in try replicas(of: name) where !wanted.contains(where: { $0.name == replica }) {
      _ = try destroy(replica, volumes: false)
      lines.append(ScaleLine(name: replica, action: "destroyed", ports: []))
    }
    for replica in wanted {
      var request = DeployRequest(name: try DeploymentName(replica.name), image: image, spec: replica.spec)
      request.confirms = true
      request.asks = { _ in true }
      request.replicaOf = name
      let result = try deploy(request)
      lines.append(
        ScaleLine(name: replica.name, action: result.action.rawValue, ports: replica.spec.publish.map(\.description)))
    }
    note("scale", name, ["count": .integer(Int64(count))])
    guard isBalanced else { return (lines, nil) }
    guard count > 1 else { return (lines, try unbalance(name)) }
    if Balancer.tool(context) != nil { try waitFor(wanted.filter { !stays.contains($0.name) }.map(\.name), reporter) }
    let line = try self.balance(name, [name] + wanted.map(\.name), at: balance)
    return (lines, line?.action == "unchanged" ? earlier ?? line : line)
  }

  /// What would not work is said before anything is done.
  private func check(_ place: HostPort, _ spec: DeploymentSpec, _ wanted: [DeploymentSpec], _ name: String) throws {
    guard let port = spec.publish.first(where: { $0.guest.transport == .tcp }) else {
      throw DeployFailure.nothingToBalance(name)
    }
    let listen = PublishedPort(address: place.address, hostPort: place.number, guest: port.guest)
    if let own = wanted.firstIndex(where: { $0.publish.contains { PortCheck.collide($0, listen) } }) {
      throw DeployFailure.portOfOurs(listen, "\(name)-\(own + 2)")
    }
    guard try Balance.read(state.machine(name))?.listen != listen else { return }
    try PortCheck(state: state).checkBalanced(listen)
  }

  /// Until new replicas are ready.
  private func waitFor(_ names: [String], _ reporter: Reporter) throws {
    let began = HostContext.monotonicClock()
    for name in names {
      guard let release = try find(name).record?.current else { continue }
      let rest = Self.patience - Double(HostContext.monotonicClock() - began) / 1e9
      // One that does not become ready gets no connections, as haproxy finds out.
      _ = try DeployWait(self, reporter: reporter).wait(name, release: release, seconds: max(0, rest))
    }
  }
}
