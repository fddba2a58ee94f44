/// An error that a person can act on: what went wrong, where, and what to do next.
///
/// Modules make theirs in one `…Failure` extension or enum of factory functions, so that each `code` is written once.
public struct Failure: Error, Sendable, CustomStringConvertible {
  /// Stable and snake_case, for scripts: `nothing_detected`.
  public var code: String
  /// One sentence that says what is wrong; may go on over several lines with a list.
  public var message: String
  /// The next step, often a command or the line to write.
  public var hint: String?
  public var location: SourceLocation?
  public var exit: ExitCode
  /// The text of the error below this one, in the words of whoever raised it.
  public var cause: String?
  /// What a machine learns beside the error, as further keys of the document that holds it: `candidates`.
  public var details: [String: JSONValue]

  public init(
    _ code: String, _ message: String, hint: String? = nil, at location: SourceLocation? = nil,
    exit: ExitCode = .failed, cause: String? = nil, details: [String: JSONValue] = [:]
  ) {
    self.code = code
    self.message = message
    self.hint = hint
    self.location = location
    self.exit = exit
    self.cause = cause
    self.details = details
  }

  public var description: String {
    var text = ""
    if let location { text += "\(location): " }
    text += message
    if let cause { text += "\n  cause: \(cause)" }
    if let hint { text += "\n  next: \(hint)" }
    return text
  }

  /// The shape of `{"error": …}` on standard output with `--json`.
  public var json: JSONValue {
    var object: [String: JSONValue] = [
      "code": .string(code), "message": .string(message), "exit": .integer(Int64(exit.rawValue)),
    ]
    if let hint { object["hint"] = .string(hint) }
    if let cause { object["cause"] = .string(cause) }
    if let location { object["location"] = location.json }
    return .object(object)
  }

  /// The whole document: the error, and what else is known.
  public var document: JSONValue { .object(details.merging(["error": json]) { $1 }) }
}

/// A place in a text file; line and column count from 1, column in characters.
public struct SourceLocation: Hashable, Sendable, CustomStringConvertible {
  public var path: String
  public var line: Int?
  public var column: Int?

  public init(path: String, line: Int? = nil, column: Int? = nil) {
    self.path = path
    self.line = line
    self.column = column
  }

  /// `path:line:column`, as compilers and editors write it.
  public var description: String {
    path + (line.map { ":\($0)" } ?? "") + (line != nil ? column.map { ":\($0)" } ?? "" : "")
  }

  public var json: JSONValue {
    var object: [String: JSONValue] = ["path": .string(path)]
    if let line { object["line"] = .integer(Int64(line)) }
    if let column { object["column"] = .integer(Int64(column)) }
    return .object(object)
  }
}

extension Failure {
  /// packc itself was told to end; nothing goes on after that.
  public var isInterruption: Bool { code == "interrupted" }

  /// A failed system call, with errno's own text.
  public static func system(
    _ action: String, _ path: HostPath? = nil, errno code: Int32, hint: String? = nil
  ) -> Failure {
    let subject = path.map { " \($0)" } ?? ""
    return Failure(
      "system_error", "cannot \(action)\(subject): \(SystemError.text(code))",
      hint: hint ?? SystemError.hint(code), exit: SystemError.exit(code))
  }
}
