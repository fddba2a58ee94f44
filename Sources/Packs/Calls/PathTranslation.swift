internal import PackCore

/// Turns the paths by which a pack knows the project into those by which people know it: a file of the project is
/// relative, the project itself is the host's directory.
struct PathTranslation {
  /// Where the pack sees the project.
  let seen: String
  let project: HostPath

  func text(_ text: String) -> String {
    guard seen != "/", text.utf8.contains(UInt8(ascii: "/")) else { return text }
    return text.replacingBytes(seen + "/", with: "").replacingBytes(seen, with: project.description)
  }

  /// The part of a response that people read. A plan is left alone but for its decisions: packc refuses one that names
  /// such a path elsewhere.
  func response(_ document: JSONValue, _ phase: PackPhase) -> JSONValue {
    guard case .object(var fields) = document else { return document }
    for key in ["error", "diagnostics"] { fields[key] = fields[key].map(all) }
    if phase != .plan {
      fields["result"] = fields["result"].map(all)
    } else if case .object(var result) = fields["result"] {
      result["decisions"] = result["decisions"].map(all)
      fields["result"] = .object(result)
    }
    return .object(fields)
  }

  private func all(_ value: JSONValue) -> JSONValue {
    switch value {
    case .string(let string): .string(text(string))
    case .array(let elements): .array(elements.map(all))
    case .object(let fields): .object(fields.mapValues(all))
    case .null, .bool, .integer, .number: value
    }
  }

  /// Events and diagnostics on their way to people.
  func reporter(_ reporter: Reporter) -> Reporter {
    Reporter { event in
      switch event {
      case .note(let message): reporter.note(text(message))
      case .warning(let message, let hint): reporter.warn(text(message), hint: hint.map(text))
      default: reporter.send(event)
      }
    }
  }
}
