internal import Glibc
internal import TestSupport
import XCTest

@testable import PackCore

final class RootFilesystemTests: XCTestCase {
  private func path(_ text: String) throws -> RootPath { try XCTUnwrap(RootPath(text), text) }

  private func file(
    _ name: String, _ text: String = "x", mode: UInt32 = 0o644, layer: LayerRole = .application, origin: String = "test"
  ) throws -> RootFilesystem.Entry {
    .init(path: try path(name), content: .bytes(Array(text.utf8)), mode: mode, layer: layer, origin: origin)
  }
  private func link(_ name: String, _ target: String, layer: LayerRole = .runtime) throws -> RootFilesystem.Entry {
    .init(path: try path(name), content: .link(Array(target.utf8)), mode: 0o777, layer: layer, origin: "test")
  }
  private func directory(_ name: String, mode: UInt32 = 0o755, uid: UInt32 = 0, layer: LayerRole = .application) throws
    -> RootFilesystem.Entry
  {
    .init(path: try path(name), content: .directory, mode: mode, uid: uid, layer: layer, origin: "test")
  }
  private func root(_ entries: RootFilesystem.Entry...) throws -> RootFilesystem {
    var root = RootFilesystem()
    for entry in entries { try root.insert(entry) }
    return root
  }
  private func names(_ root: RootFilesystem) -> [String] { root.entries.map(\.path.description) }

  func testParentsAreMadeAndAllIsSortedByBytes() throws {
    let root = try root(file("b/c/d"), file("a-b"), file("a/b"), file("Z"))
    XCTAssertEqual(names(root), ["Z", "a", "a-b", "a/b", "b", "b/c", "b/c/d"])
    XCTAssertEqual(root[try path("b/c")]?.mode, 0o755)
    XCTAssertTrue(root[try path("b")]?.isDirectory ?? false)
    XCTAssertEqual(root.count, 7)
  }

  func testPathsAreNormalisedThroughLinks() throws {
    let root = try root(
      link("lib", "usr/lib"), link("usr/lib64", "lib"), link("abs", "/usr"), link("usr/up", "../etc"),
      file("lib/a"), file("usr/lib64/b"), file("abs/lib/c"), file("usr/up/d"))
    for name in ["usr/lib/a", "usr/lib/b", "usr/lib/c", "etc/d"] { XCTAssertNotNil(root[try path(name)], name) }
    XCTAssertFalse(names(root).contains { $0.hasPrefix("lib/") || $0.hasPrefix("abs/") || $0.hasPrefix("usr/up/") })
    XCTAssertEqual(try root.resolve(try path("lib/a")), try path("usr/lib/a"))
    XCTAssertEqual(try root.normalized(try path("lib")), try path("lib"), "the last component stays")
    XCTAssertEqual(try root.resolve(try path("lib")), try path("usr/lib"))
  }

  func testLinksCannotLeaveTheRootNorLoop() throws {
    let root = try root(link("out", "../../../../etc"), file("out/passwd"), link("x", "y"), link("y", "x"))
    XCTAssertNotNil(root[try path("etc/passwd")])
    var copy = root
    assertFailure("link_loop", exit: .badInput) { try copy.insert(file("x/a")) }
  }

  func testADirectoryOverALinkIsTheDirectoryBehindIt() throws {
    let root = try root(link("var/run", "/run"), directory("var/run", mode: 0o700, uid: 5))
    XCTAssertEqual(names(root), ["run", "var", "var/run"])
    XCTAssertEqual(root[try path("run")]?.mode, 0o700)
    XCTAssertEqual(root[try path("run")]?.uid, 5)
    if case .link? = root[try path("var/run")]?.content {} else { XCTFail("the link is gone") }
  }

