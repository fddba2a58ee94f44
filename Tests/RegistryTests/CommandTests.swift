import Glibc
import OCI
import PackCore
import TestSupport
import XCTest

@testable import Registry

/// `packc image push|pull|copy|login` as people run them, against a scripted registry.
final class CommandTests: XCTestCase {
  private func layout(_ image: RegistryImage, _ sandbox: TemporaryDirectory) throws -> String {
    let store = try ImageStore(content: ContentStore(root: sandbox / "other"))
    try ImageCopy(
      from: image.put(into: store, "x:1"), to: LayoutDestination(layout: sandbox / "layout", tag: "t")
    ).run()
    return "oci:\(sandbox / "layout"):t"
  }

  private func packc(_ sandbox: TemporaryDirectory, _ arguments: String...) -> PackcProcess {
    PackcProcess(arguments: arguments).sandbox(sandbox).environment(["DOCKER_CONFIG": "\(sandbox / "docker")"])
  }

  func testPushPullAndCopy() throws {
    let sandbox = try TemporaryDirectory()
    let image = try RegistryImage.whole()
    let from = try layout(image, sandbox)
    let schema = try (
      push: SchemaCheck("image.schema.json", definition: "push"),
      pull: SchemaCheck("image.schema.json", definition: "pull")
    )
    try withRegistry { registry in
      let push = try packc(sandbox, "image", "push", from, "\(registry.host)/team/shop:1", "--json").run().expect(
        exit: .done
      )
      .json().value
      XCTAssertEqual(schema.push.problems(push), [])
      XCTAssertEqual(push["blobs"], ["sent": 2, "mounted": 0, "present": 0])
      XCTAssertEqual(push["digest"]?.digest, image.document.descriptor.digest)
      let pull = try packc(sandbox, "image", "pull", "\(registry.host)/team/shop:1", "--json").run().expect(exit: .done)
        .json().value
      XCTAssertEqual(schema.pull.problems(pull), [])
      XCTAssertEqual(pull["blobs"], ["fetched": 2, "present": 0])
      XCTAssertEqual(pull["ref"], .string("\(registry.host)/team/shop:1"))
      registry.server.forget()
      try packc(sandbox, "image", "copy", "docker://\(registry.host)/team/shop:1", "\(registry.host)/team/shop:2").run()
        .expect(exit: .done)
      XCTAssertEqual(registry.manifest("team/shop", "2"), image.document.bytes)
      XCTAssertFalse(registry.server.lines.contains { $0.hasPrefix("GET") && $0.contains("/blobs/") })
      XCTAssertFalse(registry.server.lines.contains { $0.contains("/uploads/") })
      // The store's image of that name, without another word.
      try packc(sandbox, "image", "push", "\(registry.host)/team/shop:1").run().expect(exit: .done)
        .expect(standardOutputContains: "2 there already")
      // And to another repository of the registry that it came from.
      let mounted = try packc(
        sandbox, "image", "push", "\(registry.host)/team/shop:1", "\(registry.host)/other/shop:1", "--json"
      ).run().expect(exit: .done).json().value
      XCTAssertEqual(mounted["blobs"], ["sent": 0, "mounted": 2, "present": 0])
      let copied = try packc(
        sandbox, "image", "copy", "docker://\(registry.host)/team/shop:1", "\(registry.host)/third/shop:1", "--json"
      ).run().expect(exit: .done).json().value
      XCTAssertEqual(try SchemaCheck("image.schema.json", definition: "transfer").problems(copied), [])
      XCTAssertEqual(copied["mounted"], 2)
      XCTAssertEqual(copied["copied"], 0)
      XCTAssertEqual(copied["copied_bytes"], 0)
      try packc(sandbox, "image", "pull", "\(registry.host)/team/shop:3").run().expect(exit: .badInput)
        .expect(standardErrorContains: "its tags: 1, 2")
    }
  }

