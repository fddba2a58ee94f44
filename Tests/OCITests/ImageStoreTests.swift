import PackCore
import TestSupport
import XCTest

@testable import OCI

final class ImageStoreTests: XCTestCase {
  private func descriptor(_ text: String) -> BlobDescriptor {
    BlobDescriptor(mediaType: .imageManifest, digest: Digest(of: Array(text.utf8)), size: 4)
  }

  func testNamesAreKeptSortedAndRemoved() throws {
    let scratch = try Scratch()
    let store = try ImageStore(content: scratch.store)
    XCTAssertTrue(try store.images().isEmpty)
    try store.update {
      $0["shop:latest"] = self.descriptor("a")
      $0["localhost:5000/b:1"] = self.descriptor("b")
    }
    XCTAssertEqual(try store.images().map(\.name), ["localhost:5000/b:1", "shop:latest"])
    XCTAssertEqual(try store.find("shop:latest"), descriptor("a"))
    try store.update { $0["shop:latest"] = nil }
    XCTAssertNil(try store.find("shop:latest"))
  }

  func testThreadsLoseNoName() throws {
    let scratch = try Scratch()
    let store = try ImageStore(content: scratch.store)
    let threads = try (0..<16).map { number in
      try HostThread { [descriptor = descriptor("\(number)")] in try store.update { $0["n\(number):1"] = descriptor } }
    }
    for thread in threads { try thread.join() }
    XCTAssertEqual(try store.images().count, 16)
  }
}

extension ImageStoreTests {
  func testAListOfNamesThatCannotBeReadSaysHowToMendIt() throws {
    let descriptor = BlobDescriptor(mediaType: .imageManifest, digest: Digest(of: [1]), size: 4).json
    var named = descriptor.object ?? [:]
    named["annotations"] = [ImageTag.annotation: "a:1"]
    let twice = CanonicalJSON.string([
      "schemaVersion": 2, "manifests": [.object(named), .object(named)],
    ])
    let rows: [(String, String, String)] = [
      ("index.json", "{", "JSON"), ("index.json", "[]", "object"), ("index.json", "", "a value is expected"),
      ("index.json", #"{"schemaVersion":3,"manifests":[]}"#, "3 is not between 2 and 2"),
      ("index.json", twice, "two images have the name a:1"),
      ("index.json", String(repeating: " ", count: 5 << 20), "limit"),
      ("oci-layout", #"{"imageLayoutVersion":"2.0.0"}"#, "version is 2.0.0"),
    ]
    for (file, text, says) in rows {
      let scratch = try Scratch()
      let store = try ImageStore(content: scratch.store)
      try store.update { $0["a:1"] = BlobDescriptor(mediaType: .imageManifest, digest: Digest(of: [1]), size: 4) }
      let path = scratch.store.root / file
      try FileSystem.writeAtomically(Array(text.utf8), to: path)
      for attempt in [{ _ = try store.images() }, { try store.update { $0["b:1"] = nil } }] {
        let failure = assertFailure("damaged_store", try attempt(), text)
        XCTAssertEqual(failure?.location?.path, (scratch.store.root / "index.json").description, text)
        XCTAssertTrue(failure?.hint?.contains("move the file away") == true, text)
        XCTAssertTrue(failure?.message.contains(says) == true, failure?.message ?? "")
      }
      XCTAssertEqual(try FileSystem.read(path), Array(text.utf8), "it is left as it was")
      // Mended as the hint says.
      try FileSystem.removeFile(scratch.store.root / "index.json")
      XCTAssertEqual(try store.images().count, 0, text)
    }
  }

  func testRandomDamageOfTheListNeverTraps() throws {
    let seed = Fuzzing.seed(5)
    var random = SeededRandom(seed: seed)
    let scratch = try Scratch()
    let store = try ImageStore(content: scratch.store)
    try store.update {
      $0["a:1"] = BlobDescriptor(mediaType: .imageManifest, digest: Digest(of: [1]), size: 4)
      $0["b:1"] = BlobDescriptor(mediaType: .imageIndex, digest: Digest(of: [2]), size: 9)
    }
    let path = scratch.store.root / "index.json"
    let good = try FileSystem.read(path)
    for round in 0..<Fuzzing.rounds(200) {
      var bytes = good
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0x20...0x7e, using: &random)
      }
      try FileSystem.writeAtomically(bytes, to: path, durable: false)
      do { _ = try store.images() } catch {
        XCTAssertEqual((error as? Failure)?.code, "damaged_store", "seed \(seed) round \(round): \(error)")
      }
    }
  }
}
