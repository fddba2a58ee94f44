internal import PackCore
internal import Runner

/// Replicas: deployments of their own, `APP-2`, `APP-3`, …, that have the release of APP and, for each of its published ports,
/// the next ones of this host. There is no balancer in front of them.
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

  /// Makes `count` machines of the deployment, itself included, all of the release that it has now.
  public func scale(_ name: String, to count: Int) throws -> [ScaleLine] {
    let found = try find(name)
    guard let spec = found.release?.spec else {
      throw found.build.map { DeployFailure.notBuilt(name, $0) } ?? unknown(name)
    }
    guard !spec.hasVolumes || count == 1 else { throw DeployFailure.sharedVolumes(name) }
    let image = try ReleaseStore.Candidate(state.release(spec.image))
    var lines: [ScaleLine] = []
    let wanted = count < 2 ? [] : (2...count).map { (number: $0, name: "\(name)-\($0)") }
    for replica in try replicas(of: name) where !wanted.contains(where: { $0.name == replica }) {
      _ = try destroy(replica, volumes: false)
      lines.append(ScaleLine(name: replica, action: "destroyed", ports: []))
    }
    for replica in wanted {
      if let other = try Deployment.read(replica.name, state), other.record?.replicaOf != name {
        throw DeployFailure.nameTaken(replica.name, by: name)
      }
      var copy = spec
      copy.publish = try spec.publish.map { port in
        guard let number = UInt16(exactly: Int(port.hostPort) + replica.number - 1) else {
          throw DeployFailure.noPortLeft(port, replica.name)
        }
        return PublishedPort(address: port.address, hostPort: number, guest: port.guest)
      }
      var request = DeployRequest(name: try DeploymentName(replica.name), image: image, spec: copy)
      request.confirms = true
      request.asks = { _ in true }
      request.replicaOf = name
      let result = try deploy(request)
      lines.append(
        ScaleLine(name: replica.name, action: result.action.rawValue, ports: copy.publish.map(\.description)))
    }
    note("scale", name, ["count": .integer(Int64(count))])
    return lines
  }
}