  func testConflicts() throws {
    let cases: [(String, RootFilesystem.Entry, RootFilesystem.Entry)] = [
      ("content", try file("a", "1", origin: "one"), try file("a", "2", origin: "two")),
      ("mode", try file("a"), try file("a", mode: 0o755)),
      ("file over directory", try file("a/b"), try file("a")),
      ("directory over file", try file("a"), try directory("a")),
      ("file as parent", try file("a"), try file("a/b")),
      ("link over directory", try file("a/b"), try link("a", "c")),
      ("another target", try link("a", "b"), try link("a", "c")),
      ("file over link", try link("a", "b"), try file("a")),
    ]
    for (name, first, second) in cases {
      var root = try root(first)
      let before = names(root)
      let failure = assertFailure("path_conflict", exit: .badInput, name) { try root.insert(second) }
      XCTAssertTrue(failure?.message.contains("/a") ?? false, name)
      XCTAssertEqual(names(root), before, name)
    }
    var root = try root(file("a", "1", origin: "one"))
    let failure = assertFailure("path_conflict") { try root.insert(file("a", "2", origin: "two")) }
    XCTAssertEqual(failure?.message.contains("one and two"), true, "both sides are named")
  }

  func testTheSameTwiceIsNoConflict() throws {
    let disk = try TemporaryDirectory()
    func host(_ name: String, _ text: String) throws -> RootFilesystem.Entry {
      let file = try disk.write(text, to: name)
      let status = try XCTUnwrap(FileSystem.status(file))
      return .init(path: try path("a"), content: .host(file, status), mode: 0o644, layer: .runtime, origin: name)
    }
    let root = try root(
      file("a", "same", origin: "first"), file("a", "same"), host("1", "same"), link("l", "a"), link("l", "a"))
    XCTAssertEqual(root[try path("a")]?.origin, "first")
    var onDisk = try self.root(host("2", "same"), host("3", "same"), file("a", "same"))
    XCTAssertEqual(onDisk.count, 1)
    assertFailure("path_conflict") { try onDisk.insert(host("4", "else")) }
    assertFailure("path_conflict") { try onDisk.insert(file("a", "else")) }
  }

  func testADeclaredDirectoryWinsWhicheverComesFirst() throws {
    let declared = try directory("data", mode: 0o755, uid: 65532)
    for root in [try root(declared, file("data/x")), try root(file("data/x"), declared)] {
      XCTAssertEqual(root[try path("data")]?.uid, 65532)
    }
    let sticky = try directory("tmp", mode: 0o1777)
    for root in [try root(sticky, directory("tmp")), try root(directory("tmp"), sticky)] {
      XCTAssertEqual(root[try path("tmp")]?.mode, 0o1777)
    }
  }

  func testLayersAreDisjointAndCarryTheirParents() throws {
    let root = try root(
      file("usr/lib/libc.so", layer: .runtime), file("usr/lib/python3/site/x.py", layer: .dependencies),
      file("srv/app.py", layer: .application), file("usr/lib/plugin.so", layer: .application),
      directory("usr", mode: 0o711, layer: .application))
    let layers = root.layers()
    XCTAssertEqual(layers.map(\.role), [.runtime, .dependencies, .application])
    XCTAssertEqual(layers[0].entries.map(\.path.description), ["usr", "usr/lib", "usr/lib/libc.so"])
    XCTAssertEqual(
      layers[1].entries.map(\.path.description),
      ["usr", "usr/lib", "usr/lib/python3", "usr/lib/python3/site", "usr/lib/python3/site/x.py"])
    XCTAssertEqual(
      layers[2].entries.map(\.path.description), ["srv", "srv/app.py", "usr", "usr/lib", "usr/lib/plugin.so"])
    for layer in layers { XCTAssertEqual(layer.entries.first { $0.path.name == "usr" }?.mode, 0o711) }
    let files = layers.flatMap { $0.entries.filter { !$0.isDirectory }.map(\.path) }
    XCTAssertEqual(files.count, Set(files).count, "no file in two layers")
    XCTAssertEqual(RootFilesystem().layers().count, 0)
  }

  /// The order of insertion is nobody's business as long as links come first.
  func testOrderOfInsertionDoesNotShow() throws {
    var random = SeededRandom(seed: 99)
    let entries = try (0..<60).map { number in
      try file("d\(number % 7)/e\(number % 3)/f\(number)", layer: LayerRole.allCases[number % 3])
    }
    func listing(_ root: RootFilesystem) -> [String] {
      root.layers().flatMap { layer in layer.entries.map { "\(layer.role) \($0.path) \($0.mode)" } }
    }
    var reference = RootFilesystem()
    for entry in entries { try reference.insert(entry) }
    for _ in 0..<20 {
      var root = RootFilesystem()
      for entry in entries.shuffled(using: &random) { try root.insert(entry) }
      XCTAssertEqual(listing(root), listing(reference))
    }
  }

