public import PackCore

/// What `packc build` answers; its JSON has the keys of `docs/schema/build.schema.json`.
public struct BuildResult: Sendable {
  public let json: JSONValue
  /// Nothing had changed: the answer is the last build's.
  public let unchanged: Bool

  /// The last build's answer, with every step as reused.
  static func recorded(_ json: JSONValue) -> BuildResult {
    guard case .object(var object) = json, let steps = object["steps"]?.array else {
      return BuildResult(json: json, unchanged: true)
    }
    object["steps"] = .array(
      steps.map { step in
        [
          "id": step["id"] ?? .null, "status": .string(ProgressEvent.Status.reused.rawValue),
          "reason": "nothing changed since the last build", "seconds": 0,
        ]
      })
    return BuildResult(json: .object(object), unchanged: true)
  }
}
