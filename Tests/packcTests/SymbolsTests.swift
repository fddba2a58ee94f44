import Glibc
import PackCore
import TestSupport
import XCTest

/// A program of a release image crashes; what was stripped from it is found and says where.
final class SymbolsTests: XCTestCase {
  private static let crashing: [String: String] = [
    "crash.c": """
    #include <execinfo.h>
    #include <signal.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <unistd.h>

    __attribute__((noinline)) static int broken(volatile int *place) {
      *place = 7;
      return *place + 1;
    }
    __attribute__((noinline)) static int trace(void) {
      void *frames[16];
      backtrace_symbols_fd(frames, backtrace(frames, 16), 2);
      return 3;
    }
    int main(int count, char **words) {
      int sum = count;
      if (count > 1 && strcmp(words[1], "null") == 0)
        sum += broken(0);
      if (count > 1 && strcmp(words[1], "trace") == 0)
        sum += trace();
      printf("%d\\n", sum);
      return 0;
    }

    """,
    "Makefile": "crash: crash.c\n\t$(CC) -O1 -g -o $@ $<\n",
    "unik.yaml": "version: 1\nname: crash\nbuild: {command: make}\nartifact: {path: crash}\n",
  ]

  private struct Fixture {
    let site: Site
    let project: HostPath
    let built: BuildAnswer
    /// The program as it is in the image.
    let program: HostPath
  }
  private nonisolated(unsafe) static var made: Fixture?

  private func fixture() throws -> Fixture {
    if let made = Self.made { return made }
    let site = try Site()
    let project = try site.write(Self.crashing, to: "crash project")
    let built = try site.build(project, "--no-unikernel")
    XCTAssertEqual(try SchemaCheck("build.schema.json").problems(built.json), [])
    let made = Fixture(
      site: site, project: project, built: built,
      program: try Self.unpack(built, "app/crash", below: site.directory.path))
    Self.made = made
    return made
  }
  override class func tearDown() { made = nil }

  private static func unpack(_ built: BuildAnswer, _ name: String, below directory: HostPath) throws -> HostPath {
    let place = directory / "root"
    try FileSystem.createDirectory(place)
    let layer = try XCTUnwrap(built.layers.last)
    _ = try Tools.output("bsdtar", ["-xf", "\(built.blob(layer))", "-C", "\(place)", name])
    return place / name
  }

  private func symbols(_ fixture: Fixture, _ arguments: [String], image: String? = nil) throws -> PackcResult {
    var call = fixture.site.packc(["image", "symbols", image ?? fixture.built.ref] + arguments)
    call.timeout = 60
    return try call.run()
  }

  private func json(_ fixture: Fixture, _ arguments: [String], image: String? = nil) throws -> JSONValue {
    let answer = try symbols(fixture, arguments + ["--json"], image: image).expect(exit: .done).json().value
    XCTAssertEqual(try SchemaCheck("symbols.schema.json").problems(answer), [])
    return answer
  }

  /// What the program writes to standard error when it is run on this machine.
  private func run(_ program: HostPath, _ argument: String) throws -> CommandResult {
    try Tools.run("\(program)", [argument])
  }

  func testACoreDumpLeadsToTheLine() throws {
    let fixture = try fixture()
    let pattern = String(decoding: try FileSystem.read("/proc/sys/kernel/core_pattern"), as: UTF8.self)
    guard !pattern.contains("|"), !pattern.contains("/") else {
      throw XCTSkip("the kernel hands core dumps to a program here (kernel.core_pattern)")
    }
    let place = try fixture.site.directory.makeDirectory("dump")
    _ = try Tools.run(
      "sh", ["-c", "ulimit -c unlimited; \"$1\" null; true", "sh", "\(fixture.program)"], in: place)
    let core = place / HostPath(bytes: try XCTUnwrap(DirectoryWalk.names(in: place).first))
    let output = fixture.site.directory / "debug files"
    let answer = try json(fixture, ["--core", "\(core)", "--output", "\(output)"])
    XCTAssertEqual(answer["core"]?["signal"], .integer(Int64(SIGSEGV)))
    XCTAssertEqual(answer["core"]?["modules"]?.array?.first?["match"], "build-id")
    let stop = answer["core"]?["threads"]?.array?.first?["lines"]?.array?.first
    XCTAssertEqual(stop?["function"], "broken")
    XCTAssertEqual(stop?["file"], "/packc/source/crash.c")
    XCTAssertEqual(stop?["line"], 9)

    // The file that was written, asked by another tool.
    let file = HostPath(try XCTUnwrap(answer["symbols"]?.array?.first?["file"]?.string))
    XCTAssertEqual(file.relative(to: output)?.components.first.map { Array($0) }, Array(".build-id".utf8))
    let address = try XCTUnwrap(answer["core"]?["threads"]?.array?.first?["address"]?.string)
    XCTAssertEqual(
      try Tools.output("eu-addr2line", ["-f", "-e", "\(file)", address]), "broken\n/packc/source/crash.c:9:10\n")
    let text = try symbols(fixture, ["--core", "\(core)"]).expect(exit: .done)
    text.expect(standardOutputContains: "stopped in broken at /packc/source/crash.c:9")

    // A core of another program names both.
    let other = try Site()
    let elsewhere = try other.write(
      Self.crashing.merging(["Makefile": "crash: crash.c\n\t$(CC) -O2 -g -o $@ $<\n"]) { $1 }, to: "other")
    let built = try other.build(elsewhere, "--no-unikernel")
    let own = try XCTUnwrap(answer["symbols"]?.array?.first?["build_id"]?.string)
    let theirs = try other.packc("image", "symbols", built.ref, "--json").run().json().value["symbols"]?.array?.first
    try other.packc("image", "symbols", built.ref, "--core", "\(core)").run().expect(exit: .badInput)
      .expect(standardErrorContains: own).expect(standardErrorContains: theirs?["build_id"]?.string ?? "none")
  }

