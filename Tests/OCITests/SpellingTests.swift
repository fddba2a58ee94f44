import PackCore
import TestSupport
import XCTest

@testable import OCI

/// Documents that two readers would read differently: each is refused, whoever serves it.
final class SpellingTests: XCTestCase {
  private static let blob =
    #"{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"\#(Digest(of: []))","size":0"#

  private func manifest(_ text: String) throws -> ImageDocument {
    try ImageDocument(Array(text.utf8), mediaType: .imageManifest, name: "test")
  }

  func testManifests() throws {
    let blob = Self.blob + "}"
    XCTAssertNoThrow(try manifest(#"{"schemaVersion":2,"config":\#(blob),"layers":[]}"#))
    // What nobody knows nobody reads.
    XCTAssertNoThrow(try manifest(#"{"schemaVersion":2,"config":\#(blob),"layers":[],"Other":1,"other":2}"#))
    let rows = [
      (#"{"schemaVersion":2,"config":\#(blob),"layers":[\#(blob)],"layers":[]}"#, "\"layers\" stands twice"),
      (#"{"schemaVersion":2,"config":\#(blob),"layers":[],"Layers":[\#(blob)]}"#, "Layers"),
      (#"{"schemaVersion":2,"config":\#(blob),"layers":[],"layerſ":[\#(blob)]}"#, "layerſ"),
      (#"{"schemaVersion":2,"config":\#(Self.blob),"Digest":"x"},"layers":[]}"#, "Digest"),
      (#"{"schemaVersion":2,"config":\#(Self.blob),"size":1},"layers":[]}"#, "\"size\" stands twice"),
    ]
    for (text, says) in rows {
      do {
        _ = try manifest(text)
        XCTFail("read: \(text)")
      } catch let failure as Failure {
        XCTAssertEqual(failure.exit, .badInput, text)
        XCTAssertTrue(failure.message.contains(says), "\(says): \(failure)")
      }
    }
  }

  func testConfigs() throws {
    func config(_ inner: String) throws -> ImageConfig {
      let text = #"{"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":[]}\#(inner)}"#
      return try ImageConfig(JSONReader(JSONParser.parse(Array(text.utf8))))
    }
    XCTAssertEqual(try config(#","config":{"User":"1"},"Size":3"#).user, "1")
    // Labels are whatever people call them.
    XCTAssertEqual(try config(#","config":{"Labels":{"a":"1","A":"2"}}"#).labels.count, 2)
    for inner in [
      #","config":{"User":"1","User":"0"}"#, #","config":{"User":"1","user":"0"}"#, #","Config":{"User":"0"}"#,
      #","config":{"User":"1"},"config":{"User":"0"}"#, #","OS":"windows""#, #","Rootfs":{}"#,
    ] {
      assertFailure("bad_json", try config(inner))
    }
  }
}
