internal import Deploy
internal import PackCore

/// What the commands have in common that change one setting of a deployment.
enum ChangeFlags {
  static let all = [
    Flag("confirm", help: "accept that something goes that others may rely on"),
    Flag("yes", short: "y", help: "replace what runs without asking"),
  ]
  /// For their `--help`.
  static let details =
    "The change is a release: one that runs is replaced (--yes) and comes back when the new one does not become ready; one that does not run has it at its next start."

  /// Nil when nobody can be asked.
  static func asks(_ name: String, _ invocation: Invocation) -> (@Sendable ([String]) -> Bool)? {
    if invocation.has("yes") { return { _ in true } }
    guard Question.canBeAsked else { return nil }
    return { changes in
      Question.ask("\(name) runs, and would be replaced:" + changes.map { "\n  - \($0)" }.joined() + "\nReplace it?")
    }
  }

  static func answer(_ result: DeployResult, _ invocation: Invocation) throws -> ExitCode {
    let json: JSONValue = JSONValue(compact: [
      "name": .string(result.name), "action": .string(result.action.rawValue),
      "release": .integer(Int64(result.release)), "operation": result.operation.map(JSONValue.string),
      "changes": JSONValue(strings: result.changes),
    ])
    try invocation.output.write(json) {
      "\(result.name)  \(result.action.rawValue)  release \(result.release)\n"
        + result.changes.map { "  - \($0)\n" }.joined()
        + (result.action == .changed ? "next:  packc start \(result.name)\n" : "")
    }
    return .done
  }
}
