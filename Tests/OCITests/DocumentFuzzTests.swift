import PackCore
import TestSupport
import XCTest

@testable import OCI

/// Manifests, indexes, configs and whole layouts that are nearly right: documents, or refused as bad input.
final class DocumentFuzzTests: XCTestCase {
  private static let digest = "sha256:" + String(repeating: "0a", count: 32)

  private static let seeds: [(MediaType, String)] = [
    (
      .imageManifest,
      """
      {"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"application/x",\
      "config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"\(digest)","size":2},"layers":[\
      {"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"\(digest)","size":9223372036854775807,\
      "annotations":{"a":"\\ud83d\\ude00"}}],"subject":{"mediaType":"application/vnd.oci.image.manifest.v1+json",\
      "digest":"\(digest)","size":3},"annotations":{"x":"y"}}
      """
    ),
    (
      .imageIndex,
      """
      {"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":\
      "application/vnd.oci.image.manifest.v1+json","digest":"\(digest)","size":7,"platform":{"architecture":"arm",\
      "os":"linux","variant":"v7"},"annotations":{"org.opencontainers.image.ref.name":"t"}}]}
      """
    ),
    (
      .dockerManifest,
      """
      {"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","config":{"mediaType":\
      "application/vnd.docker.container.image.v1+json","size":7,"digest":"\(digest)"},"layers":[{"mediaType":\
      "application/vnd.docker.image.rootfs.diff.tar.gzip","size":1,"digest":"\(digest)","urls":["http://x/"]}]}
      """
    ),
    (
      .imageConfig,
      """
      {"created":"2020-01-01T00:00:00Z","architecture":"amd64","os":"linux","config":{"User":"1:2","ExposedPorts":\
      {"80/tcp":{}},"Env":["A=b"],"Entrypoint":["/a"],"Cmd":["-x"],"WorkingDir":"/","Labels":{"a":"b"},"StopSignal":\
      "SIGTERM"},"rootfs":{"type":"layers","diff_ids":["\(digest)"]},"history":[{"created":"x","created_by":"y",\
      "empty_layer":true}]}
      """
    ),
  ]

  /// Values that parsers trip over, put in the place of others.
  private static let tokens = [
    "null", "-1", "1e999", "18446744073709551616", "[]", "{}", "\"\"", "[[[[[[[[", "{\"a\":", "\"sha256:\"", "true",
    "0.5",
    "\"\\ud800\"", "\"layers\":[],", "\"manifests\":[],", "\u{feff}", "\"schemaVersion\":2,", "\"../../x\"",
  ]

  private func mutate(_ text: String, _ random: inout SeededRandom) -> [UInt8] {
    var bytes = Array(text.utf8)
    for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
      let place = Int.random(in: 0..<bytes.count, using: &random)
      let end = min(place + Int.random(in: 1...30, using: &random), bytes.count)
      let token = Array((Self.tokens.randomElement(using: &random) ?? "").utf8)
      switch Int.random(in: 0..<6, using: &random) {
      case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
      case 1: bytes.removeSubrange(place..<end)
      case 2: bytes.insert(contentsOf: token, at: place)
      case 3: bytes.replaceSubrange(place..<end, with: token)
      case 4: bytes.insert(contentsOf: bytes[place..<end], at: place)
      default: replaceValue(&bytes, place, token)
      }
    }
    return bytes
  }

  /// The value after the next colon.
  private func replaceValue(_ bytes: inout [UInt8], _ place: Int, _ token: [UInt8]) {
    guard let colon = bytes[place...].firstIndex(of: UInt8(ascii: ":")),
      let end = bytes[(colon + 1)...].firstIndex(where: { ",}]".utf8.contains($0) })
    else { return }
    bytes.replaceSubrange((colon + 1)..<end, with: token)
  }

  func testMutatedDocumentsAreReadOrRefused() throws {
    let seed = Fuzzing.seed(31)
    var random = SeededRandom(seed: seed)
    var readable = 0
    for round in 0..<Fuzzing.rounds(3000) {
      let (mediaType, text) = Self.seeds[round % Self.seeds.count]
      let bytes = mutate(text, &random)
      do {
        if mediaType == .imageConfig {
          let config = try ImageConfig(JSONReader(JSONParser.parse(bytes)))
          XCTAssertEqual(try ImageConfig(JSONReader(config.json)), config, "round \(round) of seed \(seed)")
        } else {
          let document = try ImageDocument(bytes, mediaType: mediaType, name: "fuzz")
          XCTAssertEqual(document.bytes, bytes)
          try roundTrip(document, "round \(round) of seed \(seed)")
        }
        readable += 1
      } catch let failure as Failure {
        XCTAssertEqual(failure.exit, .badInput, "round \(round) of seed \(seed): \(failure)")
      }
    }
    XCTAssertGreaterThan(readable, 30)
  }

  /// What packc writes of a document says the same.
  private func roundTrip(_ document: ImageDocument, _ note: String) throws {
    switch document.content {
    case .manifest(let manifest):
      XCTAssertEqual(try ImageManifest(JSONReader(manifest.json), as: manifest.mediaType), manifest, note)
    case .index(let index): XCTAssertEqual(try ImageIndex(JSONReader(index.json), as: index.mediaType), index, note)
    }
  }

  func testRandomBytesAreNoDocuments() throws {
    let seed = Fuzzing.seed(32)
    var random = SeededRandom(seed: seed)
    for round in 0..<Fuzzing.rounds(500) {
      let bytes = random.bytes(Int.random(in: 0...300, using: &random))
      for type in [MediaType.imageManifest, .imageIndex, .dockerManifestList] {
        let note = "round \(round) of seed \(seed)"
        do {
          _ = try ImageDocument(bytes, mediaType: type, name: "fuzz")
          XCTFail("\(note): nothing was thrown")
        } catch let failure as Failure {
          // A digit alone is JSON, and no document.
          XCTAssertTrue(["bad_json", "json_not_utf8", "damaged_image"].contains(failure.code), "\(note): \(failure)")
          XCTAssertEqual(failure.exit, .badInput, note)
        }
      }
    }
  }
}
