/// JSON as .NET's configuration files are read: with comments, commas after a last value, and a byte order mark.
enum JSONWithComments {
  /// The same document as plain JSON. What is no JSON becomes spaces, so that what follows stays on its line.
  static func plain(_ bytes: [UInt8]) -> [UInt8] {
    var out = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? Array(bytes.dropFirst(3)) : bytes
    blankComments(&out)
    blankLastCommas(&out)
    return out
  }

  private static let quote = UInt8(ascii: "\"")
  private static let slash = UInt8(ascii: "/")
  private static let star = UInt8(ascii: "*")
  private static let newline = UInt8(ascii: "\n")
  private static let space = UInt8(ascii: " ")

  /// The index after the string that starts at `start`.
  private static func endOfString(_ bytes: [UInt8], from start: Int) -> Int {
    var index = start + 1
    while index < bytes.count, bytes[index] != quote {
      index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
    }
    return min(index + 1, bytes.count)
  }

  private static func blankComments(_ bytes: inout [UInt8]) {
    var index = 0
    while index < bytes.count {
      if bytes[index] == quote {
        index = endOfString(bytes, from: index)
      } else if bytes[index] == slash, index + 1 < bytes.count, bytes[index + 1] == slash || bytes[index + 1] == star {
        let isLine = bytes[index + 1] == slash
        var end = index + 2
        while end < bytes.count {
          if isLine ? bytes[end] == newline : bytes[end] == slash && bytes[end - 1] == star && end > index + 2 { break }
          end += 1
        }
        // A comment that is never closed is left, for the parser to complain about.
        guard isLine || end < bytes.count else { return }
        for position in index..<min(isLine ? end : end + 1, bytes.count) where bytes[position] != newline {
          bytes[position] = space
        }
        index = end + 1
      } else {
        index += 1
      }
    }
  }

  private static func blankLastCommas(_ bytes: inout [UInt8]) {
    var index = 0
    var comma: Int?
    while index < bytes.count {
      switch bytes[index] {
      case quote:
        comma = nil
        index = endOfString(bytes, from: index)
        continue
      case UInt8(ascii: ","): comma = index
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        if let last = comma { bytes[last] = space }
        comma = nil
      case space, newline, UInt8(ascii: "\r"), UInt8(ascii: "\t"): break
      default: comma = nil
      }
      index += 1
    }
  }
}
