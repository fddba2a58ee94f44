import Glibc
import PackCore
import TestSupport
import XCTest

/// The everyday commands on images, by the real binary.
final class ImageCommandTests: XCTestCase {
  /// A project with an image, built once. `built` is of the binary's own answer.
  private struct Fixture {
    let site: Site
    let project: HostPath
    let built: BuildAnswer
  }

  private func fixture() throws -> Fixture {
    let site = try Site()
    // A static program of a few bytes would do; any file that is executable and an ELF is copied from the machine.
    let program = try XCTUnwrap(PackcProcess.binary("guest-init").utf8)
    let project = try site.write(["unik.yaml": "version: 1\nname: shop\nartifact: {path: app}\n"], to: "shop")
    try FileSystem.copyFile(HostPath(program), to: project / "app", mode: 0o755)
    return Fixture(site: site, project: project, built: try site.build(project, "--no-unikernel"))
  }

  private func problems(_ result: PackcResult, _ definition: String) throws -> [String] {
    try SchemaCheck("image.schema.json", definition: definition).problems(result.json().value)
  }

  func testABuildIsListedInspectedExportedAndImported() throws {
    let fixture = try fixture()
    let (site, project) = (fixture.site, fixture.project)
    let digest = try XCTUnwrap(fixture.built.image)
    let list = try site.packc("image", "list", "--json").run().expect(exit: .done)
    XCTAssertEqual(try problems(list, "list"), [])
    XCTAssertEqual(try list.json().value["images"]?.array?.first?["digest"]?.string, digest)

    let inspect = try site.packc("image", "inspect", "--json").in(project).run().expect(exit: .done)
    XCTAssertEqual(try problems(inspect, "inspect"), [])
    XCTAssertEqual(try inspect.json().value["digest"]?.string, digest)
    XCTAssertEqual(try inspect.json().value["config"]?["entrypoint"]?.array, ["/app/app"])
    let large = try XCTUnwrap(inspect.json().value["contents"]?["largest"]?.array)
    XCTAssertTrue(
      large.contains { $0["path"]?.string == "/app/app" && $0["owner"]?["name"]?.string == "shop" }, "\(large)")
    let raw = try site.packc("image", "inspect", "shop", "--raw").run().expect(exit: .done)
    XCTAssertEqual(Digest(of: raw.result.output).description, digest)
    let config = try site.packc("image", "inspect", "shop", "--config").run().expect(exit: .done)
    XCTAssertEqual(Digest(of: config.result.output), try inspect.json().value["config"]?["digest"]?.digest)

    let export = try site.packc("image", "export", "--output", "shop.tar", "--json").in(project).run().expect(
      exit: .done)
    XCTAssertEqual(try problems(export, "transfer"), [])
    let other = try Site("other")
    let imported = try other.packc("image", "import", "\(project)/shop.tar", "--name", "x", "--json").run()
      .expect(exit: .done)
    XCTAssertEqual(try problems(imported, "transfer"), [])
    XCTAssertEqual(try imported.json().value["digest"]?.string, digest)
    let tag = try other.packc("image", "tag", "x", "y:1", "--json").run().expect(exit: .done)
    XCTAssertEqual(try problems(tag, "named"), [])
    let untag = try other.packc("image", "untag", "x", "y:1", "--json").run().expect(exit: .done)
    XCTAssertEqual(try problems(untag, "untag"), [])
    try other.packc("image", "list").run().expect(standardOutputContains: "no image yet")
    let index = try site.packc("image", "index", "create", "all", "shop", "--json").run().expect(exit: .done)
    XCTAssertEqual(try problems(index, "named"), [])

    try site.packc("image", "export", "shop", "--format", "rootfs", "--output", "\(project)/root").run()
      .expect(exit: .done)
    XCTAssertEqual(try FileSystem.digest(of: project / "root/app/app"), try FileSystem.digest(of: project / "app"))
    try site.packc("image", "export", "shop", "--format", "rootfs", "--output", "\(project)/root").run()
      .expect(exit: .badInput).expect(standardErrorContains: "has files in it")
  }