  func testATraceGetsItsLines() throws {
    let fixture = try fixture()
    let trace = try run(fixture.program, "trace")
    XCTAssertTrue(trace.errorText.contains("crash(+0x"), trace.errorText)
    var call = fixture.site.packc("image", "symbols", fixture.built.ref, "--trace", "-", "--json")
    call.input = trace.errorOutput
    let answer = try call.run().expect(exit: .done).json().value
    XCTAssertEqual(try SchemaCheck("symbols.schema.json").problems(answer), [])
    let frames = answer["trace"]?["frames"]?.array ?? []
    let own = frames.filter { $0["match"] == "path" }.compactMap { $0["lines"]?.array?.last }
    XCTAssertEqual(own.prefix(2).map { $0["function"] }, ["trace", "main"])
    XCTAssertEqual(own.prefix(2).map { $0["line"] }, [14, 22])
    XCTAssertTrue(frames.contains { $0["match"] == "none" }, "the C library's frames belong to nobody here")

    // Functions by name, as the kernel writes them, and the kernel's own line of a fault.
    let file = try fixture.site.directory.write(
      "broken+0x0/0x10\nno_such_function+0x1/0x2\n", to: "kernel trace")
    try symbols(fixture, ["--trace", "\(file)"]).expect(exit: .done)
      .expect(standardOutputContains: "has no function no_such_function")
    try symbols(fixture, ["--trace", "\(try fixture.site.directory.write("nothing\n", to: "no trace"))"])
      .expect(exit: .badInput).expect(standardErrorContains: "no address")
  }

  func testSymbolsGoWhereTheImageGoes() throws {
    let fixture = try fixture()
    let list = { (image: String) in try self.json(fixture, [], image: image)["symbols"] }
    let expected = try list(fixture.built.ref)
    XCTAssertEqual(expected?.array?.count, 1)
    XCTAssertEqual(expected?.array?.first?["path"], "/app/crash")
    XCTAssertEqual(try list("crash"), expected, "the store")
    let copy = fixture.site.directory / "copy"
    for target in ["oci:\(copy):x", "oci-archive:\(copy).tar:x"] {
      try fixture.site.packc("image", "copy", fixture.built.ref, target).run().expect(exit: .done)
      XCTAssertEqual(try list(target), expected, target)
    }
    // Other tools see the image by its tag and nothing else.
    let reference = String(fixture.built.ref.dropFirst("oci:".count))
    XCTAssertEqual(
      try Tools.output("skopeo", ["inspect", "--format", "{{.Digest}}", fixture.built.ref]),
      try XCTUnwrap(fixture.built.image) + "\n")
    _ = try Tools.output("umoci", ["stat", "--image", reference])
    try fixture.site.packc("image", "copy", "--no-referrers", fixture.built.ref, "oci:\(copy)2:x").run()
      .expect(exit: .done)
    try symbols(fixture, [], image: "oci:\(copy)2:x").expect(exit: .badInput)
      .expect(standardErrorContains: "no debug symbols lie beside")
  }

