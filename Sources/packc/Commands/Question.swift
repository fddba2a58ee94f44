internal import Glibc
internal import PackCore

/// A question to somebody at a terminal.
enum Question {
  /// True when somebody is there to answer.
  static var canBeAsked: Bool { isatty(0) == 1 && isatty(2) == 1 }

  /// Only `y` and `yes` are a yes.
  static func ask(_ text: String) -> Bool {
    StandardOutput.writeError("\(text) [y/N] ")
    let answer = readLine()?.lowercased() ?? ""
    return answer == "y" || answer == "yes"
  }
}
