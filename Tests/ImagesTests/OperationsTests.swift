import Glibc
import OCI
import PackCore
import TestSupport
import XCTest

@testable import Images

final class OperationsTests: XCTestCase {
  private func problems(_ json: JSONValue, _ definition: String) throws -> [String] {
    try SchemaCheck("image.schema.json", definition: definition).problems(json)
  }

  func testAListShowsNamesPlatformsAndWhatIsDamaged() throws {
    let place = try Workplace()
    XCTAssertTrue(try ImageListing(place.locator).text.contains("no image yet"))
    let shop = try place.image("shop:1")
    try place.image("arm:1", architecture: .arm64)
    _ = try ImageNames(place.locator, place.transfer).createIndex("both:1", of: ["shop:1", "arm:1"])
    let listing = try ImageListing(place.locator)
    XCTAssertEqual(listing.rows.map(\.name), ["arm:1", "both:1", "shop:1"])
    XCTAssertEqual(listing.rows.map(\.platforms), [["linux/arm64"], ["linux/amd64", "linux/arm64"], ["linux/amd64"]])
    XCTAssertEqual(listing.rows.map(\.created), ["1970-01-01T00:00:00Z", nil, "1970-01-01T00:00:00Z"])
    XCTAssertGreaterThan(listing.rows[1].size, listing.rows[0].size + listing.rows[2].size)
    XCTAssertEqual(try problems(listing.json, "list"), [])

    try FileSystem.removeFile(place.locator.store.content.path(of: shop.digest))
    let damaged = try ImageListing(place.locator)
    XCTAssertEqual(damaged.rows.map { $0.problem == nil }, [true, false, false])
    XCTAssertTrue(damaged.text.contains("damaged"))
    XCTAssertEqual(try problems(damaged.json, "list"), [])
  }

  func testNamesAreGivenAndTakenAway() throws {
    let place = try Workplace()
    let shop = try place.image("shop:1")
    let names = ImageNames(place.locator, place.transfer)
    XCTAssertEqual(try names.tag("shop:1", as: "registry.example/team/shop"), shop.digest)
    // By the digest's first digits, and by all of it.
    XCTAssertEqual(try names.tag(shop.digest.short, as: "short"), shop.digest)
    XCTAssertEqual(try names.tag(shop.digest.description, as: "long"), shop.digest)
    XCTAssertEqual(
      try place.locator.store.images().map(\.name),
      ["long:latest", "registry.example/team/shop:latest", "shop:1", "short:latest"])
    let failure = assertFailure("no_such_image") { try names.untag(["shop:1", "shrt"]) }
    XCTAssertTrue(failure?.message.contains("did you mean short:latest?") == true, failure?.message ?? "")
    XCTAssertEqual(try place.locator.store.images().count, 4, "all or none")
    XCTAssertEqual(try names.untag(["long", "short", "long"]).map(\.name), ["long:latest", "short:latest"])
    assertFailure("bad_name") { try names.tag("shop:1", as: shop.digest.description) }

    try place.image("other:1", text: "other")
    let digits = try place.locator.store.images().map(\.descriptor.digest.hex)
    XCTAssertFalse(digits[0].hasPrefix(digits[1].prefix(6)))
    assertFailure("no_such_image") { try place.locator.locate("abcdef0") }
  }

  func testAnIndexOfImagesIsTheSameInAnyOrderAndHasEachPlatformOnce() throws {
    let place = try Workplace()
    try place.image("a:1")
    try place.image("b:1", architecture: .arm64)
    let names = ImageNames(place.locator, place.transfer)
    let one = try names.createIndex("one", of: ["a:1", "b:1"])
    // One from a layout, one from the store, the other way round.
    _ = try place.transfer.copy("b:1", to: "oci:elsewhere:b")
    let two = try names.createIndex("two", of: ["oci:elsewhere:b", "a:1"])
    XCTAssertEqual(one.digest, two.digest)
    XCTAssertEqual(one.platforms, ["linux/amd64", "linux/arm64"])
    // Of an index, the images of it.
    XCTAssertEqual(try names.createIndex("three", of: ["one"]).digest, one.digest)
    assertFailure("same_platform") { try names.createIndex("four", of: ["one", "a:1"]) }
    XCTAssertNil(try place.locator.store.find("four:latest"))
    var transfer = place.transfer
    transfer.platform = try ImagePlatform(parsing: "linux/arm64")
    XCTAssertEqual(
      try transfer.copy("one", to: "arm").digest, try place.locator.store.find("b:1")?.digest)
  }

  func testAnImportHasAllOfItOrNoName() throws {
    let place = try Workplace()
    let shop = try place.image("shop:1")
    let export = ImageExport(place.locator, place.transfer)
    _ = try export.write("shop:1", as: .ociArchive, names: nil, to: place / "shop.tar")
    let other = try Workplace("packc-images-other")
    XCTAssertEqual(try other.transfer.importImage("\(place / "shop.tar")", name: nil).digest, shop.digest)
    XCTAssertEqual(try other.locator.store.images().map(\.name), ["shop:1"])
    XCTAssertEqual(try other.transfer.importImage("\(place / "shop.tar")", name: "x").digest, shop.digest)

    // A byte of each member's content, one after the other.
    let bytes = try FileSystem.read(place / "shop.tar")
    for position in stride(from: 3 * 512, to: bytes.count - 1024, by: bytes.count / 7) {
      var damaged = bytes
      damaged[position] ^= 0x10
      try FileSystem.writeAtomically(damaged, to: place / "damaged.tar")
      let third = try Workplace("packc-images-third")
      do {
        _ = try third.transfer.importImage("\(place / "damaged.tar")", name: "x")
        // Padding says nothing.
        XCTAssertEqual(try third.locator.store.find("x:latest")?.digest, shop.digest)
      } catch let failure as Failure {
        XCTAssertEqual(failure.exit, .badInput, "\(position): \(failure)")
        XCTAssertEqual(try third.locator.store.images().count, 0)
      }
    }
    // A layout whose only image has no name.
    let nameless = try LayoutDestination(layout: place / "nameless", tag: nil)
    try ImageCopy(from: place.locator.locate("shop:1").source, to: nameless).run()
    let failure = assertFailure("no_name") { try other.transfer.importImage("\(place / "nameless")", name: nil) }
    XCTAssertTrue(failure?.hint?.contains("--name") == true)
    XCTAssertEqual(try other.transfer.importImage("\(place / "nameless")", name: "n").digest, shop.digest)
    // Names that the store cannot have: the archive's tag alone would be one.
    assertFailure("bad_reference") { try other.transfer.importImage("\(place / "nameless")", name: "a b") }
  }