  /// Who owns what of the host is in no file of the image, and known elsewhere all the same.
  func testOwnersGoWhereTheImageGoes() throws {
    let fixture = try fixture()
    let other = try Site("other machine")
    func contents(_ site: Site, _ image: String) throws -> JSONValue? {
      try site.packc("image", "inspect", image, "--json").in(site.directory.path).run().expect(exit: .done).json()
        .value["contents"]
    }
    // The project's own name is not among what goes along.
    func ofTheHost(_ contents: JSONValue?) -> [JSONValue] {
      (contents?["owners"]?.array ?? []).filter { $0["owner"]?["kind"]?.string != "project" }
    }
    let here = try ofTheHost(contents(fixture.site, "shop"))
    XCTAssertTrue(here.contains { $0["owner"]?["kind"]?.string == "packc" }, "\(here)")
    for (flags, isKnown) in [(["--referrers"], true), ([], false)] {
      let file = other.directory / "shop-\(isKnown).tar"
      try fixture.site.packc(["image", "export", "shop", "--output", "\(file)"] + flags).run().expect(exit: .done)
      XCTAssertEqual(try ofTheHost(contents(other, "\(file)")) == here, isKnown)
    }
    // From another directory, the same artifact; nothing in it is of the host's places.
    let copy = try other.write(["unik.yaml": "version: 1\nname: shop\nartifact: {path: app}\n"], to: "elsewhere/shop")
    try FileSystem.copyFile(fixture.project / "app", to: copy / "app", mode: 0o755)
    let built = try other.build(copy, "--no-unikernel")
    func artifact(_ layout: HostPath) throws -> [UInt8] {
      let index = try JSONParser.parse(FileSystem.read(layout / "index.json"))
      let entry = try XCTUnwrap(
        index["manifests"]?.array?.first { $0["artifactType"]?.string == "application/vnd.packc.file-owners.v1" })
      let manifest = try FileSystem.read(layout / "blobs/sha256" / XCTUnwrap(entry["digest"]?.digest).hex)
      let layer = try XCTUnwrap(JSONParser.parse(manifest)["layers"]?.array?.first?["digest"]?.digest)
      return try manifest + FileSystem.read(layout / "blobs/sha256" / layer.hex)
    }
    let bytes = try artifact(built.layout)
    XCTAssertEqual(bytes, try artifact(fixture.built.layout))
    XCTAssertFalse(String(decoding: bytes, as: UTF8.self).contains("/tmp"))
  }

  /// Twice, under other circumstances each: umask, time zone, locale, directory, home.
  func testExportsAreTheSameBytesUnderOtherCircumstances() throws {
    let fixture = try fixture()
    let layout = "oci:\(fixture.built.layout)"
    let elsewhere = try Site("elsewhere with spaces")
    for format in ["oci-archive", "docker-archive"] {
      let one = try fixture.site.packc("image", "export", layout, "--format", format, "--output", "one").run()
      one.expect(exit: .done)
      try FileSystem.createDirectory(elsewhere.directory / "deep")
      let old = umask(0o077)
      let two = try elsewhere.packc("image", "export", layout, "--format", format, "--output", "-")
        .in(elsewhere.directory / "deep")
        .environment(["TZ": "Pacific/Kiritimati", "LC_ALL": "tr_TR.UTF-8", "USER": "other", "SOURCE_DATE_EPOCH": "7"])
        .run()
      umask(old)
      two.expect(exit: .done)
      XCTAssertEqual(
        Digest(of: two.result.output), try FileSystem.digest(of: fixture.site.directory / "one"), format)
    }
  }

  func testWrongUsageSaysWhatToDo() throws {
    let site = try Site()
    let empty = try site.write(["notes.txt": "x"], to: "empty")
    let rows: [([String], ExitCode, String)] = [
      (["image", "inspect"], .badInput, "packc build"), (["image", "export", "x"], .usage, "--output"),
      (["image", "export", "x", "--output", "y", "--format", "oci-arhive"], .usage, "oci-archive"),
      (["image", "inspect", "shop"], .badInput, "packc image list"),
      (["image", "inspect", "a b"], .usage, "NAME[:TAG]"), (["image", "import", "./nothing"], .badInput, "nothing"),
      (["image", "import", "nothere.tar"], .badInput, "there is no file"),
      (["image", "import", "dist/Nothere.tar.gz"], .badInput, "there is no file"),
      (["image", "inspect", "a.tgz"], .badInput, "there is no file"),
      (["image", "inspect", "a.tar:1"], .badInput, "packc image list"),
      (["image", "import", "notes.txt"], .badInput, "notes.txt"), (["image", "untag", "x"], .badInput, "x:latest"),
      (["image", "copy", "x"], .usage, "DESTINATION"),
      (["image", "inspect", "--raw", "--config"], .usage, "exclude each other"),
      (["image", "copy", "notes.txt", "oci:."], .badInput, "notes.txt"),
      (["image", "inspect", "x", "--platform", "linux"], .usage, "OS/ARCH"),
    ]
    for (arguments, exit, says) in rows {
      try site.packc(arguments).in(empty).run().expect(exit: exit).expect(standardErrorContains: says)
        .expect(standardOutput: "")
    }
    XCTAssertEqual(try DirectoryWalk.names(in: empty), [Array("notes.txt".utf8)])
  }
}
