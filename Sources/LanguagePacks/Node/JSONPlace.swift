internal import PackCore

/// Where a key stands in a JSON document that has been parsed before: for messages that name the line.
enum JSONPlace {
  /// The place of the key at the end of `path`, which leads through objects; nil when it is not there.
  static func location(of path: [String], in bytes: [UInt8], named name: String) -> SourceLocation? {
    guard let offset = offset(of: path, in: bytes) else { return nil }
    let before = bytes[..<offset]
    let line = before.count { $0 == UInt8(ascii: "\n") } + 1
    let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    return SourceLocation(path: name, line: line, column: before[start...].count { $0 & 0xc0 != 0x80 } + 1)
  }

  private static func offset(of path: [String], in bytes: [UInt8]) -> Int? {
    let wanted = path.map { Array("\"\($0)\"".utf8) }
    // Of each open bracket, whether the keys on the way to it are those of the path.
    var open: [Bool] = []
    var fits = true
    var index = 0
    var found: Int?
    while index < bytes.count {
      switch bytes[index] {
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        open.append(fits && bytes[index] == UInt8(ascii: "{"))
        fits = false
      case UInt8(ascii: "}"), UInt8(ascii: "]"): _ = open.popLast()
      case UInt8(ascii: "\""):
        let end = endOfString(bytes, from: index)
        let depth = open.count - 1
        if let here = open.last, here, depth < wanted.count, isKey(bytes, after: end) {
          fits = bytes[index..<end].elementsEqual(wanted[depth])
          // Of two equal keys the last one counts, as in the value.
          if fits, depth == wanted.count - 1 { found = index }
        }
        index = end - 1
      default: break
      }
      index += 1
    }
    return found
  }

  private static func endOfString(_ bytes: [UInt8], from start: Int) -> Int {
    var index = start + 1
    while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
      index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
    }
    return min(index + 1, bytes.count)
  }

  private static func isKey(_ bytes: [UInt8], after end: Int) -> Bool {
    bytes[end...].first { ![0x20, 0x0a, 0x0d, 0x09].contains($0) } == UInt8(ascii: ":")
  }
}
