internal import TestSupport
import XCTest

@testable import PackCore

/// What is written down beside the code says what the code does.
final class DocumentTests: XCTestCase {
  private static let checkout = HostPath("\(#filePath)").parent.parent.parent

  private func text(_ name: String) throws -> String {
    String(decoding: try FileSystem.read(Self.checkout / name), as: UTF8.self)
  }

  func testExitCodesAreDocumented() throws {
    let declared = try text("Sources/PackCore/Values/ExitCode.swift")
      .matches(of: /static let (\w+) = ExitCode\(rawValue: (\d+)\)/).map { "\($0.output.2) \($0.output.1)" }
    let documented = try text("docs/exit-codes.md")
      .matches(of: /(?m)^\| (\d+) \| `(\w+)` \|/).map { "\($0.output.1) \($0.output.2)" }
    XCTAssertGreaterThan(declared.count, 15)
    XCTAssertEqual(documented, declared, "docs/exit-codes.md and ExitCode.swift, in the same order")
    XCTAssertEqual(ExitCode.signal(2).rawValue, 130)
    let meanings = try text("docs/exit-codes.md").matches(of: /(?m)^\| (\d+) \| `\w+` \| ([^|]+) \|/)
      .map { "\($0.output.1) \($0.output.2)" }
    XCTAssertEqual(meanings, ExitCode.meanings.map { "\($0.code.rawValue) \($0.meaning)" }, "what `packc man` says")
  }

  /// Each event has the fields that its schema requires, and no other than it names.
  func testProgressEventsMatchTheirSchema() throws {
    let schema = JSONReader(try JSONParser.parse(Array(text("docs/schema/progress.schema.json").utf8)))
    let definitions = try schema.required("$defs")
    let events: [ProgressEvent] = [
      .stepStarted(id: "a", title: "t"), .stepLine(id: "a", text: "x"), .stepProgress(id: "a", done: 1, total: nil),
      .stepProgress(id: "a", done: 1, total: 2), .stepEnded(id: "a", status: .ran, reason: "r", seconds: 1),
      .decision(Decision(what: "a", value: "b", source: "c")), .note("n"), .warning("w", hint: nil),
      .warning("w", hint: "h"), .stepCount(id: "a", done: 1, total: 2, unit: "files", item: "x.c"),
    ]
    var seen: Set<String> = []
    for event in events {
      let object = try XCTUnwrap(event.json.object)
      let name = try XCTUnwrap(object["event"]?.string)
      seen.insert(name)
      let definition = try definitions.required(name)
      XCTAssertEqual(try definition.required("properties").required("event").required("const").string(), name)
      let properties = try XCTUnwrap(definition.required("properties").value.object)
      for key in object.keys { XCTAssertNotNil(properties[key], "\(name).\(key)") }
      for key in try definition.required("required").strings() { XCTAssertNotNil(object[key], "\(name).\(key)") }
    }
    let listed = try schema.required("oneOf").array().map { try $0.required("$ref").string() }
    XCTAssertEqual(Set(listed), Set(seen.map { "#/$defs/\($0)" }))
  }
}
