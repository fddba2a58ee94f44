import ELF
import PackCore
import XCTest

@testable import Contract

final class ELFFactsTests: XCTestCase {
  private var directory = HostPath("/tmp")

  override func setUpWithError() throws {
    directory = try FileSystem.createTemporaryDirectory(in: "/tmp", prefix: "packc-contract-tests")
  }
  override func tearDownWithError() throws { try FileSystem.removeTree(directory) }

  private func compile(_ name: String, _ flags: [String]) throws -> HostPath {
    let source = directory / "\(name).c"
    try FileSystem.writeAtomically(
      Array("#include <stdio.h>\nint main(void) { puts(\"hello\"); return 0; }\n".utf8), to: source, durable: false)
    let context = try HostContext.current()
    let result = try ProcessRunner().run(
      Command(
        [
          try XCTUnwrap(context.findTool("gcc")).description, "-g", "-o", (directory / name).description,
          source.description,
        ]
          + flags, environment: ["PATH": context.environment["PATH"] ?? ""], directory: directory, timeout: 60))
    XCTAssertTrue(result.succeeded, result.errorText)
    return directory / name
  }

  private func entry(_ path: String, _ file: HostPath, _ layer: LayerRole) throws -> RootFilesystem.Entry {
    RootFilesystem.Entry(
      path: try XCTUnwrap(RootPath(path)), content: .host(file, try XCTUnwrap(FileSystem.status(file))), mode: 0o755,
      layer: layer, origin: "test")
  }

  private func document(
    _ root: RootFilesystem, stripped: [RootPath: (before: Digest, after: Digest)] = [:],
    caveats: [SharedObjectClosure.Caveat] = []
  ) throws -> ContractDocument {
    try ContractDocument.build(
      ContractDocument.Input(
        root: root, diffIDs: [], mode: .release, stripped: stripped, user: 65532, group: 65532, caveats: caveats,
        toolVersion: "0"))
  }

  func testProjectFilesAreBoundToBothDigests() throws {
    let file = try compile("p", ["-pie", "-fPIE", "-Wl,-z,relro,-z,now", "-Wl,--build-id=sha1"])
    let result = try Strip.strip(file, to: directory / "s")
    var root = RootFilesystem()
    try root.insert(entry("app/p", directory / "s", .application))
    let path = RootPath(literal: "app/p")
    let document = try document(root, stripped: [path: (result.before, result.after)])
    let rows = [
      "type": ["DYN"], "linking": ["dynamic"], "interpreter": ["/lib64/ld-linux-x86-64.so.2"], "needed": ["libc.so.6"],
      "pie": ["true"], "relro": ["full"], "nx": ["true"], "wx": ["0"], "rpath": [], "runpath": [],
      "build-id": [try XCTUnwrap(result.buildID)],
    ]
    for (name, values) in rows {
      let fact = try XCTUnwrap(document["elf.\(name):/app/p"], name)
      XCTAssertEqual(fact.values, values, name)
      XCTAssertEqual(fact.closed, .closed, name)
      XCTAssertEqual(fact.level, .proven, name)
      XCTAssertEqual(fact.subject, [result.before, result.after], name)
      XCTAssertEqual(fact.evidence, [ContractFact.Evidence(path: "/app/p", sha256: result.after)], name)
    }
    let labels = document.labels
    XCTAssertEqual(labels["dev.packc.contract.elf.pie"], "true")
    XCTAssertEqual(labels["dev.packc.contract.elf.pie.closed"], "true")
    XCTAssertEqual(labels["dev.packc.contract.elf.needed.level"], "proven")
  }

  func testStaticFilesHaveNoHints() throws {
    var root = RootFilesystem()
    let file = try compile("p", ["-static"])
    try root.insert(entry("app/p", file, .application))
    let document = try document(root)
    for name in ["canary", "fortify"] {
      XCTAssertEqual(document["elf.\(name):/app/p"]?.closed, .unknown, name)
      XCTAssertEqual(document["elf.\(name):/app/p"]?.values, [], name)
    }
    XCTAssertEqual(document["elf.linking:/app/p"]?.values, ["static"])
    XCTAssertEqual(document["elf.needed:/app/p"]?.values, [])
    XCTAssertEqual(document["elf.needed:/app/p"]?.closed, .closed)
    XCTAssertEqual(document["elf.type:/app/p"]?.subject, [try FileSystem.digest(of: file)])
  }

  func testOtherLayersAreSummedUp() throws {
    var root = RootFilesystem()
    try root.insert(entry("usr/a", compile("a", ["-pie"]), .runtime))
    try root.insert(entry("usr/b", compile("b", ["-no-pie", "-Wl,-z,execstack"]), .runtime))
    let document = try document(root)
    XCTAssertEqual(document["elf.pie:runtime"]?.values, ["false=1", "true=1"])
    XCTAssertEqual(document["elf.pie:runtime"]?.kind, "elf-pie-summary")
    XCTAssertEqual(document["elf.files:runtime"]?.values, ["2"])
    XCTAssertEqual(document["elf.nx:runtime"]?.values, ["false=1", "true=1"])
    XCTAssertTrue(document["elf.nx:runtime"]?.caveats.last?.contains("/usr/b") == true)
    XCTAssertNil(document["elf.pie:/usr/a"])
    XCTAssertNil(document.labels["dev.packc.contract.elf.pie"])
  }

  func testDamagedAndUnloadableFilesAreListed() throws {
    var root = RootFilesystem()
    let bytes = Array(try FileSystem.read(compile("p", [])).prefix(700))
    try root.insert(
      RootFilesystem.Entry(
        path: RootPath(literal: "usr/cut"), content: .bytes(bytes), mode: 0o644, layer: .dependencies, origin: "test"))
    let caveat = SharedObjectClosure.Caveat(path: RootPath(literal: "usr/plugin.so"), text: "needs /somebody/lib.so")
    let document = try document(root, caveats: [caveat])
    XCTAssertEqual(document["elf.unusable"]?.values, ["/usr/cut", "/usr/plugin.so"])
    // What the host looks like is not in the document.
    XCTAssertFalse(CanonicalJSON.string(document.json).contains("somebody"))
  }
}
