import Glibc
import PackCore
import TestSupport
import XCTest

/// The same project gives the same bytes, whatever the directory, the user's settings and the time are.
final class SameBytesTests: XCTestCase {
  /// Builds the files twice in one site, with nothing of the host's choice in common; returns both answers. What they name is
  /// there as long as the directory is.
  static func twice(
    _ files: [String: String], isolated: Bool = false, in place: TemporaryDirectory? = nil,
    file: StaticString = #filePath, line: UInt = #line
  )
    throws -> (BuildAnswer, BuildAnswer)
  {
    let directory = try place ?? TemporaryDirectory("packc-e2e")
    let one = try Site("one", in: directory, isolated: isolated)
    let other = try Site("a user's second home", in: directory, isolated: isolated)
    let first = try build(files, one, "alpha", umask: "022", ["TZ": "UTC", "LANG": "C"], file: file, line: line)
    // Files of the second project are younger, and the lock comes with it.
    let lock = String(decoding: try FileSystem.read(directory / "alpha/packc.lock"), as: UTF8.self)
    let second = try build(
      files.merging(["packc.lock": lock]) { $1 }, other, "Other Place/beta-β", umask: "077",
      ["TZ": "Asia/Kathmandu", "LANG": "tr_TR.UTF-8", "LC_ALL": "tr_TR.UTF-8", "USER": "somebody"], file: file,
      line: line)
    return (first, second)
  }

  private static func build(
    _ files: [String: String], _ site: Site, _ place: String, umask: String, _ environment: [String: String],
    file: StaticString, line: UInt
  ) throws -> BuildAnswer {
    let project = try site.write(files, to: place)
    var command = try site.command(["build", project.description, "--json"], environment: environment)
    command.argv = ["/bin/sh", "-c", "umask \(umask); exec \"$@\"", "sh"] + command.argv
    command.keep = 16 << 20
    let result = try ProcessRunner().run(command)
    XCTAssertTrue(result.succeeded, result.errorText, file: file, line: line)
    return BuildAnswer(json: try JSONParser.parse(result.output, name: "the answer"), log: result.errorText)
  }

  static func assertSame(
    _ pair: (BuildAnswer, BuildAnswer), file: StaticString = #filePath, line: UInt = #line
  ) {
    XCTAssertNotNil(pair.0.image, file: file, line: line)
    XCTAssertEqual(pair.0.diffIDs, pair.1.diffIDs, file: file, line: line)
    XCTAssertEqual(pair.0.image, pair.1.image, file: file, line: line)
    XCTAssertNotNil(pair.0.initrd, file: file, line: line)
    XCTAssertEqual(pair.0.initrd, pair.1.initrd, file: file, line: line)
    XCTAssertEqual(pair.0.json["contract"], pair.1.json["contract"], file: file, line: line)
  }

  func testC() throws { Self.assertSame(try Self.twice(Projects.c, isolated: true)) }
  func testGo() throws { Self.assertSame(try Self.twice(Projects.go)) }
  func testRust() throws {
    try RustProjectTests.requireCargo()
    Self.assertSame(try Self.twice(Projects.rust, isolated: true))
  }
  func testFlask() throws { Self.assertSame(try Self.twice(Projects.flask)) }
}

/// The same with cold caches of the languages' tools, and with the examples.
final class SameBytesSlowTests: XCTestCase {
  func testGoWithColdCaches() throws {
    SameBytesTests.assertSame(try SameBytesTests.twice(Projects.go, isolated: true))
  }
  func testFlaskWithColdCaches() throws {
    SameBytesTests.assertSame(try SameBytesTests.twice(Projects.flask, isolated: true))
  }

  func testTheExamples() throws {
    let examples = Repository.root / "examples"
    // Beside the projects lie examples of packs, and a page about them.
    let projects = try DirectoryWalk.names(in: examples).map { examples / HostPath(bytes: $0) }
      .filter { FileSystem.isDirectory($0) && $0.name != "packs" }
    XCTAssertGreaterThan(projects.count, 2)
    for example in projects {
      var files: [String: String] = [:]
      try DirectoryWalk.walk(example) { entry in
        if [".packc", "out"].contains(entry.path.name) { return .skip }
        if entry.status.kind == .file, entry.path.name != "packc.lock" {
          files[entry.path.description] = String(decoding: try FileSystem.read(example / entry.path), as: UTF8.self)
        }
        return .take
      }
      SameBytesTests.assertSame(try SameBytesTests.twice(files))
    }
  }
}