  func testReplacedContentAndSizes() throws {
    var root = try root(file("a", "12345"), link("l", "a"))
    XCTAssertEqual(root[try path("a")]?.size, 5)
    XCTAssertEqual(root[try path("l")]?.size, 0)
    root.replaceContent(of: try path("a"), with: .bytes([1]))
    XCTAssertEqual(root[try path("a")]?.size, 1)
  }

  /// Names of one host file become names of the first one in the order of bytes, where nothing else tells them apart.
  func testFilesThatAreOneOnTheHostAreLinked() throws {
    let disk = try TemporaryDirectory()
    let one = try disk.write("tool", to: "one")
    for name in ["two", "three", "four", "five"] {
      XCTAssertEqual(Glibc.link(one.description, (disk.path / name).description), 0)
    }
    let alone = try disk.write("tool", to: "alone")
    func host(_ file: HostPath, _ name: String, mode: UInt32 = 0o755, layer: LayerRole = .application) throws
      -> RootFilesystem.Entry
    {
      let status = try XCTUnwrap(FileSystem.status(file))
      return .init(path: try path(name), content: .host(file, status), mode: mode, layer: layer, origin: name)
    }
    var root = try self.root(
      host(disk.path / "two", "b/x"), host(one, "b-y"), host(disk.path / "three", "a", mode: 0o644),
      host(disk.path / "four", "z", layer: .runtime), host(alone, "c"), host(disk.path / "five", "excluded"))
    let groups = root.sameFiles { $0.origin != "excluded" }
    XCTAssertEqual(groups.map { $0.map(\.description) }, [["a", "b-y", "b/x", "z"]])
    var copy = root
    copy.link(groups)
    XCTAssertTrue(
      copy.entries.allSatisfy { if case .hardLink = $0.content { false } else { true } }, "a has another mode")
    root.link([[try path("b-y"), try path("b/x"), try path("z"), try path("c")]])
    guard case .hardLink(try path("b-y"))? = root[try path("b/x")]?.content else { return XCTFail("not linked") }
    XCTAssertEqual(root[try path("z")]?.isFile, true, "another layer")
    XCTAssertEqual(root[try path("c")]?.isFile, true, "another file")
    XCTAssertEqual(try root.holder(of: XCTUnwrap(root[path("b/x")])).path, try path("b-y"))
    let linked = try RootFilesystem.Entry(
      path: path("zz"), content: .hardLink(path("c")), mode: 0o755, layer: .application, origin: "test")
    try root.insert(linked)
    for (name, target) in [("k", "missing"), ("k", "b"), ("a0", "c"), ("y", "b/x")] {
      var wrong = linked
      wrong.path = try path(name)
      wrong.content = .hardLink(try path(target))
      assertFailure("bad_hard_link", exit: .badInput, "\(name) \(target)") { try root.insert(wrong) }
    }
  }

  func testWhatWasDeclaredIsKeptForFilesThatAreThere() throws {
    var root = try root(file("usr/bin/tool", mode: 0o755), link("bin", "usr/bin"), directory("srv"))
    let capabilities = try XCTUnwrap(FileCapabilities("cap_net_raw=p"))
    XCTAssertTrue(try root.declare(mode: 0o4755, of: path("bin/tool")))
    XCTAssertTrue(try root.declare(mode: 0o2775, of: path("srv")))
    XCTAssertTrue(try root.declare(capabilities, of: path("bin/tool")))
    XCTAssertFalse(try root.declare(capabilities, of: path("srv")))
    XCTAssertFalse(try root.declare(mode: 0o644, of: path("missing")))
    let tool = try XCTUnwrap(root[path("usr/bin/tool")])
    XCTAssertEqual(tool.mode, 0o4755)
    XCTAssertTrue(tool.hasDeclaredMode)
    XCTAssertEqual(tool.capabilities, capabilities)
    XCTAssertEqual(root[try path("srv")]?.mode, 0o2775)
  }
}
