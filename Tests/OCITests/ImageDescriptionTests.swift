import PackCore
import XCTest

@testable import OCI

final class ImageDescriptionTests: XCTestCase {
  private let base = ImageDescription(platform: Platform(architecture: .amd64), entrypoint: ["/app"])
  private let bottom = Layer(
    role: .runtime, mediaType: .layerGzip, digest: Digest(of: [1]), diffID: Digest(of: [2]), size: 3)

  func testConfigIsSortedAndCarriesEverything() throws {
    var image = base
    image.entrypoint = ["/usr/bin/app", "--serve"]
    image.environment = ["PORT": "8080", "A": "1=2"]
    image.exposedPorts = ["9000/udp", "8080/tcp"]
    image.labels = ["b": "2", "a": "1"]
    image.stopSignal = "SIGTERM"
    image.epoch = 1_700_000_000
    let config = try image.config(layers: [bottom])
    XCTAssertEqual(
      CanonicalJSON.string(config.json),
      #"{"architecture":"amd64","config":{"Entrypoint":["/usr/bin/app","--serve"],"Env":["A=1=2","PORT=8080"],"#
        + #""ExposedPorts":{"8080/tcp":{},"9000/udp":{}},"Labels":{"a":"1","b":"2"},"StopSignal":"SIGTERM","#
        + #""User":"65532:65532","WorkingDir":"/"},"created":"2023-11-14T22:13:20Z","history":[{"created":"#
        + #""2023-11-14T22:13:20Z","created_by":"packc build: runtime"}],"os":"linux","rootfs":{"diff_ids":["\#(bottom.diffID)"],"#
        + #""type":"layers"}}"#)
    XCTAssertEqual(try ImageConfig(JSONReader(config.json)), config, "reads back")
  }

  func testImpossibleDescriptionsAreRefused() {
    let rows: [(String, (inout ImageDescription) -> Void)] = [
      ("no entrypoint", { $0.entrypoint = [] }), ("relative entrypoint", { $0.entrypoint = ["app"] }),
      ("relative directory", { $0.workingDirectory = "srv" }), ("no user", { $0.user = "" }),
      ("port without protocol", { $0.exposedPorts = ["8080"] }), ("port 0", { $0.exposedPorts = ["0/tcp"] }),
      ("port too large", { $0.exposedPorts = ["65536/tcp"] }), ("odd port", { $0.exposedPorts = ["+80/tcp"] }),
      ("empty name", { $0.environment = ["": "x"] }), ("name with =", { $0.environment = ["A=B": "x"] }),
      ("NUL", { $0.environment = ["A": "x\0y"] }), ("empty label", { $0.labels = ["": "x"] }),
      ("empty annotation", { $0.annotations = ["": "x"] }),
    ]
    for (what, change) in rows {
      var image = base
      change(&image)
      assertFailure("bad_image", try image.config(layers: []), what)
    }
    var image = base
    image.epoch = Timestamp.latest + 1
    assertFailure("bad_epoch", try image.config(layers: []))
  }

  func testTimestampsAgreeWithDate() throws {
    var generator = SeededGenerator(state: 5)
    var seconds: [Int64] = [
      0, 951_782_399, 951_782_400, 951_868_800, 4_107_542_399, 4_107_542_400, 1_709_164_800, Timestamp.latest,
    ]
    seconds += (0..<200).map { _ in Int64.random(in: 0...Timestamp.latest, using: &generator) }
    let input = Array(seconds.map { "@\($0)\n" }.joined().utf8)
    let dates = try Scratch.run(["date", "-u", "-f", "-", "+%Y-%m-%dT%H:%M:%SZ"], input: input).outputText
    XCTAssertEqual(seconds.map { Timestamp.rfc3339($0) }, dates.split(separator: "\n").map(String.init))
    XCTAssertNil(Timestamp.rfc3339(-1))
    XCTAssertNil(Timestamp.rfc3339(Timestamp.latest + 1))
  }

  func testTags() {
    for tag in ["shop", "shop:1.0", "registry.example/team/shop:v1.2-rc_1", "a--b", "A@b+c", "7"] {
      XCTAssertEqual(try ImageTag(tag).description, tag)
    }
    for tag in [
      "", "-shop", "shop-", "a..b", "a---b", "a b", "a//b", "/a", "ä", "a/", String(repeating: "a", count: 256),
    ] {
      XCTAssertEqual(assertFailure("bad_tag", try ImageTag(tag), tag)?.exit, .usage)
    }
  }

  func testMediaTypeThatDisagreesIsRefused() {
    let manifest = ImageManifest(config: BlobDescriptor(bottom), layers: [])
    for (field, value) in [("schemaVersion", JSONValue.integer(1)), ("mediaType", "application/json")] {
      var object = manifest.json.object ?? [:]
      object[field] = value
      assertFailure("bad_json", try ImageManifest(JSONReader(.object(object))), field)
    }
    assertFailure("bad_json", try ImageIndex(JSONReader(manifest.json)), "a manifest is no index")
  }
}
