internal import PackCore

/// What reading the layers of others can say went wrong. `LayerReader` puts the layer before the message.
extension OCIFailure {
  /// The archive asks for something that no honest tool asks for.
  static func unsafe(_ problem: String, _ path: [UInt8]) -> Failure {
    Failure(
      "unsafe_archive", "\(shown(path)) \(problem)",
      hint: "packc unpacks nothing of it; ask whoever made the image", exit: .badInput)
  }

  static func tooLarge(_ problem: String) -> Failure {
    Failure(
      "too_large", problem, hint: "it looks like an archive that was made to exhaust its reader", exit: .badInput)
  }

  /// A path of an archive on one line, cut where it is very long.
  static func shown(_ path: [UInt8]) -> String {
    if path.isEmpty { return "an entry" }
    let text = String(decoding: path.prefix(200), as: UTF8.self)
    return String(
      String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7f ? "\u{fffd}" : $0 }))
      + (path.count > 200 ? "…" : "")
  }

  static func occupied(_ path: HostPath) -> Failure {
    Failure("not_empty", "\(path) is not empty", hint: "name a directory that is new or empty", exit: .badInput)
  }
}
