import PackCore
import TestSupport
import XCTest

@testable import Contract

final class SignatureTests: XCTestCase {
  private static let keys = [
    (TestKeys.ecdsa, TestKeys.ecdsaPublic), (TestKeys.ed25519, TestKeys.ed25519Public),
  ]

  private func secret(_ pem: String) throws -> SigningKey { try SigningKey(pem: Array(pem.utf8), name: "key") }
  private func open(_ pem: String) throws -> PublicKey { try PublicKey(pem: Array(pem.utf8), name: "key") }

  private var statement: Statement {
    Statement(
      subjects: [.init(name: "", digest: Digest(of: [1]))], predicateType: Statement.Predicate.signature,
      predicate: Statement.Predicate.signed
    )
  }

  private func signed(_ key: SigningKey) throws -> SignedEnvelope {
    var envelope = statement.envelope
    try envelope.sign(with: key)
    return envelope
  }

  // MARK: Keys

  func testAKeySignsAndOnlyItsOwnPublicPartKnowsIt() throws {
    for (number, (pem, publicPEM)) in Self.keys.enumerated() {
      let key = try secret(pem)
      XCTAssertEqual(key.publicKey, try open(publicPEM))
      let bytes = Array("what is signed".utf8)
      let signature = try key.sign(bytes)
      XCTAssertTrue(key.publicKey.isSignature(signature, of: bytes))
      XCTAssertFalse(key.publicKey.isSignature(signature, of: bytes + [0]))
      XCTAssertFalse(key.publicKey.isSignature([], of: bytes))
      XCTAssertFalse(try open(Self.keys[1 - number].1).isSignature(signature, of: bytes))
      for position in signature.indices {
        var other = signature
        other[position] ^= 0x40
        XCTAssertFalse(key.publicKey.isSignature(other, of: bytes), "byte \(position)")
      }
    }
  }

  func testEd25519GivesTheSameSignatureTwice() throws {
    let key = try secret(TestKeys.ed25519)
    XCTAssertEqual(try key.sign([1, 2, 3]), try key.sign([1, 2, 3]))
  }

  func testWhatIsNoKeyIsRefusedAndNeverShown() throws {
    let rows: [(String, String)] = [
      ("", "no private key"), ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "no private key"),
      (TestKeys.ecdsaPublic, "no private key"),
      ("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n", "password"),
      (String(repeating: "x", count: 1 << 17), "more than"),
    ]
    for (text, expected) in rows {
      XCTAssertThrowsError(try secret(text)) { error in
        let failure = error as? Failure
        XCTAssertEqual(failure?.code, "bad_key")
        XCTAssertTrue(failure?.description.contains(expected) == true, "\(error)")
        XCTAssertFalse(failure?.description.contains("AAAA") == true)
      }
    }
    XCTAssertThrowsError(try open(TestKeys.ecdsa))
    let rsa = try Tools.output("openssl", ["genrsa", "1024"])
    let p384 = try Tools.output("openssl", ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"])
    for other in [rsa, p384] {
      XCTAssertThrowsError(try secret(other)) { XCTAssertTrue("\($0)".contains("no ECDSA key on P-256"), "\($0)") }
    }
  }

  // MARK: Envelopes

  func testAnEnvelopeIsReadAsItWasWritten() throws {
    for (pem, publicPEM) in Self.keys {
      let envelope = try signed(secret(pem))
      let bytes = CanonicalJSON.encode(SignatureBundle(envelope).json)
      let read = try SignatureBundle(parsing: bytes, name: "bundle")
      XCTAssertEqual(read.envelope, envelope)
      XCTAssertTrue(read.envelope.isSigned(by: try open(publicPEM)))
      XCTAssertEqual(
        try SignatureBundle(parsing: CanonicalJSON.encode(envelope.json), name: "envelope").envelope, envelope)
      let found = try Statement(parsing: read.envelope.payload, name: "statement")
      XCTAssertEqual(found.json, statement.json)
    }
  }

