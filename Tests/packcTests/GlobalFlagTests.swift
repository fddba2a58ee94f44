import PackCore
import TestSupport
import XCTest

@testable import packc

/// A flag of every command is the same before the command, in the middle of its name, and after it.
final class GlobalFlagTests: XCTestCase {
  func testAPlaceMakesNoDifference() throws {
    for command in Commands.all {
      let name = command.name.split(separator: " ").map(String.init)
      let operands = Array(repeating: "x", count: command.minimumOperands)
      for flag in GlobalFlags.all where flag.name != "help" {
        let typed = ["--\(flag.name)"] + (flag.value.map { [String($0.prefix { $0 != "|" })] } ?? [])
        let places = [
          typed + name + operands, name + typed + operands, name + operands + typed,
          name[..<1] + typed + name[1...] + operands,
        ]
        for place in places {
          let parsed = try ArgumentParser(commands: Commands.all).parse(place)
          XCTAssertEqual(parsed.command?.name, command.name, "\(place)")
          XCTAssertEqual(parsed.operands, operands, "\(place)")
          XCTAssertEqual(parsed.values[flag.name], [typed.count == 2 ? typed[1] : ""], "\(place)")
        }
      }
    }
  }

  func testTheRealBinaryTakesThemAtBothEnds() throws {
    let before = try PackcProcess("--json", "version").run().expect(exit: .done).standardOutput
    try PackcProcess("version", "--json").run().expect(standardOutput: before)
    try PackcProcess("version", "-o", "json").run().expect(standardOutput: before)
    try PackcProcess("-ojson", "version").run().expect(standardOutput: before)
    let project = try TemporaryDirectory("packc-flags")
    for arguments in [["--project", "\(project.path)", "plan"], ["plan", "--project", "\(project.path)"]] {
      try PackcProcess(arguments: arguments).run().expect(exit: .nothingDetected)
    }
  }
}
