public import PackCore

/// A project and what was asked of it: the part of a request that does not depend on the pack.
public struct PackProject: Sendable {
  public var directory: HostPath { tree.root }
  /// Its files, without what is ignored.
  public var tree: ProjectTree
  /// The project's `unik.yaml` as JSON, nil when it has none.
  public var config: JSONValue?
  /// `--app`: which program of the project.
  public var app: String?
  public var mode: BuildMode
  public var platform: Platform
  /// Seconds since the epoch for everything that wants a time.
  public var sourceDateEpoch: Int64

  public init(
    tree: ProjectTree, config: JSONValue? = nil, app: String? = nil,
    mode: BuildMode = .release, platform: Platform = .host, sourceDateEpoch: Int64 = 0
  ) {
    self.tree = tree
    self.config = config
    self.app = app
    self.mode = mode
    self.platform = platform
    self.sourceDateEpoch = sourceDateEpoch
  }

  /// `pack:` of unik.yaml.
  public var pack: String? { config?["pack"]?.string }

  /// `options` of unik.yaml.
  var options: JSONValue {
    if let options = config?["options"], options != .null { return options }
    return [:]
  }
}
