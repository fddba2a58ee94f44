internal import PackCore

/// Digests of files, remembered by (path, status): a file whose status did not change is not read again. A record that is
/// torn, altered or of another version is dropped whole.
///
///     packc-file-digests-2\n
///     <digest of all lines that follow, in hex>\n
///     <hex digest> <status in hex> <path bytes in hex>\n …
final class FileDigests {
  private static let header = "packc-file-digests-2"
  private struct Key: Hashable {
    let path: [UInt8]
    let status: [UInt8]
  }
  private let known: [Key: Digest]
  private var used: [Key: Digest] = [:]
  private let file: HostPath
  /// Files changed after this moment (nanoseconds since the epoch) are not remembered: a later change could have the
  /// same time stamp.
  private let trustBefore: Int64

  init(file: HostPath, trustBefore: Int64) {
    self.file = file
    self.trustBefore = trustBefore
    known = Self.read(file)
  }

  private static func read(_ file: HostPath) -> [Key: Digest] {
    var known: [Key: Digest] = [:]
    let start = Array((header + "\n").utf8)
    guard let text = try? FileSystem.readIfPresent(file, limit: 512 << 20), text.starts(with: start),
      text.count > start.count + 65,
      let check = Digest(hex: String(decoding: text[start.count..<start.count + 64], as: UTF8.self)),
      case let body = text[(start.count + 65)...], Digest(of: Array(body)) == check
    else { return [:] }
    for line in body.split(separator: 0x0a) {
      let fields = line.split(separator: 0x20)
      guard fields.count == 3, let digest = Digest(hex: String(decoding: fields[0], as: UTF8.self)),
        let status = Hex.decode(fields[1]), let path = Hex.decode(fields[2])
      else { return [:] }
      known[Key(path: path, status: status)] = digest
    }
    return known
  }

  func digest(of path: HostPath, status: FileStatus) throws -> Digest {
    var bytes: [UInt8] = []
    status.fingerprint(into: &bytes)
    let key = Key(path: path.bytes, status: bytes)
    if let digest = known[key] ?? used[key] {
      used[key] = digest
      return digest
    }
    let digest = try FileSystem.digest(of: path)
    if max(status.modified, status.changed) < trustBefore { used[key] = digest }
    return digest
  }

  /// Writes down what this build used; what it did not use is forgotten.
  func save() throws {
    var out: [UInt8] = []
    for (key, digest) in used.sorted(by: { $0.key.path.lexicographicallyPrecedes($1.key.path) }) {
      out += Array(digest.hex.utf8) + [0x20] + Hex.encode(key.status) + [0x20] + Hex.encode(key.path) + [0x0a]
    }
    try FileSystem.createDirectory(file.parent)
    let head = Array((Self.header + "\n" + Digest(of: out).hex + "\n").utf8)
    try CacheRecord.replace(file, by: head + out)
  }
}

/// Lower-case hex of bytes.
enum Hex {
  private static let digits = Array("0123456789abcdef".utf8)
  static func encode(_ bytes: [UInt8]) -> [UInt8] {
    bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
  }
  /// nil when it is not an even number of hex digits.
  static func decode(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    guard text.count % 2 == 0 else { return nil }
    var out: [UInt8] = []
    out.reserveCapacity(text.count / 2)
    var high: UInt8?
    for byte in text {
      let value: UInt8
      switch byte {
      case 0x30...0x39: value = byte - 0x30
      case 0x61...0x66: value = byte - 0x61 + 10
      default: return nil
      }
      if let first = high {
        out.append(first << 4 | value)
        high = nil
      } else {
        high = value
      }
    }
    return out
  }
}
