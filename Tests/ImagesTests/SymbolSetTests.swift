import OCI
import PackCore
import TestSupport
import XCTest

@testable import Images

/// The debug symbols beside an image: found, chosen, written; and what is said where there are none.
final class SymbolSetTests: XCTestCase {
  private func load(_ fixture: SymbolFixture) throws -> SymbolSet {
    try SymbolSet.load(LocatedImage(source: LayoutSource(layout: fixture.layout), names: []))
  }

  func testWhatLiesBesideTheImageIsFoundAndWritten() throws {
    let bytes = Array(repeating: Array("debug ".utf8), count: 1_000_000).flatMap { $0 }
    let fixture = try SymbolFixture(debugFile: bytes)
    let symbols = try load(fixture)
    XCTAssertEqual(symbols.entries.map(\.program.absolute), ["/app/server"])
    XCTAssertEqual(symbols.entries[0].file.contentSize, 6_000_000)
    let output = fixture.directory / "out"
    let paths = try symbols.write(symbols.entries, to: output)
    XCTAssertEqual(paths, [output / ".build-id/61/735fc1dce358568d18f95b17d5091bd9341b6e.debug"])
    XCTAssertEqual(try FileSystem.read(paths[0]), bytes)
    // Again: what is there stays, what was changed is put right.
    let before = try FileSystem.status(paths[0])
    XCTAssertEqual(try symbols.write(symbols.entries, to: output), paths)
    XCTAssertEqual(try FileSystem.status(paths[0]), before)
    try FileSystem.writeAtomically([1, 2, 3], to: paths[0])
    _ = try symbols.write(symbols.entries, to: output)
    XCTAssertEqual(try FileSystem.read(paths[0]), bytes)
    XCTAssertEqual(try DirectoryWalk.names(in: paths[0].parent).count, 1)
  }

  func testChoosingByBuildID() throws {
    let symbols = try load(try SymbolFixture())
    for digits in ["6", "6173", "61735FC1", SymbolFixture.buildID] {
      XCTAssertEqual(try symbols.entries(buildID: digits).count, 1, digits)
    }
    for digits in ["", "62", SymbolFixture.buildID + "00", "../x"] {
      let failure = assertFailure("no_such_build_id") { try symbols.entries(buildID: digits) }
      XCTAssertTrue(failure?.hint?.contains(SymbolFixture.buildID) ?? false)
    }
  }

  func testWhyThereAreNone() throws {
    for (mode, hint) in [("release", "--no-debug-symbols"), ("debug", "out of the image"), (nil, "packc build")] {
      let fixture = try SymbolFixture(mode: mode) { $0 = [] }
      let failure = assertFailure("no_symbols") { try load(fixture) }
      XCTAssertEqual(failure?.exit, .badInput)
      XCTAssertTrue(failure?.hint?.contains(hint) ?? false, "\(mode ?? "none"): \(failure?.hint ?? "")")
    }
  }

  /// Annotations that others could write: none of them leaves the directory or is believed.
  func testAnArtifactThatLiesIsRefused() throws {
    let lies: [(String, (inout DebugSymbols.Entry) -> Void)] = [
      ("path", { $0.buildID = "../../../../etc/passwd00" }), ("short", { $0.buildID = "61" }),
      ("upper case", { $0.buildID = "6173AAAA" }), ("source", { $0.source = "guess" }),
      (
        "huge",
        {
          $0.file = CompressedBlob(
            content: $0.file.content, contentSize: 1 << 50, digest: $0.file.digest, size: $0.file.size)
        }
      ),
    ]
    for (name, lie) in lies {
      let fixture = try SymbolFixture { lie(&$0[0]) }
      assertFailure("damaged_image", name) { try load(fixture) }
    }
  }

  func testABlobThatIsNotWhatItSaysIsNotWritten() throws {
    let good = try SymbolFixture(debugFile: [UInt8](repeating: 7, count: 5_000_000))
    let file = try load(good).entries[0].file
    let lies = [
      CompressedBlob(content: Digest(of: [0]), contentSize: file.contentSize, digest: file.digest, size: file.size),
      CompressedBlob(content: file.content, contentSize: 100, digest: file.digest, size: file.size),
      CompressedBlob(
        content: file.content, contentSize: file.contentSize + 1, digest: file.digest, size: file.size),
    ]
    for lie in lies {
      let fixture = try SymbolFixture(debugFile: [UInt8](repeating: 7, count: 5_000_000)) { $0[0].file = lie }
      let symbols = try load(fixture)
      assertFailure("damaged_image", "\(lie.contentSize)") {
        try symbols.write(symbols.entries, to: fixture.directory / "out")
      }
      let left = try DirectoryWalk.names(in: fixture.directory / "out/.build-id/61")
      XCTAssertEqual(left, [], "nothing may be left")
    }
  }

  func testAnswersHaveTheKeysOfTheirSchema() throws {
    let fixture = try SymbolFixture()
    let image = LocatedImage(source: LayoutSource(layout: fixture.layout), names: [])
    let context = HostContext(environment: [:], workingDirectory: fixture.directory.path, executable: "/packc")
    let schema = try SchemaCheck("symbols.schema.json")
    for directory in [nil, fixture.directory / "out"] {
      let answer = try SymbolAnswer(
        SymbolQuestion(.all, directory: directory), of: image, context: context,
        temporary: fixture.directory / "temporary")
      XCTAssertEqual(schema.problems(answer.json), [])
      XCTAssertTrue(answer.text.contains(SymbolFixture.buildID), answer.text)
    }
    let nothing = SymbolQuestion(.trace(Array("nothing here\n".utf8), name: "text"), directory: nil)
    assertFailure("no_frames") {
      try SymbolAnswer(nothing, of: image, context: context, temporary: fixture.directory / "temporary")
    }
  }
}
