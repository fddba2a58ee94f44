import PackCore
import TestSupport
import XCTest

/// `packc build --cache-from` and `--cache-to`, by the real binary: two machines are two homes with caches and states of
/// their own and two checkouts.
final class SharedCacheTests: XCTestCase {
  func testASecondMachineTakesTheResultsAndMakesTheSameImage() throws {
    let (first, second) = (try Site("first", isolated: true), try Site("second", isolated: true))
    let place = first.directory / "shared"
    try first.directory.write(TestKeys.ecdsa, to: "writer.pem")
    try first.directory.write(TestKeys.ecdsaPublic, to: "writer.pub")
    let key = (first.directory / "writer.pem").description
    let made = try first.build(
      first.write(Projects.c, to: "here/p"), "--no-unikernel", "--cache-to", place.description, "--cache-sign-key", key)
    XCTAssertEqual(Set(made.statuses.values), ["ran"])

    let checkout = try second.write(Projects.c, to: "another/checkout")
    let flags = [
      "build", checkout.description, "--no-unikernel", "--cache-from", place.description, "--cache-key",
      (first.directory / "writer.pub").description,
    ]
    let told = try second.packc(flags + ["--explain"]).run()
    told.expect(exit: .done)
    XCTAssertTrue(told.standardOutput.contains("reused (taken from \(place), signed by "), told.standardOutput)
    let taken = try second.build(checkout, "--no-unikernel")
    XCTAssertEqual(taken.image, made.image)
    XCTAssertEqual(Set(taken.statuses.values), ["reused"])

    // Nothing of the first machine is in what it left.
    for entry in try DirectoryWalk.sortedByPath(place) where entry.status.kind == .file {
      let bytes = String(decoding: try FileSystem.read(place / entry.path), as: UTF8.self)
      XCTAssertFalse(bytes.contains(first.mark), "\(entry.path)")
    }
  }

  func testFlagsThatSayNothingAreRefused() throws {
    let site = try Site()
    let project = try site.write(Projects.c, to: "p").description
    for flags in [
      ["--cache-unsigned"], ["--cache-from", "https://host.example/repo"],
      ["--cache-from", "oci://host.example/repo:tag"], ["--cache-to", "d", "--cache-key", "k"],
      ["--cache-from", "d", "--cache-sign-key", "k"],
    ] {
      try site.packc(["build", project] + flags).run().expect(exit: .usage)
    }
  }
}