  func testPayloadAndTypeAreSignedTogether() throws {
    let envelope = try signed(secret(TestKeys.ed25519))
    let key = try open(TestKeys.ed25519Public)
    var other = envelope
    other.payload.append(0x20)
    XCTAssertFalse(other.isSigned(by: key))
    other = envelope
    other.payloadType += " "
    XCTAssertFalse(other.isSigned(by: key))
    other = envelope
    other.signatures[0].keyID = "somebody else"
    XCTAssertTrue(other.isSigned(by: key), "the name of a key is a hint")
  }

  func testWhatCouldBeReadInTwoWaysIsRefused() throws {
    let envelope = CanonicalJSON.string(try signed(secret(TestKeys.ed25519)).json)
    let bundle = CanonicalJSON.string(SignatureBundle(try signed(secret(TestKeys.ed25519))).json)
    let rows: [(String, String)] = [
      (envelope.replacing("{\"payload\":", with: "{\"payload\":\"AAAA\",\"payload\":"), "payload"),
      (envelope.replacing("{\"payload\":", with: "{\"PayLoad\":\"AAAA\",\"payload\":"), "PayLoad"),
      (envelope.replacing("\"signatures\":[", with: "\"signatures\":[],\"x\":["), "nobody has signed"),
      (envelope.replacing("\"sig\":\"", with: "\"sig\":\"!"), "base64"),
      (bundle.replacing("\"dsseEnvelope\"", with: "\"messageSignature\":{},\"dsseEnvelope\""), "digest"),
      (bundle.replacing("application/vnd.dev.sigstore", with: "application/x"), "no bundle"),
      ("[]", "object"), ("", "JSON"),
    ]
    for (text, expected) in rows {
      XCTAssertThrowsError(try SignatureBundle(parsing: Array(text.utf8), name: "it"), text) { error in
        XCTAssertEqual((error as? Failure)?.code, "bad_signature")
        XCTAssertTrue("\(error)".contains(expected), "\(error) does not say \(expected)")
      }
    }
    var many = try signed(secret(TestKeys.ed25519))
    many.signatures = Array(repeating: many.signatures[0], count: 33)
    XCTAssertThrowsError(try SignatureBundle(parsing: CanonicalJSON.encode(many.json), name: "it"))
  }

  func testABundleOfHundredMegabytesIsRefusedUnread() throws {
    let bytes = Array("{\"payload\":\"".utf8) + [UInt8](repeating: 0x41, count: 100 << 20)
    XCTAssertThrowsError(try SignatureBundle(parsing: bytes, name: "it")) {
      XCTAssertTrue("\($0)".contains("the limit is"), "\($0)")
    }
  }

  func testBothAlphabetsOfBase64AreRead() throws {
    let envelope = SignedEnvelope(
      payload: [0xfb, 0xff, 0xfe], payloadType: "x/y", signatures: [.init(keyID: "", bytes: [0xff, 0xef, 0xbe])])
    let text = CanonicalJSON.string(envelope.json)
    XCTAssertTrue(text.contains("+"), text)
    let other = text.replacing("+", with: "-").replacing("x/y", with: "X")
      .replacing("/", with: "_").replacing("X", with: "x/y")
    XCTAssertEqual(try SignatureBundle(parsing: Array(other.utf8), name: "it").envelope, envelope)
  }

