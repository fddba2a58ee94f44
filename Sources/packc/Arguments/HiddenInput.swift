internal import Glibc
internal import PackCore

/// Standard input that is nobody else's to see: a terminal does not show what is typed, and gives one line.
enum HiddenInput {
  /// Everything, up to `limit` bytes and one more.
  static func read(prompt: String, limit: Int) throws -> [UInt8] {
    let isTerminal = isatty(0) == 1
    if isTerminal { StandardOutput.writeError(prompt) }
    let shown = isTerminal ? hideTyping() : nil
    defer {
      if var shown {
        tcsetattr(0, TCSANOW, &shown)
        StandardOutput.writeError("\n")
      }
    }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while bytes.count <= limit, !(isTerminal && bytes.last == 0x0a) {
      try Interruption.check()
      let count = Glibc.read(0, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      if count <= 0 { break }
      bytes += chunk[..<count]
    }
    return bytes
  }

  /// Without the line's end that an editor or echo(1) puts there.
  static func withoutLineEnd(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    if bytes.last == 0x0a { bytes.removeLast() }
    if bytes.last == 0x0d { bytes.removeLast() }
    return bytes
  }

  /// - Returns: what to set again.
  private static func hideTyping() -> termios? {
    var settings = termios()
    guard tcgetattr(0, &settings) == 0 else { return nil }
    let before = settings
    settings.c_lflag &= ~tcflag_t(ECHO)
    tcsetattr(0, TCSANOW, &settings)
    return before
  }
}
