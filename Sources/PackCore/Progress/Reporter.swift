/// What happens during a command, for people (a tree or plain lines) and machines (NDJSON). Events never go into an output.
public enum ProgressEvent: Sendable {
  public enum Status: String, Sendable { case ran, reused, failed }
  case stepStarted(id: String, title: String)
  /// Of a step so short that a log says it when it is done, in one line: a small blob.
  case briefStepStarted(id: String, title: String)
  /// A line that the step's command printed.
  case stepLine(id: String, text: String)
  /// Bytes.
  case stepProgress(id: String, done: Int64, total: Int64?)
  /// So many things (`unit`: files) of about so many are done, the last of them `item`.
  case stepCount(id: String, done: Int, total: Int, unit: String, item: String)
  case stepEnded(id: String, status: Status, reason: String, seconds: Double)
  case decision(Decision)
  case note(String)
  case warning(String, hint: String?)
}

/// Takes events from any thread.
public struct Reporter: Sendable {
  public let send: @Sendable (ProgressEvent) -> Void
  public init(_ send: @escaping @Sendable (ProgressEvent) -> Void) { self.send = send }

  /// For calls that nobody watches.
  public static let silent = Reporter { _ in }

  public func note(_ text: String) { send(.note(text)) }
  public func warn(_ text: String, hint: String? = nil) { send(.warning(text, hint: hint)) }
}
