import Glibc
import PackCore
import TestSupport
import XCTest

/// `packc pack list|show|test`, and the packs of this repository through the conformance suite.
final class PackCommandTests: XCTestCase {
  private let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"

  /// A pack that nothing is asked of.
  private func write(_ name: String, in place: TemporaryDirectory, mode: UInt32 = 0o755) throws {
    let bare = String(name.dropFirst(3))
    try place.write(
      #"{"protocol":["1.0"],"name":"\#(bare)","version":"0.1","phases":["detect","plan"],"detect":{"any":["x"]}}"#,
      to: "\(name)/pack.json")
    try place.write("#!/bin/sh\nexit 100\n", to: "\(name)/bin/pack", mode: mode)
  }

  func testListSaysWhatIsUsedAndWhatIsNot() throws {
    let place = try TemporaryDirectory("packc-packs")
    try write("15-go", in: place)
    try write("20-twice", in: place)
    try write("30-twice", in: place)
    try write("40-open", in: place, mode: 0o777)
    try FileSystem.createLink(place / "90-unik", to: Array("/dev/null".utf8))
    let call = PackcProcess("pack", "list", "--packs", "\(place.path)")
    let text = try call.run().expect(exit: .done)
    for line in ["15-go", "15-go has that name and comes first", "leads to /dev/null", "chmod -R go-w", "packs.d"] {
      text.expect(standardOutputContains: line)
    }
    let json = try PackcProcess("pack", "list", "--json", "--packs", "\(place.path)").run().expect(exit: .done).json()
    XCTAssertEqual(try SchemaCheck("pack-list.schema.json").problems(json.value), [])
    func names(_ key: String) -> [String] { (json.value[key]?.array ?? []).compactMap { $0["name"]?.string } }
    XCTAssertEqual(names("packs").filter { ["go", "open", "twice", "unik"].contains($0) }, ["go", "twice"])
    XCTAssertEqual(names("masked"), ["twice", "go", "unik"])
    XCTAssertEqual(names("masks"), ["unik"])
    XCTAssertEqual(names("rejected"), ["open"])
    // A build says it too, when it is likely to be a mistake.
    let empty = try TemporaryDirectory("packc-e2e")
    try PackcProcess("plan", "--packs", "\(place.path)").in(empty.path).run()
      .expect(standardErrorContains: "two packs are named \"twice\"")
      .expect(standardErrorContains: "40-open is left out")
  }

  func testShow() throws {
    try PackcProcess("pack", "show", "go").run().expect(exit: .done)
      .expect(standardOutputContains: "go.mod").expect(standardOutputContains: "array of string")
      .expect(standardOutputContains: "GOPROXY")
    let json = try PackcProcess("pack", "show", "python", "--json", "--probe").run().expect(exit: .done).json().value
    XCTAssertEqual(try SchemaCheck("pack-show.schema.json").problems(json), [])
    XCTAssertEqual(json["toolchains"]?.array?.first?["version"]?.string?.hasPrefix("Python 3"), true)
    try PackcProcess("pack", "show", "pyton").run().expect(exit: .usage)
      .expect(standardErrorContains: "did you mean \"python\"?")
    let place = try TemporaryDirectory("packc-packs")
    try FileSystem.createLink(place / "10-go", to: Array("/dev/null".utf8))
    try PackcProcess("pack", "show", "go", "--packs", "\(place.path)").run().expect(exit: .usage)
      .expect(standardErrorContains: "leads to /dev/null")
  }

  func testTestSaysWhatFailed() throws {
    let place = try TemporaryDirectory("packc-packs")
    try write("50-none", in: place)
    let result = try PackcProcess("pack", "test", "\(place / "50-none")").run().expect(exit: .failed)
      .expect(standardOutputContains: "not ok   5 request: empty is 65")
      .expect(standardOutputContains: "put a small project into its directory test/NAME")
    XCTAssertEqual(result.standardError, "")
    let json = try PackcProcess("pack", "test", "--json", "\(place / "50-none")").run().expect(exit: .failed).json()
      .value
    XCTAssertEqual(try SchemaCheck("pack-test.schema.json").problems(json), [])
    XCTAssertEqual(json["passed"], false)
    try PackcProcess("pack", "test", "\(place / "nothing")").run().expect(exit: .badInput)
      .expect(standardErrorContains: "pack.json")
    // The pack's path is as it was typed, the project's that of --project.
    let project = try TemporaryDirectory("packc-e2e")
    try project.write("", to: "x")
    try PackcProcess("pack", "test", "50-none", "--project", "\(project.path)").in(place.path).run()
      .expect(exit: .failed).expect(standardOutputContains: "samples: --project")
  }

  // MARK: Packs of this repository

  private func check(_ pack: HostPath, path: String) throws {
    let result = try PackcProcess("pack", "test", "\(pack)").environment(["PATH": path]).run()
    XCTAssertEqual(result.result.end, .exited(0), result.standardOutput + result.standardError)
  }

  func testEveryFirstPartyPackPasses() throws {
    let place = Repository.root / "packs.d"
    for name in try DirectoryWalk.names(in: place) { try check(place / HostPath(bytes: name), path: path) }
  }

  func testEveryExamplePackPasses() throws {
    let place = Repository.root / "examples/packs"
    for name in try DirectoryWalk.names(in: place) { try check(place / HostPath(bytes: name), path: path) }
  }
}
