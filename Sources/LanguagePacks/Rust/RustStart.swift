internal import PackCore

/// How the `web:` line of a Procfile starts a Rust program: which one, with which arguments and variables.
struct RustStart {
  let line: WebLine
  /// The binary's name.
  let program: String
  /// With `$PORT` where the line has it.
  private let arguments: [String]
  private let settings: [(name: String, value: String)]
  /// The line needs a shell for more than `$PORT`.
  let needsShell: Bool

  /// nil when there is no such line, or when it starts something else.
  init?(_ files: ProjectFiles) throws {
    guard let line = try WebLine(files), let command = line.commands.last, let first = command.first else { return nil }
    self.line = line
    if WebLine.name(first) == "cargo" {
      // cargo run --release --bin NAME -- ARGUMENTS
      let own = command.prefix { $0 != "--" }
      guard own.dropFirst().first == "run", let flag = own.firstIndex(of: "--bin"), flag + 1 < own.count else {
        return nil
      }
      program = own[flag + 1]
      arguments = Array(command.dropFirst(own.count + 1))
    } else {
      guard first.contains("/") || files.isFile("Cargo.toml") else { return nil }
      program = WebLine.name(first)
      arguments = Array(command.dropFirst())
    }
    settings = line.command.split(whereSeparator: \.isWhitespace).prefix { $0 != "&&" && $0 != ";" }.prefix {
      $0.contains("=")
    }
    .compactMap { word in
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return parts.count == 2 ? (String(parts[0]), String(parts[1])) : nil
    }
    let rest = arguments + settings.map(\.value)
    needsShell =
      line.commands.count > 1
      || rest.contains { word in
        Self.withPort("", in: word).contains { "$`\"'*?<>|&;()\\".contains($0) }
      }
  }

  private static func withPort(_ port: String, in word: String) -> String {
    word.replacing("${PORT}", with: port).replacing("$PORT", with: port)
  }

  var usesPort: Bool { (arguments + settings.map(\.value)).contains { Self.withPort("", in: $0) != $0 } }
  func arguments(port: Int) -> [String] { arguments.map { Self.withPort(String(port), in: $0) } }
  func environment(port: Int) -> [String: String] {
    Dictionary(settings.map { ($0.name, Self.withPort(String(port), in: $0.value)) }) { $1 }
  }
}
