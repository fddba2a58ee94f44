public import PackCore

/// What the plan's steps left of an artifact: where it is on the host, and what it becomes.
public struct PackOutput: Sendable {
  public var path: HostPath
  public var destination: RootPath
  public var layer: LayerRole

  public init(path: HostPath, destination: RootPath, layer: LayerRole) {
    self.path = path
    self.destination = destination
    self.layer = layer
  }
}