  func testMutatedBundlesAreReadOrRefused() throws {
    let seed = Fuzzing.seed(0xd55e)
    var random = SeededRandom(seed: seed)
    let key = try open(TestKeys.ed25519Public)
    let envelope = try signed(secret(TestKeys.ed25519))
    let good = CanonicalJSON.encode(SignatureBundle(envelope).json)
    for round in 0..<Fuzzing.rounds(2000) {
      var bytes = good
      for _ in 0...Int.random(in: 0..<4, using: &random) {
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.remove(at: Int.random(in: bytes.indices, using: &random))
        default:
          bytes.insert(
            contentsOf: bytes[Int.random(in: bytes.indices, using: &random)...].prefix(20),
            at: Int.random(in: bytes.indices, using: &random))
        }
      }
      do {
        let read = try SignatureBundle(parsing: bytes, name: "it")
        if read.envelope.isSigned(by: key) {
          XCTAssertEqual(read.envelope.signedBytes, envelope.signedBytes, "seed \(seed), round \(round)")
        }
        _ = try Statement(parsing: read.envelope.payload, name: "it")
      } catch let failure as Failure {
        XCTAssertEqual(failure.exit, .badInput, "seed \(seed), round \(round): \(failure)")
      }
    }
  }

  // MARK: Other readers

  func testOtherReadersVerifyWhatPackcSigns() throws {
    let directory = try TemporaryDirectory()
    for (name, (pem, publicPEM)) in zip(["ecdsa", "ed25519"], Self.keys) {
      let bundle = SignatureBundle(try signed(secret(pem)))
      try directory.write(CanonicalJSON.string(bundle.json), to: "\(name).json")
      try directory.write(CanonicalJSON.string(bundle.envelope.json), to: "\(name).envelope.json")
      try directory.write(publicPEM, to: "\(name).pub")
    }
    let program = """
      import json, sys
      from cryptography.hazmat.primitives.serialization import load_pem_public_key
      from securesystemslib.dsse import Envelope
      from securesystemslib.signer import SSlibKey
      from sigstore_models.bundle.v1 import Bundle
      from in_toto_attestation.v1.statement import Statement
      from google.protobuf import json_format
      import in_toto_attestation.v1.statement_pb2 as pb
      for name in sys.argv[1:]:
          key = SSlibKey.from_crypto(load_pem_public_key(open(name + ".pub", "rb").read()))
          envelope = Envelope.from_dict(json.load(open(name + ".envelope.json")))
          # It finds keys by their names only, and packc names them by another digest.
          key.keyid = next(iter(envelope.signatures))
          assert list(envelope.verify([key], 1)) == [key.keyid]
          bundle = Bundle.from_json(open(name + ".json").read())
          inner = bundle.dsse_envelope
          payload = inner.payload
          statement = json_format.Parse(envelope.payload, pb.Statement())
          Statement.copy_from_pb(statement).validate()
          print(name, bundle.verification_material.public_key.hint == key.keyid, inner.payload_type, statement.predicate_type)
      """
    let output = try Readers.python(program, ["ecdsa", "ed25519"], in: directory.path)
    let expected = "True application/vnd.in-toto+json https://sigstore.dev/cosign/sign/v1\n"
    XCTAssertEqual(output, "ecdsa \(expected)ed25519 \(expected)")
  }

  func testPackcVerifiesWhatOthersSign() throws {
    let directory = try TemporaryDirectory()
    for (name, (pem, _)) in zip(["ecdsa", "ed25519"], Self.keys) { try directory.write(pem, to: "\(name).key") }
    let program = """
      import json, sys
      from cryptography.hazmat.primitives.serialization import load_pem_private_key
      from securesystemslib.dsse import Envelope
      from securesystemslib.signer import CryptoSigner
      for name in sys.argv[1:]:
          signer = CryptoSigner(load_pem_private_key(open(name + ".key", "rb").read(), None))
          envelope = Envelope(b'{"a": 1}', "application/vnd.in-toto+json", {})
          envelope.sign(signer)
          json.dump(envelope.to_dict(), open(name + ".json", "w"))
      """
    _ = try Readers.python(program, ["ecdsa", "ed25519"], in: directory.path)
    for (name, (_, publicPEM)) in zip(["ecdsa", "ed25519"], Self.keys) {
      let bundle = try SignatureBundle(parsing: FileSystem.read(directory / "\(name).json"), name: name)
      XCTAssertTrue(bundle.envelope.isSigned(by: try open(publicPEM)), name)
      XCTAssertEqual(bundle.envelope.payload, Array("{\"a\": 1}".utf8))
    }
  }
}