  /// As strict as an import: what no honest tool writes is refused, however right its digests are, and has no name.
  func testAPullRefusesHostileLayers() throws {
    let good = Digest(of: [1])
    let rows: [(note: String, layer: [UInt8], diffID: Digest?, says: String)] = [
      ("a name that climbs", TarBuilder.make { $0.add("../escaped", content: [1]) }, nil, "climbs"),
      ("another diffID", TarBuilder.make { $0.add("file", content: [1]) }, good, "diff_id"),
      ("no archive", Array("<html>not found</html>".utf8), nil, "layer"),
      (
        "a file twice",
        TarBuilder.make {
          $0.add("file", content: [1])
          $0.add("./file", content: [2])
        }, nil, "twice"
      ),
    ]
    for row in rows {
      let sandbox = try TemporaryDirectory()
      let image = try RegistryImage(layer: row.layer, diffID: row.diffID)
      try withRegistry { registry in
        image.put(into: registry, "shop", "1")
        let result = try packc(sandbox, "image", "pull", "\(registry.host)/shop:1").run()
        result.expect(exit: .badInput).expect(standardErrorContains: row.says)
        try packc(sandbox, "image", "list").run().expect(standardOutputContains: "no image yet")
      }
    }
  }

  func testWhatIsMissingIsSaid() throws {
    let sandbox = try TemporaryDirectory()
    try packc(sandbox, "image", "push").run().expect(exit: .usage).expect(standardErrorContains: "HOST/REPOSITORY")
    try packc(sandbox, "image", "push", "shop").run().expect(exit: .usage).expect(standardErrorContains: "docker.io")
    try packc(sandbox, "image", "push", "localhost:1/shop").run().expect(exit: .badInput)
      .expect(standardErrorContains: "packc build")
    try packc(sandbox, "image", "pull", "localhost:1/shop", "--insecure-registry", "http://x").run().expect(
      exit: .usage)
    try packc(sandbox, "image", "pull", "localhost:1/shop", "--cacert", "nowhere.pem").run().expect(exit: .usage)
      .expect(standardErrorContains: "nowhere.pem")
    try packc(sandbox, "image", "login", "localhost:1").run().expect(exit: .usage).expect(
      standardErrorContains: "-u USER")
    try packc(sandbox, "image", "login", "localhost:1", "-u", "me").run().expect(exit: .usage)
      .expect(standardErrorContains: "standard input")
  }

  func testAPasswordIsNeverShown() throws {
    let sandbox = try TemporaryDirectory()
    let secret = "sesame-4711"
    let encoded = Base64.encode(Array("me:\(secret)".utf8))
    func check(_ result: PackcResult) {
      for text in [secret, encoded] {
        XCTAssertFalse((result.standardOutput + result.standardError).contains(text), "\(result.call)")
      }
    }
    try withRegistry({ $0.token = ("me", secret) }) { registry in
      let image = try RegistryImage.whole()
      let from = try layout(image, sandbox)
      let push = packc(sandbox, "image", "push", from, "\(registry.host)/shop:1", "-v")
      let refused = try push.run().expect(exit: .notPermitted)
        .expect(standardErrorContains: "packc image login \(registry.host)")
      check(refused)
      check(
        try packc(sandbox, "image", "login", registry.host, "-u", "me", "-v").input(Array("wrong\n".utf8)).run()
          .expect(exit: .notPermitted))
      XCTAssertFalse(FileSystem.exists(sandbox / "docker/config.json"))
      let login = packc(sandbox, "image", "login", registry.host, "-u", "me", "--password-stdin", "-v", "--json")
      let result = try login.input(Array("\(secret)\n".utf8)).run().expect(exit: .done)
      check(result)
      XCTAssertEqual(try SchemaCheck("image.schema.json", definition: "login").problems(result.json().value), [])
      XCTAssertEqual(try FileSystem.status(sandbox / "docker/config.json")?.mode, 0o600)
      check(try push.run().expect(exit: .done))
      XCTAssertEqual(registry.manifest("shop", "1"), image.document.bytes)
      let logout = try packc(sandbox, "image", "logout", registry.host, "--json").run().expect(exit: .done)
      XCTAssertEqual(try SchemaCheck("image.schema.json", definition: "logout").problems(logout.json().value), [])
      check(try push.run().expect(exit: .notPermitted))
    }
  }
}
