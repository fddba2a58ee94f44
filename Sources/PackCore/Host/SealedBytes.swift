internal import CCrypto
internal import Glibc

/// Bytes under a key: AES-256-GCM by libcrypto (NIST SP 800-38D). Whoever lacks the key neither reads nor changes them.
///
///     12 bytes nonce, random for each sealing  |  as many bytes as the text  |  16 bytes tag
public enum SealedBytes {
  public static let keyLength = 32
  private static let nonceLength = 12
  private static let tagLength = 16

  /// - Parameter label: is not in the result, and opening takes the same one.
  public static func seal(_ text: [UInt8], key: [UInt8], label: [UInt8]) throws -> [UInt8] {
    precondition(key.count == keyLength, "AES-256 takes 32 bytes")
    let nonce = randomBytes(nonceLength)
    var sealed = [UInt8](repeating: 0, count: text.count)
    var tag = [UInt8](repeating: 0, count: tagLength)
    let context = EVP_CIPHER_CTX_new()
    defer { EVP_CIPHER_CTX_free(context) }
    var count: Int32 = 0
    guard EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), nil, key, nonce) == 1,
      EVP_EncryptUpdate(context, nil, &count, label, Int32(label.count)) == 1,
      EVP_EncryptUpdate(context, &sealed, &count, text, Int32(text.count)) == 1, count == text.count,
      EVP_EncryptFinal_ex(context, &tag, &count) == 1, count == 0,
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, Int32(tagLength), &tag) == 1
    else { throw Failure("crypto_failed", "libcrypto could not encrypt (AES-256-GCM)", hint: "try again") }
    return nonce + sealed + tag
  }

  /// Nil when it was not sealed with this key and label, or was changed since.
  public static func open(_ sealed: [UInt8], key: [UInt8], label: [UInt8]) -> [UInt8]? {
    precondition(key.count == keyLength, "AES-256 takes 32 bytes")
    guard sealed.count >= nonceLength + tagLength else { return nil }
    let nonce = Array(sealed.prefix(nonceLength))
    let body = Array(sealed[nonceLength..<(sealed.count - tagLength)])
    var tag = Array(sealed.suffix(tagLength))
    var text = [UInt8](repeating: 0, count: body.count)
    var rest = [UInt8](repeating: 0, count: tagLength)
    let context = EVP_CIPHER_CTX_new()
    defer { EVP_CIPHER_CTX_free(context) }
    var count: Int32 = 0
    guard EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), nil, key, nonce) == 1,
      EVP_DecryptUpdate(context, nil, &count, label, Int32(label.count)) == 1,
      EVP_DecryptUpdate(context, &text, &count, body, Int32(body.count)) == 1, count == body.count,
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, Int32(tagLength), &tag) == 1,
      EVP_DecryptFinal_ex(context, &rest, &count) == 1
    else { return nil }
    return text
  }

  /// From getrandom(2).
  public static func randomBytes(_ count: Int) -> [UInt8] {
    var source = SystemRandomNumberGenerator()
    return (0..<count).map { _ in UInt8.random(in: 0 ... .max, using: &source) }
  }
}
