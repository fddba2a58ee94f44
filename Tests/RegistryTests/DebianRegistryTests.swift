import OCI
import PackCore
import TestSupport
import XCTest

@testable import Registry

/// Against the registry that everybody runs, and beside skopeo.
final class DebianRegistryTests: XCTestCase {
  /// Push from a store, pull into another one, copy, referrers, and what skopeo says of it.
  private func goRound(
    _ registry: DebianRegistry, _ options: RegistryOptions, _ credential: Credential?, _ skopeo: [String]
  ) throws {
    let directory = try TemporaryDirectory()
    let image = try RegistryImage(layerBytes: 300_000)
    let note = try RegistryImage(layerBytes: 100, seed: 3, subject: image.document.descriptor)
    let store = try ImageStore(content: ContentStore(root: directory / "store"))
    let source = try image.put(into: store, "shop:1")
    for bytes in [note.layer, note.config, note.document.bytes] { try store.content.put(bytes) }
    try store.updateContents { $0.referrers.insert(note.document.descriptor) }

    let client = RegistryClient(host: registry.host, options: options) { _ in credential }
    func reference(_ text: String) throws -> RegistryReference {
      try XCTUnwrap(RegistryReference(parsing: "\(registry.host)/\(text)"))
    }
    func destination(_ text: String) throws -> RegistryDestination {
      RegistryDestination(client, try reference(text), scratch: directory / "scratch")
    }
    let first = try destination("team/shop:1")
    var push = ImageCopy(from: source, to: first)
    push.includesReferrers = true
    try push.run()
    XCTAssertEqual(first.tally.sent, 3, "the config is the same for both")
    XCTAssertEqual(first.tally.fallbackReferrers, 1)
    let mine = RegistrySource(client, try reference("team/shop:1"))
    XCTAssertEqual(
      try mine.referrers(of: image.document.descriptor.digest).map(\.digest), [note.document.descriptor.digest])

    let second = try destination("team/shop:2")
    try ImageCopy(from: mine, to: second).run()
    XCTAssertEqual(
      second.tally,
      {
        var tally = RegistryDestination.Tally(); tally.present = 2; return tally
      }())
    let third = try destination("other/shop:1")
    try ImageCopy(from: mine, to: third).run()
    XCTAssertEqual(third.tally.mounted, 2)

    let back = try ImageStore(content: ContentStore(root: directory / "back"))
    var pull = ImageCopy(
      from: RegistrySource(client, try reference("other/shop:1")), to: StoreDestination(back, name: "x"))
    pull.includesReferrers = true
    try pull.run()
    XCTAssertEqual(try FileSystem.read(back.content.path(of: Digest(of: image.layer))), image.layer)

    let raw = try Tools.output(
      "skopeo", ["inspect", "--raw"] + skopeo + ["docker://\(registry.host)/team/shop:2"])
    XCTAssertEqual(Array(raw.utf8), image.document.bytes)
  }

  func testPlain() throws {
    let registry = try DebianRegistry()
    defer { registry.stop() }
    try goRound(registry, .test, nil, ["--tls-verify=false"])
  }

  func testBasic() throws {
    let registry = try DebianRegistry(.init(basic: ("me", "sesame")))
    defer { registry.stop() }
    try goRound(
      registry, .test, Credential(username: "me", password: "sesame"), ["--tls-verify=false", "--creds", "me:sesame"])
    let wrong = RegistryClient(host: registry.host, options: .test) { _ in Credential(username: "me", password: "no") }
    let reference = try XCTUnwrap(RegistryReference(parsing: "\(registry.host)/team/shop:1"))
    assertFailure("registry_unauthorized", exit: .notPermitted) { try RegistrySource(wrong, reference).root() }
  }

  func testTLSWithAPrivateAuthority() throws {
    let registry = try DebianRegistry(.init(tls: true))
    defer { registry.stop() }
    var options = RegistryOptions.test
    options.authorities = [registry.authority]
    let certificates = try TemporaryDirectory()
    try certificates.write(try FileSystem.read(registry.authority), to: "\(registry.host)/ca.crt")
    try goRound(registry, options, nil, ["--cert-dir", "\(certificates / registry.host)"])

    // The same by the directory that docker looks into, and by SSL_CERT_FILE.
    options = .test
    options.certificateDirectories = [certificates.path]
    let reference = try XCTUnwrap(RegistryReference(parsing: "\(registry.host)/team/shop:1"))
    func root(_ options: RegistryOptions) throws -> ImageDocument {
      try RegistrySource(RegistryClient(host: registry.host, options: options) { _ in nil }, reference).root()
    }
    XCTAssertNoThrow(try root(options))
    options = .test
    options.systemFile = registry.authority
    XCTAssertNoThrow(try root(options))
    let failure = assertFailure("registry_certificate", exit: .notPermitted) { try root(.test) }
    XCTAssertTrue(failure?.hint?.contains("--cacert") ?? false)
  }

  func testSkopeoPushesWhatPackcPulls() throws {
    let registry = try DebianRegistry()
    defer { registry.stop() }
    let directory = try TemporaryDirectory()
    let image = try RegistryImage(layerBytes: 100_000)
    let layout = LayoutDestination.self
    let store = try ImageStore(content: ContentStore(root: directory / "store"))
    try ImageCopy(
      from: image.put(into: store, "shop:1"), to: layout.init(layout: directory / "layout", tag: "t")
    ).run()
    _ = try Tools.output(
      "skopeo",
      [
        "--insecure-policy", "copy", "--dest-tls-verify=false", "--format", "v2s2", "oci:\(directory / "layout"):t",
        "docker://\(registry.host)/from/skopeo:1",
      ], environment: ["TMPDIR": "\(directory.path)"])
    let client = RegistryClient(host: registry.host, options: .test) { _ in nil }
    let source = RegistrySource(
      client, try XCTUnwrap(RegistryReference(parsing: "\(registry.host)/from/skopeo:1")))
    let back = try ImageStore(content: ContentStore(root: directory / "back"))
    let summary = try ImageCopy(from: source, to: StoreDestination(back, name: "x")).run()
    XCTAssertEqual(summary.root.mediaType, .dockerManifest)
    XCTAssertEqual(summary.copied, 2)
  }
}
