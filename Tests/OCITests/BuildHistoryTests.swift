import PackCore
import TestSupport
import XCTest

@testable import OCI

final class BuildHistoryTests: XCTestCase {
  private func build(_ name: String) -> BuildHistory.Build {
    BuildHistory.Build(
      name: "\(name):latest",
      manifest: BlobDescriptor(mediaType: .imageManifest, digest: Digest(of: Array(name.utf8)), size: 7),
      owners: OwnerRules(of: [(RootPath(literal: "a"), FileOwner(kind: .packc, name: "packc"))]),
      contract: ["facts": []])
  }

  func testItKeepsTheLastTwoImagesAndAnImageOnce() throws {
    let scratch = try TemporaryDirectory()
    let file = scratch / "builds"
    var history = BuildHistory(file: file)
    XCTAssertEqual(history.builds, [])
    for name in ["a", "b", "b", "c"] { try history.add(build(name)) }
    XCTAssertEqual(BuildHistory(file: file).builds, [build("c"), build("b")])
    try history.add(build("b"))
    XCTAssertEqual(BuildHistory(file: file).builds.map(\.name), ["b:latest", "c:latest"], "back to the one before")
  }

  func testATornFileIsNone() throws {
    let scratch = try TemporaryDirectory()
    var history = BuildHistory(file: scratch / "builds")
    try history.add(build("a"))
    let bytes = try FileSystem.read(scratch / "builds")
    for length in stride(from: 0, to: bytes.count, by: 13) {
      try scratch.write(Array(bytes.prefix(length)), to: "builds")
      XCTAssertEqual(BuildHistory(file: scratch / "builds").builds, [], "\(length) bytes")
    }
  }
}
