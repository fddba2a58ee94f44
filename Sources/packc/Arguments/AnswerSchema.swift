/// Which document of docs/schema describes what a command answers with `--json`.
struct AnswerSchema {
  /// `kernel.schema.json`
  let file: String
  /// Of its `$defs`; nil for the whole document.
  let definition: String?

  private init(_ file: String, _ definition: String? = nil) {
    self.file = "\(file).schema.json"
    self.definition = definition
  }

  /// Of any command that fails.
  static let failure = AnswerSchema("commands", "failure")

  /// Nil for a command that has no answer of its own.
  static func of(_ command: String) -> AnswerSchema? {
    switch command {
    case "help", "logs", "supervise": nil
    case "build", "plan", "image diff", "image gc", "pack list", "pack show", "pack test":
      AnswerSchema(command.split(separator: " ").joined(separator: "-"))
    case "image symbols": AnswerSchema("symbols")
    case "verify": AnswerSchema("verify")
    case "image import", "image copy", "image export": AnswerSchema("image", "transfer")
    case "image sign", "image attest": AnswerSchema("image", "signed")
    case "proofs record": AnswerSchema("proofs", "entry")
    case "proofs show", "proofs export": AnswerSchema("contract")
    case "image tag", "image index create": AnswerSchema("image", "named")
    case "kernel import", "kernel use": AnswerSchema("kernel", "row")
    case "kernel remove": AnswerSchema("kernel", "removed")
    case "volume create", "volume show": AnswerSchema("commands", "volume")
    case "volume attach", "volume detach", "env set", "env unset": AnswerSchema("commands", "change")
    default:
      if let verb = command.after("image ") {
        AnswerSchema("image", verb)
      } else if let verb = command.after("kernel ") {
        AnswerSchema("kernel", verb)
      } else if let verb = command.after("proofs ") {
        AnswerSchema("proofs", verb)
      } else {
        AnswerSchema("commands", command.split(separator: " ").joined(separator: "-"))
      }
    }
  }

  /// For people: `docs/schema/kernel.schema.json (list)`.
  var text: String { "docs/schema/\(file)" + (definition.map { " (\($0))" } ?? "") }
}

extension String {
  /// What follows `prefix`.
  fileprivate func after(_ prefix: String) -> String? { hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil }
}
