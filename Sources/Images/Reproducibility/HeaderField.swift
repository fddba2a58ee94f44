/// Fields of small file headers that builds fill with what differs.
enum HeaderField {
  /// `head`: the file's first bytes.
  static func name(at offset: Int64, head: [UInt8]) -> String? {
    // RFC 1952, section 2.3: MTIME in bytes 4 to 7, XFL and OS behind it.
    if head.starts(with: [0x1f, 0x8b]) {
      switch offset {
      case 4..<8: return "gzip header, time"
      case 8..<10: return "gzip header, level or system"
      default: return nil
      }
    }
    // PEP 552: a word of flags in bytes 4 to 7; when it is 0, the source's time in 8 to 11 and its size in 12 to 15.
    if head.count >= 16, head[2] == 0x0d, head[3] == 0x0a, head[5...7].allSatisfy({ $0 == 0 }) {
      switch (offset, head[4]) {
      case (8..<12, 0): return "Python bytecode header, time of the source"
      case (8..<16, 1...): return "Python bytecode header, hash of the source"
      default: return nil
      }
    }
    return nil
  }
}

/// A member of a zip file by the local headers in front of the contents (APPNOTE.TXT, section 4.3.7), and the entries of the
/// directory at the end (4.3.12).
enum ZipMember {
  private static let local: [UInt8] = [0x50, 0x4b, 0x03, 0x04]
  private static let central: [UInt8] = [0x50, 0x4b, 0x01, 0x02]

  /// `META-INF/MANIFEST.MF, time`; nil where no header lies within `bytes` before the place.
  static func part(at offset: Int, in bytes: [UInt8]) -> String? {
    guard offset < bytes.count else { return nil }
    for start in stride(from: offset, through: 0, by: -1) {
      guard start + 46 <= bytes.count else { continue }
      let isLocal = bytes[start..<start + 4].elementsEqual(local)
      guard isLocal || bytes[start..<start + 4].elementsEqual(central) else { continue }
      let (fixed, time, length) = isLocal ? (30, 10, 26) : (46, 12, 28)
      let count = Int(bytes[start + length]) | Int(bytes[start + length + 1]) << 8
      let end = min(start + fixed + count, bytes.count)
      let name = String(decoding: bytes[(start + fixed)..<end], as: UTF8.self)
      let place = offset - start
      if (time..<time + 4).contains(place) { return "\(name), time" }
      if place < fixed { return "\(name), header" }
      if place < fixed + count { return "\(name), name (members in another order?)" }
      return isLocal ? "\(name), content" : "\(name), entry of the directory"
    }
    return nil
  }
}
