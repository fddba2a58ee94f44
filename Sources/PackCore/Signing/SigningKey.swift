internal import CCrypto

/// A private key, which signs. What it is made of is never printed, logged or written.
public struct SigningKey: Sendable {
  private let handle: KeyHandle
  /// The part that others may know.
  public let publicKey: PublicKey

  /// - Parameters:
  ///   - pem: PKCS #8 or SEC 1, as `openssl genpkey` writes it.
  ///   - name: where it came from, for messages.
  /// - Throws: `bad_key`.
  public init(pem: [UInt8], name: String) throws {
    handle = try KeyHandle.read(.secret, pem: pem, name: name)
    publicKey = try PublicKey(handle)
  }

  public var algorithm: SignatureAlgorithm { handle.algorithm }

  /// The signature: DER of ECDSA (70 to 72 bytes), or 64 bytes of Ed25519.
  public func sign(_ bytes: [UInt8]) throws -> [UInt8] {
    guard let context = EVP_MD_CTX_new() else { throw KeyFailure.libcrypto("sign") }
    defer { EVP_MD_CTX_free(context) }
    var count = 0
    guard EVP_DigestSignInit(context, nil, handle.digest, nil, handle.raw) == 1,
      EVP_DigestSign(context, nil, &count, bytes, bytes.count) == 1
    else { throw KeyFailure.libcrypto("sign") }
    var signature = [UInt8](repeating: 0, count: count)
    guard EVP_DigestSign(context, &signature, &count, bytes, bytes.count) == 1 else {
      throw KeyFailure.libcrypto("sign")
    }
    return Array(signature.prefix(count))
  }
}

/// A public key, by which a signature is known.
public struct PublicKey: Hashable, Sendable {
  private let handle: KeyHandle
  /// SubjectPublicKeyInfo in DER.
  public let der: [UInt8]

  init(_ handle: KeyHandle) throws {
    self.handle = handle
    der = try handle.publicDER()
  }

  /// - Parameters:
  ///   - pem: `-----BEGIN PUBLIC KEY-----`
  ///   - name: where it came from, for messages.
  /// - Throws: `bad_key`.
  public init(pem: [UInt8], name: String) throws { try self.init(KeyHandle.read(.open, pem: pem, name: name)) }

  public var algorithm: SignatureAlgorithm { handle.algorithm }

  /// What signatures call the key: SHA-256 of `der`. A hint for finding it, never a proof.
  public var id: Digest { Digest(of: der) }

  /// False for a signature of another key or of other bytes, and for what is no signature at all.
  public func isSignature(_ signature: [UInt8], of bytes: [UInt8]) -> Bool {
    guard let context = EVP_MD_CTX_new() else { return false }
    defer {
      EVP_MD_CTX_free(context)
      ERR_clear_error()
    }
    return EVP_DigestVerifyInit(context, nil, handle.digest, nil, handle.raw) == 1
      && EVP_DigestVerify(context, signature, signature.count, bytes, bytes.count) == 1
  }

  public static func == (a: PublicKey, b: PublicKey) -> Bool { a.der == b.der }
  public func hash(into hasher: inout Hasher) { hasher.combine(der) }
}