  /// An export is for other tools, some of which take every manifest of a layout for an image.
  func testAnExportHasTheSymbolsOnlyWhenTheyAreWanted() throws {
    let fixture = try fixture()
    let place = try TemporaryDirectory("x")
    let storage = ["--root", "\(place / "s")", "--runroot", "\(place / "r")", "--storage-driver", "vfs"]
    for (format, reference) in [("oci-archive", "oci-archive:\(place / "e.tar")"), ("dir", "oci:\(place / "e")")] {
      let output = "\(place / (format == "dir" ? "e" : "e.tar"))"
      try fixture.site.packc("image", "export", fixture.built.ref, "--format", format, "--output", output).run()
        .expect(exit: .done)
      // Without a tag.
      XCTAssertEqual(
        try Tools.output("skopeo", ["inspect", "--format", "{{.Digest}}", reference]),
        try XCTUnwrap(fixture.built.image) + "\n", format)
      try symbols(fixture, [], image: reference).expect(exit: .badInput)
        .expect(standardErrorContains: "no debug symbols lie beside")
    }
    _ = try Tools.output(
      "podman", storage + ["load", "-q", "-i", "\(place / "e.tar")"], environment: ["HOME": "\(place / "home")"])
    for target in ["with.tar", "with"] {
      let format = target == "with" ? "dir" : "oci-archive"
      try fixture.site.packc(
        "image", "export", fixture.built.ref, "--referrers", "--format", format, "--output", "\(place / target)"
      ).run().expect(exit: .done)
      XCTAssertEqual(
        try json(fixture, [], image: "\(place / target)")["symbols"]?.array?.count, 1, target)
    }
  }

  func testTheSameProjectElsewhereHasTheSameSymbols() throws {
    let fixture = try fixture()
    let site = try Site()
    let project = try site.write(Self.crashing, to: "another/place/of it")
    let built = try site.build(project, "--no-unikernel")
    XCTAssertEqual(built.image, fixture.built.image)
    XCTAssertEqual(built.json["image"]?["symbols"], fixture.built.json["image"]?["symbols"])
    XCTAssertNotNil(built.json["image"]?["symbols"]?["digest"])
  }

  func testDebugImagesAndThoseWithoutSymbolsSayWhy() throws {
    let site = try Site()
    let project = try site.write(Self.crashing, to: "crash")
    let debug = try site.build(project, "--debug", "--no-unikernel")
    XCTAssertNil(debug.json["image"]?["symbols"])
    try site.packc("image", "symbols", debug.ref).run().expect(exit: .badInput)
      .expect(standardErrorContains: "built with --debug")
    let without = try site.build(project, "--no-debug-symbols", "--no-unikernel")
    XCTAssertNil(without.json["image"]?["symbols"])
    try site.packc("image", "symbols", without.ref).run().expect(exit: .badInput)
      .expect(standardErrorContains: "no debug symbols")
    try site.packc("image", "symbols", without.ref, "--core", "/x", "--trace", "-").run().expect(exit: .usage)
  }

  /// Go's programs have no build-id, as packc builds them: the first page says whose core it is.
  func testAGoProgramIsFoundByItsHeaders() throws {
    let site = try Site()
    let project = try site.write(
      [
        "go.mod": "module example.com/crash\n\ngo 1.22\n",
        "main.go": """
        package main

        import "os"

        type box struct{ value int }

        //go:noinline
        func broken(b *box) int {
        \treturn b.value
        }

        func main() {
        \tvar b *box
        \tif len(os.Args) < 2 {
        \t\tb = &box{1}
        \t}
        \tprintln(broken(b))
        }

        """,
      ], to: "go")
    let built = try site.build(project, "--no-unikernel")
    let program = try Self.unpack(built, "app/crash", below: site.directory.path)
    let place = try site.directory.makeDirectory("dump")
    let ended = try Tools.run(
      "sh", ["-c", "ulimit -c unlimited; GOTRACEBACK=crash \"$1\" x; true", "sh", "\(program)"], in: place)
    // The line with `pc=` of a fault; the frames below it name their lines themselves.
    let fault = ended.errorText.split(separator: "\n").first { $0.contains("pc=0x") } ?? ""
    let trace = try site.directory.write("\(fault)\n", to: "trace")
    let lines = try site.packc("image", "symbols", built.ref, "--trace", "\(trace)", "--json").run()
      .expect(exit: .done).json().value
    let frame = lines["trace"]?["frames"]?.array?.first
    XCTAssertEqual(frame?["match"], "only-program")
    XCTAssertEqual(frame?["lines"]?.array?.first?["function"], "main.broken")

    guard let name = try DirectoryWalk.names(in: place).first else { return }
    let core = try site.packc("image", "symbols", built.ref, "--core", "\(place / HostPath(bytes: name))", "--json")
      .run().expect(exit: .done).json().value
    XCTAssertEqual(try SchemaCheck("symbols.schema.json").problems(core), [])
    XCTAssertEqual(core["core"]?["modules"]?.array?.first?["match"], "headers")
    XCTAssertEqual(core["symbols"]?.array?.first?["source"], "digest")
  }
}
