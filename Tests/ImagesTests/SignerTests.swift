import Contract
import PackCore
import TestSupport
import XCTest

@testable import Images
@testable import OCI

final class SignerTests: XCTestCase {
  private func key(_ pem: String = TestKeys.ed25519) throws -> SigningKey {
    try SigningKey(pem: Array(pem.utf8), name: "key")
  }

  private func check(_ image: LocatedImage, _ keys: SigningKey...) throws -> SignatureCheck {
    try SignatureCheck(
      image.source, digest: image.source.root().descriptor.digest,
      signers: keys.enumerated().map { .init(name: "key \($0.offset)", key: $0.element.publicKey) })
  }

  func testASignatureLiesBesideTheImageAndChangesNothingOfIt() throws {
    let place = try Workplace()
    let descriptor = try place.image("shop:1")
    let image = try place.locator.locate("shop:1")
    let outcome = try ImageSigner(place.locator, key: key()).sign(image)
    XCTAssertEqual(outcome.image, descriptor.digest)
    XCTAssertEqual(try SchemaCheck("image.schema.json", definition: "signed").problems(outcome.json), [])
    XCTAssertEqual(try place.locator.store.find("shop:1"), descriptor)
    XCTAssertEqual(try check(image, key()).signers, ["key 0"])
    XCTAssertEqual(try check(image, key(TestKeys.ecdsa)).signers, [])
    XCTAssertEqual(try check(image, key(TestKeys.ecdsa)).entries.map(\.status), [.unknownSigner])
    // Ed25519 twice is one signature.
    XCTAssertEqual(
      try ImageSigner(place.locator, key: key()).sign(image).signed.map(\.artifact), outcome.signed.map(\.artifact))
    XCTAssertEqual(try check(image, key()).entries.count, 1)
  }

  func testSignaturesGoWhereTheImageGoes() throws {
    let place = try Workplace()
    try place.image("shop:1")
    _ = try ImageSigner(place.locator, key: key(TestKeys.ecdsa)).sign(place.locator.locate("shop:1"))
    for target in ["oci:\(place / "layout"):one", "oci-archive:\(place / "a.tar"):one"] {
      _ = try place.transfer.copy("shop:1", to: target)
      XCTAssertEqual(try check(place.locator.locate(target), key(TestKeys.ecdsa)).signers, ["key 0"], target)
    }
    // A layout gets signatures of its own, and keeps its names.
    let layout = try place.locator.locate("oci:\(place / "layout"):one")
    _ = try ImageSigner(place.locator, key: key()).sign(layout)
    XCTAssertEqual(try check(layout, key(), key(TestKeys.ecdsa)).signers, ["key 0", "key 1"])
    XCTAssertEqual(try LayoutSource(layout: place / "layout").tags(), ["one"])
    XCTAssertEqual(try ImageVerifier.verify(layout.source).findings, [])
    XCTAssertThrowsError(
      try ImageSigner(place.locator, key: key()).sign(place.locator.locate("oci-archive:\(place / "a.tar"):one"))
    ) { XCTAssertEqual(($0 as? Failure)?.code, "cannot_attach") }
  }

  func testASignatureOfAnotherImageDoesNotCount() throws {
    let place = try Workplace()
    let one = try place.image("one:1")
    let two = try place.image("two:1", text: "other")
    // Somebody takes the signed statement about one and lays it beside two.
    let signed = try ImageSigner(place.locator, key: key()).sign(place.locator.locate("one:1"))
    let source = try place.locator.locate("one:1").source
    let artifact = try XCTUnwrap(signed.signed.first?.artifact)
    let referrer = try XCTUnwrap(source.referrers(of: one.digest).first { $0.digest == artifact })
    guard case .manifest(let manifest) = try source.document(referrer).content else { return XCTFail("no manifest") }
    let moved = try ArtifactBuilder.assemble(
      ArtifactDescription(artifactType: .signatureBundle, subject: two, layers: manifest.layers),
      store: place.locator.store.content)
    try place.locator.store.updateContents { $0.referrers.insert(moved.descriptor) }
    let found = try check(place.locator.locate("two:1"), key())
    XCTAssertEqual(found.entries.map(\.status), [.otherSubject])
    XCTAssertEqual(found.failure(needed: 1, of: [.init(name: "me", key: try key().publicKey)])?.exit, .gateFailed)
  }

  func testStatementsOfTheBuildAreSigned() throws {
    let place = try Workplace()
    let descriptor = try place.image("shop:1")
    XCTAssertThrowsError(try ImageSigner(place.locator, key: key()).attestStatements(place.locator.locate("shop:1"))) {
      XCTAssertEqual(($0 as? Failure)?.code, "nothing_to_attest")
    }
    let statement = Statement(
      subjects: [.init(name: "", digest: descriptor.digest)], predicateType: Statement.Predicate.provenance,
      predicate: ["x": 1])
    let artifact = try StatementArtifact.assemble(
      CanonicalJSON.encode(statement.json), predicateType: statement.predicateType, subject: descriptor,
      store: place.locator.store.content)
    try place.locator.store.updateContents { $0.referrers.insert(artifact.descriptor) }
    let outcome = try ImageSigner(place.locator, key: key()).attestStatements(place.locator.locate("shop:1"))
    XCTAssertEqual(outcome.signed.map(\.predicateType), [Statement.Predicate.provenance])
    let found = try check(place.locator.locate("shop:1"), key())
    XCTAssertEqual(found.verified.map { $0.statement?.predicate }, [["x": 1]])
  }
}
