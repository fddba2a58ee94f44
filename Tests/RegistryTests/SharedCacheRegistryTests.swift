import PackCore
import TestSupport
import XCTest

/// `packc build --cache-from oci://…` and `--cache-to`, by the real binary and Debian's registry.
final class SharedCacheRegistryTests: XCTestCase {
  private let project = [
    "main.c": "int main(void) { return 7; }\n",
    "unik.yaml": """
    version: 1
    name: seven
    build: {command: "cc -O1 -o seven main.c"}
    artifact: {path: seven}

    """,
  ]

  /// A machine: a home with caches and a state of its own, and a checkout.
  private func build(_ machine: TemporaryDirectory, _ flags: [String]) throws -> PackcResult {
    for (name, text) in project { try machine.write(text, to: "checkout/\(name)") }
    return try PackcProcess(arguments: ["build", "\(machine / "checkout")", "--no-unikernel", "--json"] + flags)
      .sandbox(machine).run()
  }

  func testResultsTravelThroughARegistry() throws {
    let registry = try DebianRegistry()
    defer { registry.stop() }
    let place = "oci://\(registry.host)/team/cache"
    let keys = try TemporaryDirectory()
    try keys.write(TestKeys.ecdsa, to: "writer.pem")
    try keys.write(TestKeys.ecdsaPublic, to: "writer.pub")
    try keys.write(TestKeys.ed25519Public, to: "other.pub")
    let machines = try (0..<6).map { _ in try TemporaryDirectory() }
    func answer(_ index: Int, _ flags: String...) throws -> (image: String?, step: JSONValue?, said: String) {
      let result = try build(machines[index], flags)
      result.expect(exit: .done)
      let json = try result.json().value
      return (json["image"]?["digest"]?.string, json["steps"]?.array?.last, result.standardError)
    }
    let made = try answer(0, "--cache-to", place, "--cache-sign-key", "\(keys / "writer.pem")")
    XCTAssertEqual(made.step?["status"], "ran")
    let taken = try answer(1, "--cache-from", place, "--cache-key", "\(keys / "writer.pub")")
    XCTAssertEqual(taken.step?["status"], "reused", taken.said)
    XCTAssertTrue(taken.step?["reason"]?.string?.hasPrefix("taken from \(place), signed by ") == true)
    XCTAssertEqual(taken.image, made.image)
    // Another key, and none at all.
    let refused = try answer(2, "--cache-from", place, "--cache-key", "\(keys / "other.pub")")
    XCTAssertEqual(refused.step?["status"], "ran")
    XCTAssertTrue(refused.said.contains("signed by none of the keys"), refused.said)
    let open = try answer(3, "--cache-from", place)
    XCTAssertEqual(open.step?["status"], "ran")
    XCTAssertTrue(open.said.contains("nothing is taken from \(place)"), open.said)
    XCTAssertEqual(open.image, made.image)
    // A registry whose files somebody changed: the largest one holds the outputs, cut and with one other byte.
    let blobs = registry.directory / "data/docker/registry/v2/blobs"
    var largest: (path: HostPath, size: Int64)?
    for entry in try DirectoryWalk.sortedByPath(blobs) where entry.status.kind == .file {
      if entry.status.size > largest?.size ?? 0 { largest = (blobs / entry.path, entry.status.size) }
    }
    let blob = try XCTUnwrap(largest?.path)
    let bytes = try FileSystem.read(blob)
    for (index, damaged) in [bytes.dropLast(20), bytes.dropLast() + [bytes[bytes.count - 1] ^ 1]].enumerated() {
      try FileSystem.writeAtomically(Array(damaged), to: blob)
      let own = try answer(4 + index, "--cache-from", place, "--cache-key", "\(keys / "writer.pub")")
      XCTAssertEqual(own.step?["status"], "ran", own.said)
      XCTAssertTrue(own.said.contains("is not used: "), own.said)
      XCTAssertEqual(own.image, made.image)
    }
  }
}
