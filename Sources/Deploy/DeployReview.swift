public import PackCore

/// What else is asked before an image becomes a release: its contract, of which this module knows nothing.
public protocol DeployReview: Sendable {
  /// - Parameters:
  ///   - replaced: what the release takes the place of; nil when nothing was deployed under the name.
  ///   - confirms: drift is meant.
  ///   - keeps: false where nothing is to be written.
  /// - Throws: what exits with `drift`, when somebody has to decide first.
  func judge(_ name: String, replacing replaced: DeploymentSpec?, confirms: Bool, keeps: Bool) throws -> DeployOpinion
  /// The image is a release.
  func wasDeployed(_ name: String, replacing replaced: DeploymentSpec?) throws
}

/// What a review says of a release.
public struct DeployOpinion: Sendable {
  /// What a person should know before it replaces something that runs; names only.
  public let changes: [String]
  /// The review card, `docs/schema/commands.schema.json`, `review`.
  public let card: JSONValue
  /// The same for people.
  public let text: String
  public init(changes: [String], card: JSONValue, text: String) {
    self.changes = changes
    self.card = card
    self.text = text
  }

  /// As the log of operations keeps it.
  var summary: JSONValue {
    .object((card.object ?? [:]).filter { ["name", "contract", "baseline", "state", "verdict"].contains($0.key) })
  }

  init?(summary: JSONValue?) {
    guard let summary, let contract = summary["contract"]?.string, let verdict = summary["verdict"]?.string else {
      return nil
    }
    self.init(changes: [], card: summary, text: "contract  \(contract)\nverdict   \(verdict)\n")
  }
}
