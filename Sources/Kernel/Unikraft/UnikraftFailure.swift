internal import PackCore

/// What a program or a request has that Unikraft's ELF loader has not.
enum UnikraftFailure {
  private static let elsewhere = "build with a Linux kernel (`packc kernel list`)"

  static func cannotSay(_ why: String) -> Failure {
    Failure(
      "unikraft_command_line", "Unikraft's command line cannot say how the program starts: \(why)",
      hint: "change it in unik.yaml (run.args, run.env), or \(elsewhere)", exit: .badInput)
  }
  static func lacks(_ what: String) -> Failure {
    Failure(
      "unikraft_lacks", "Unikraft's ELF loader has no \(what)", hint: "leave that out of unik.yaml, or \(elsewhere)",
      exit: .badInput)
  }
}
