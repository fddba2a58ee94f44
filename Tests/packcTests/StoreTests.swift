import Glibc
import PackCore
import TestSupport
import XCTest

/// The store as people meet it: names of builds, blobs that projects share, `image gc`, a cache that was tampered with.
final class StoreTests: XCTestCase {
  private func store(_ site: Site, _ digest: JSONValue?) -> HostPath {
    site.cache / "store/blobs/sha256" / (digest?.digest?.hex ?? "none")
  }

  private func inode(_ path: HostPath) throws -> UInt64? { try FileSystem.status(path)?.inode }

  func testABuildHasANameInTheStore() throws {
    let site = try Site()
    let project = try Tiny.write(site, to: "p")
    let built = try site.build(project, "--no-unikernel")
    XCTAssertEqual(built.json["image"]?["name"]?.string, "tiny:latest")
    XCTAssertEqual(SchemaProblems.of(built.json), [])
    for (tag, name) in [("shop:1.2", "shop:1.2"), ("shop", "shop:latest"), ("V1", "tiny:V1")] {
      XCTAssertEqual(
        try site.build(project, "--no-unikernel", "--tag", tag).json["image"]?["name"]?.string, name, tag)
    }
    XCTAssertEqual(
      try StoreCheck.names(site.cache).map(\.0), ["shop:1.2", "shop:latest", "tiny:V1", "tiny:latest"])
    XCTAssertEqual(Set(try StoreCheck.names(site.cache).map(\.1.description)), [built.image])
    let odd = try site.packc("build", "\(project)", "--no-unikernel", "--tag", "a+b").run().expect(exit: .done)
    odd.expect(standardErrorContains: "names the image in")
    try StoreCheck.assertWhole(site.cache)
    try StoreCheck.assertTidy(site.cache)
  }

  func testANoOpTouchesNoNameAndGivesALostOneBack() throws {
    let site = try Site()
    let project = try Tiny.write(site, to: "p")
    usleep(100_000)
    let built = try site.build(project, "--no-unikernel")
    let index = site.cache / "store/index.json"
    let before = try FileSystem.status(index)
    func isNoOp() throws -> Bool {
      try site.packc("build", "\(project)", "--no-unikernel").run().expect(exit: .done).standardOutput
        .contains("nothing changed")
    }
    XCTAssertTrue(try isNoOp())
    XCTAssertEqual(try FileSystem.status(index), before)
    // The name, a blob, the store, all of the cache.
    let losses = [index, store(site, built.layers.first?["digest"]), site.cache / "store", site.cache / "layers"]
    for lost in losses {
      try FileSystem.removeTree(lost)
      if lost != site.cache / "layers" { XCTAssertFalse(try isNoOp(), "\(lost)") }
      XCTAssertTrue(try isNoOp(), "\(lost)")
      XCTAssertEqual(try StoreCheck.names(site.cache).map(\.0), ["tiny:latest"], "\(lost)")
      XCTAssertEqual(try StoreCheck.assertOneBuild(project / ".packc"), built.image)
      try StoreCheck.assertWhole(site.cache, "\(lost)")
    }
  }

  func testProjectsShareTheLayersThatAreTheSame() throws {
    let site = try Site()
    let (one, two) = (try Tiny.write(site, to: "a", text: "one"), try Tiny.write(site, to: "b", text: "two"))
    usleep(100_000)
    let (first, second) = (try site.build(one, "--no-unikernel"), try site.build(two, "--no-unikernel"))
    XCTAssertNotEqual(first.image, second.image)
    let shared = Set(first.layers.map { $0["digest"] }).intersection(second.layers.map { $0["digest"] })
    XCTAssertEqual(shared.count, 1)
    for layer in first.layers where shared.contains(layer["digest"]) {
      XCTAssertEqual(try inode(first.blob(layer)), try inode(store(site, layer["digest"])))
      XCTAssertEqual(try inode(first.blob(layer)), try inode(second.blob(layer)))
    }
    // The further name of the file is no change of the first project's output.
    try site.packc("build", "\(one)", "--no-unikernel").run().expect(standardOutputContains: "nothing changed")
  }

