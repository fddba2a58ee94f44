internal import CCrypto

/// A key as libcrypto holds it (EVP_PKEY(7)).
/// `@unchecked Sendable`: libcrypto counts its references atomically, and nothing changes a key after it was read.
final class KeyHandle: @unchecked Sendable {
  let raw: OpaquePointer
  let algorithm: SignatureAlgorithm

  /// A larger text is no key. Bytes.
  static let sizeLimit = 64 << 10

  private init(_ raw: OpaquePointer, _ algorithm: SignatureAlgorithm) {
    self.raw = raw
    self.algorithm = algorithm
  }

  deinit { EVP_PKEY_free(raw) }

  enum Part { case secret, open }

  /// The first key of a PEM text (RFC 7468).
  /// - Parameter name: where it came from, for messages; never what is in it.
  static func read(_ part: Part, pem: [UInt8], name: String) throws -> KeyHandle {
    guard pem.count <= sizeLimit else { throw KeyFailure.notAKey(name, "it has more than \(sizeLimit) bytes") }
    ERR_clear_error()
    defer { ERR_clear_error() }
    guard let memory = BIO_new_mem_buf(pem, Int32(pem.count)) else {
      throw KeyFailure.notAKey(name, "out of memory")
    }
    defer { BIO_free(memory) }
    let isLocked = String(decoding: pem, as: UTF8.self).contains("ENCRYPTED")
    let raw =
      switch part {
      // No password is asked for: a build server has nobody who answers.
      case .secret: isLocked ? nil : PEM_read_bio_PrivateKey(memory, nil, { _, _, _, _ in -1 }, nil)
      case .open: PEM_read_bio_PUBKEY(memory, nil, { _, _, _, _ in -1 }, nil)
      }
    guard let raw else {
      if isLocked { throw KeyFailure.lockedKey(name) }
      throw KeyFailure.notAKey(name, "there is no \(part == .secret ? "private" : "public") key in PEM form in it")
    }
    guard let algorithm = algorithm(of: raw) else {
      EVP_PKEY_free(raw)
      throw KeyFailure.wrongKind(name)
    }
    return KeyHandle(raw, algorithm)
  }

  private static func algorithm(of raw: OpaquePointer) -> SignatureAlgorithm? {
    if EVP_PKEY_is_a(raw, "ED25519") == 1 { return .ed25519 }
    guard EVP_PKEY_is_a(raw, "EC") == 1 else { return nil }
    var name = [CChar](repeating: 0, count: 64)
    var count = 0
    guard EVP_PKEY_get_group_name(raw, &name, name.count, &count) == 1 else { return nil }
    let group = String(decoding: name.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return group == "prime256v1" ? .ecdsaP256 : nil
  }

  /// The public part as a SubjectPublicKeyInfo in DER (RFC 5280, section 4.1.2.7).
  func publicDER() throws -> [UInt8] {
    var bytes: UnsafeMutablePointer<UInt8>?
    let count = i2d_PUBKEY(raw, &bytes)
    guard count > 0, let bytes else { throw KeyFailure.libcrypto("encode a public key") }
    defer { CRYPTO_free(bytes, "", 0) }
    return Array(UnsafeBufferPointer(start: bytes, count: Int(count)))
  }

  /// Ed25519 hashes by itself (RFC 8032); ECDSA signs a SHA-256.
  var digest: OpaquePointer? { algorithm == .ed25519 ? nil : EVP_sha256() }
}

/// What packc signs and verifies with.
public enum SignatureAlgorithm: String, Sendable, CaseIterable {
  /// ECDSA on P-256 with SHA-256, the signature in DER. Not the same bytes twice: libcrypto draws a number for each.
  case ecdsaP256 = "ecdsa-p256"
  /// RFC 8032: the same key and bytes give the same signature.
  case ed25519
}

enum KeyFailure {
  static let make =
    "make one: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out packc.key; its public "
    + "part: openssl pkey -in packc.key -pubout -out packc.pub"

  static func notAKey(_ name: String, _ why: String) -> Failure {
    Failure("bad_key", "\(name) is no key: \(why)", hint: make, exit: .badInput)
  }
  static func lockedKey(_ name: String) -> Failure {
    Failure(
      "bad_key", "\(name) holds a key that a password protects, which packc does not ask for",
      hint: "let a command open it: --key-command 'openssl pkey -in FILE -passin env:NAME'", exit: .badInput)
  }
  static func wrongKind(_ name: String) -> Failure {
    Failure("bad_key", "\(name) is no ECDSA key on P-256 and no Ed25519 key", hint: make, exit: .badInput)
  }
  static func libcrypto(_ action: String) -> Failure {
    var text = [CChar](repeating: 0, count: 256)
    ERR_error_string_n(ERR_get_error(), &text, text.count)
    let reason = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    ERR_clear_error()
    return Failure("libcrypto", "libcrypto cannot \(action)", cause: reason)
  }
}