  func testWhatWasNotNamedIsTheProjectsOwn() throws {
    let place = try Workplace()
    let failure = assertFailure("no_image") { try place.locator.locate(nil) }
    XCTAssertTrue(failure?.hint?.contains("packc build") == true)
    let shop = try place.image("shop:1")
    _ = try place.transfer.copy("shop:1", to: "oci:.packc/image:shop")
    let own = try place.locator.locate(nil)
    XCTAssertEqual(try own.source.root().descriptor.digest, shop.digest)
    XCTAssertEqual(own.names, ["shop"])
    // A directory that has the name of an image by chance.
    try place.directory.makeDirectory("shop")
    try place.image("shop:latest", text: "latest")
    XCTAssertTrue(try place.locator.locate("shop").isStored)
    XCTAssertFalse(try place.locator.locate(".packc/image").isStored)
    assertFailure("no_image") { try place.locator.locate("./shop") }
    assertFailure("no_registry_access") { try place.locator.locate("docker://registry.example/shop:1") }
  }

  func testInspectShowsTheImageAndItsLayers() throws {
    let place = try Workplace()
    let shop = try place.image("shop:1")
    let inspection = try ImageInspection(place.locator.locate("shop:1"), platform: nil)
    XCTAssertEqual(try problems(inspection.json, "inspect"), [])
    XCTAssertEqual(inspection.json["digest"]?.digest, shop.digest)
    XCTAssertEqual(inspection.layers.map(\.role), [.runtime, .application])
    for says in [
      "platform    linux/amd64", "entrypoint  /usr/bin/app", "arguments   --all", "env         PORT=8080",
      "fact        elf.nx=true  (proven, closed)", "label       dev.packc.mode=release", "application",
    ] {
      XCTAssertTrue(inspection.text.contains(says), "\(says)\n\(inspection.text)")
    }
    try place.image("arm:1", architecture: .arm64)
    _ = try ImageNames(place.locator, place.transfer).createIndex("both", of: ["shop:1", "arm:1"])
    let arm = try ImageInspection(
      place.locator.locate("both"), platform: ImagePlatform(parsing: "linux/arm64"))
    XCTAssertEqual(arm.json["platform"]?.string, "linux/arm64")
    XCTAssertEqual(arm.json["index"]?["platforms"]?.array?.count, 2)
    XCTAssertEqual(try problems(arm.json, "inspect"), [])
  }

  /// Escape sequences and line breaks in labels are not a terminal's to act on.
  func testInspectDisarmsWhatOthersWrote() throws {
    let place = try Workplace()
    var description = ImageDescription(platform: .host, entrypoint: ["/a"])
    description.labels = ["evil": "\u{1b}]0;title\u{7}\u{1b}[2Jname\nfact  forged=true"]
    let image = try ImageBuilder.assemble(description, layers: [], store: place.locator.store.content)
    try place.locator.store.update { $0["evil:1"] = image.descriptor }
    let text = try ImageInspection(place.locator.locate("evil:1"), platform: nil).text
    XCTAssertFalse(text.contains("\u{1b}"))
    XCTAssertFalse(text.split(separator: "\n").contains { $0.hasPrefix("fact") })
  }

  func testExportsAreTheSameBytesWhoeverWritesThem() throws {
    let place = try Workplace()
    try place.image("shop:1", compression: .zstd(level: 3))
    for format in [ImageExport.Format.ociArchive, .dockerArchive] {
      let export = ImageExport(place.locator, place.transfer)
      let path = place / "one-\(format.rawValue)"
      _ = try export.write("shop:1", as: format, names: nil, to: path)
      let first = try FileSystem.read(path)
      let old = umask(0o077)
      defer { umask(old) }
      _ = try export.write("shop:1", as: format, names: nil, to: place / "deeper/two")
      XCTAssertEqual(try FileSystem.read(place / "deeper/two"), first, "\(format)")
      XCTAssertEqual(try FileSystem.status(place / "deeper/two")?.mode, 0o644)
      // And into a pipe.
      var streamed: [UInt8] = []
      _ = try export.stream("shop:1", as: format, names: nil) { streamed += $0 }
      XCTAssertEqual(streamed, first, "\(format)")
      XCTAssertEqual(try DirectoryWalk.names(in: place.locator.temporary), [])
    }
    assertFailure("not_a_file") {
      try ImageExport(place.locator, place.transfer).write(
        "shop:1", as: .ociArchive, names: nil, to: place.directory.path)
    }
    try place.directory.write("x", to: "mine/file")
    assertFailure("not_an_image_layout") {
      try ImageExport(place.locator, place.transfer).write("shop:1", as: .directory, names: nil, to: place / "mine")
    }
  }
}