  func testTheCollectorFreesWhatHasNoName() throws {
    let site = try Site()
    let project = try Tiny.write(site, to: "p", text: "old")
    let old = try site.build(project, "--no-unikernel")
    try site.directory.write("then", to: "p/note.txt")
    let before = try site.build(project, "--no-unikernel")
    try site.directory.write("new", to: "p/note.txt")
    let new = try site.build(project, "--no-unikernel")
    func collect(_ flags: String...) throws -> JSONValue {
      let result = try site.packc(["image", "gc", "--json"] + flags).run().expect(exit: .done)
      let json = try result.json().value
      XCTAssertEqual(try SchemaCheck("image-gc.schema.json").problems(json), [])
      return json
    }
    XCTAssertEqual(try collect()["removed"]?["blobs"], nil, "within a day")
    let foreseen = try collect("--grace", "0", "--keep", "0", "--dry-run")
    let done = try collect("--grace", "0", "--keep", "0")
    XCTAssertEqual(foreseen["removed"], done["removed"])
    XCTAssertEqual(done["kept"]?["images"], 1)
    XCTAssertFalse(FileSystem.exists(store(site, old.json["image"]?["manifest"])))
    XCTAssertTrue(FileSystem.exists(store(site, new.json["image"]?["manifest"])))
    XCTAssertTrue(FileSystem.exists(store(site, before.json["image"]?["manifest"])), "image diff compares with it")
    try StoreCheck.assertWhole(site.cache)
    try StoreCheck.assertTidy(site.cache)
    XCTAssertEqual(try StoreCheck.assertOneBuild(project / ".packc"), new.image, "the output has names of its own")
    XCTAssertEqual(try site.build(project, "--no-unikernel").image, new.image)
    // As good as empty, and still the build's.
    _ = try collect("--max-size", "0")
    XCTAssertEqual(try site.build(project, "--no-unikernel", "--no-cache").image, new.image)
    for wrong in [["--max-size", "ten"], ["--max-size=-1"], ["--grace", "-1"], ["--keep", "x"], ["DIR"]] {
      try site.packc(["image", "gc"] + wrong).run().expect(exit: .usage).expect(standardErrorContains: "next: ")
    }
  }

  func testLeftoversOfKilledOnesGoAndThoseOfLivingOnesStay() throws {
    let site = try Site()
    for place in ["work/build.dead/lock", "store/staging/blob.dead", "store/leases/use.dead", "steps/.staged.dead/x"] {
      try FileSystem.createDirectory((site.cache / HostPath(place)).parent)
      try FileSystem.writeAtomically([1, 2, 3], to: site.cache / HostPath(place))
    }
    try FileSystem.createDirectory(site.cache / "run/oci.dead/usr")
    try FileSystem.createDirectory(site.cache / "run/oci.living/usr")
    let living = try Descriptor.open(site.cache / "run/oci.living")
    XCTAssertEqual(flock(living.raw, LOCK_EX), 0)
    let json = try site.packc("image", "gc", "--json").run().expect(exit: .done).json().value
    XCTAssertEqual(json["removed"]?["leftovers"]?["count"], 4)
    for place in ["work", "store/staging", "store/leases", "steps"] {
      XCTAssertEqual(try DirectoryWalk.names(in: site.cache / HostPath(place)), [], place)
    }
    XCTAssertEqual(try DirectoryWalk.names(in: site.cache / "run"), [Array("oci.living".utf8)])
    _ = living
  }

  func testACacheThatMayNotBeWrittenIsSaid() throws {
    guard Tools.isRoot else { throw XCTSkip("needs root to mount a read-only cache") }
    let site = try Site()
    let project = try Tiny.write(site, to: "p")
    _ = try site.build(project, "--no-unikernel")
    try site.directory.write("changed", to: "p/note.txt")
    for arguments in [["build", "\(project)", "--no-unikernel"], ["image", "gc"]] {
      var command = try site.command(arguments)
      command.argv =
        [
          "/usr/bin/unshare", "-m", "/bin/sh", "-c",
          "mount --bind \"$0\" \"$0\" && mount -o remount,ro,bind \"$0\" && exec \"$@\"", "\(site.home)/cache",
        ] + command.argv
      let result = try ProcessRunner().run(command)
      XCTAssertEqual(result.end, .exited(ExitCode.notPermitted.rawValue), result.errorText)
      XCTAssertTrue(result.errorText.contains("Read-only file system"), result.errorText)
      XCTAssertTrue(result.errorText.contains("next: "), result.errorText)
    }
  }
}

private enum SchemaProblems {
  static func of(_ json: JSONValue) -> [String] {
    (try? SchemaCheck("build.schema.json").problems(json)) ?? ["no schema"]
  }
}
