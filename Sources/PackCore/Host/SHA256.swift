internal import CCrypto

/// A running SHA-256 by OpenSSL's EVP interface (EVP_DigestInit(3)): uses SHA-NI where the processor has it.
/// Not shared between threads; each owner feeds its own.
public struct SHA256: ~Copyable {
  private let context: OpaquePointer

  public init() {
    guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
      // Only an allocation failure ends here; there is nothing to go on with.
      fatalError("libcrypto: out of memory")
    }
    self.context = context
  }

  deinit { EVP_MD_CTX_free(context) }

  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard let base = bytes.baseAddress else { return }
    _ = EVP_DigestUpdate(context, base, bytes.count)
  }
  public mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }
  public mutating func update(_ text: String) {
    var text = text
    text.withUTF8 { update(UnsafeRawBufferPointer($0)) }
  }

  public consuming func finish() -> Digest {
    var bytes = [UInt8](repeating: 0, count: 32)
    _ = EVP_DigestFinal_ex(context, &bytes, nil)
    return Digest(sha256: bytes)
  }
}

extension SHA256 {
  /// The 32 bytes for one piece of memory, without an object for each of many.
  public static func digest(of bytes: UnsafeRawBufferPointer, into digest: UnsafeMutableBufferPointer<UInt8>) {
    precondition(digest.count >= 32, "no room for a digest")
    var context = SHA256_CTX()
    SHA256_Init(&context)
    SHA256_Update(&context, bytes.baseAddress, bytes.count)
    SHA256_Final(digest.baseAddress, &context)
  }
}

extension Digest {
  public init(of bytes: [UInt8]) {
    var hash = SHA256()
    hash.update(bytes)
    self = hash.finish()
  }

  /// The digest of the canonical form of `json`: how packc names a value.
  public init(of json: JSONValue) { self.init(of: CanonicalJSON.encode(json)) }
}
