import PackCore
import TestSupport
import XCTest

@testable import packc

/// The manual says what the definitions say, and man(1)'s readers take it.
final class ManualTests: XCTestCase {
  func testEveryCommandHasAPageThatSaysWhatHelpSays() throws {
    let place = try TemporaryDirectory("packc-man")
    let directory = place.path / "man1"
    try PackcProcess("man", "--output", directory.description).run().expect(exit: .done)
    let pages = try DirectoryWalk.names(in: directory).map { String(decoding: $0, as: UTF8.self) }
    XCTAssertEqual(
      Set(pages),
      Set(
        ["packc.1"]
          + Commands.all.filter { !$0.isHidden }.map {
            "packc-\($0.name.split(separator: " ").joined(separator: "-")).1"
          }))
    for command in Commands.all where !command.isHidden {
      let name = "packc-" + command.name.split(separator: " ").joined(separator: "-")
      let page = try rendered(directory / "\(name).1")
      // Every word of --help but its headings; the page is filled anew, so lines differ.
      let help = Help.text(command).split(separator: "\n").filter { !$0.hasPrefix("Flags") }.joined(separator: "\n")
      let shown = Set(words(page))
      for word in words(help)
      where !["usage:", "\(command.name):", "\(command.name.split(separator: " ").last ?? ""):"].contains(word) {
        XCTAssertTrue(shown.contains(word), "\(name).1 lacks \"\(word)\" of --help")
      }
      try PackcProcess(arguments: ["man"] + command.name.split(separator: " ").map(String.init)).run()
        .expect(standardOutput: String(decoding: try FileSystem.read(directory / "\(name).1"), as: UTF8.self))
    }
    let lint = try ProcessRunner().run(
      Command(
        ["mandoc", "-T", "lint", "-W", "warning"] + pages.sorted().map { (directory / $0).description },
        environment: ["PATH": "/usr/bin:/bin"]))
    // The pages have no date, so that they are the same on every day.
    let problems = lint.outputText.split(separator: "\n").filter { !$0.contains("missing date") }
    XCTAssertEqual(problems, [], lint.errorText)
  }

  private func words(_ text: String) -> [String] {
    text.filter { $0 != "`" }.split { $0.isWhitespace || $0 == "," }.map(String.init)
  }

  func testTheOverviewHasEveryCommandAndExitCode() throws {
    let page = try PackcProcess("man").run().expect(exit: .done).standardOutput
    for command in Commands.all where !command.isHidden {
      XCTAssertTrue(page.contains(command.summary.replacingDashes), command.name)
    }
    for (code, _) in ExitCode.meanings { XCTAssertTrue(page.contains("\n\\fB\(code.rawValue)\\fR\n"), "\(code)") }
    try PackcProcess("man", "biuld").run().expect(exit: .usage).expect(standardErrorContains: "did you mean")
    try PackcProcess("man", "build", "--output", "x").run().expect(exit: .usage)
  }

  /// As it is read, in one long line for each paragraph.
  private func rendered(_ page: HostPath) throws -> String {
    let result = try ProcessRunner().run(
      Command(
        ["mandoc", "-T", "utf8", "-O", "width=1000", page.description], environment: ["PATH": "/usr/bin:/bin"],
        keep: 1 << 20, keepHead: true))
    XCTAssertTrue(result.succeeded, result.errorText)
    // Bold and underlined letters are typed twice.
    return result.outputText.replacing(/.\u{8}/, with: "")
  }
}

extension String {
  fileprivate var replacingDashes: String {
    split(separator: "-", omittingEmptySubsequences: false).joined(separator: "\\-")
  }
}
