/// The header fields of an answer in their order (RFC 9110, section 5); names compare without case.
struct HTTPHeaders: Sendable {
  private var fields: [(name: String, value: String)] = []

  /// More fields than this, or more bytes in all of them together, and the answer is refused.
  static let countLimit = 256
  static let byteLimit = 64 << 10

  var count: Int { fields.count }

  /// One line without its end: `Name: value`. What has no colon is dropped, as RFC 9112 allows for a broken peer.
  mutating func append(line: String) {
    guard let colon = line.firstIndex(of: ":") else { return }
    let value = line[line.index(after: colon)...]
    fields.append((line[..<colon].lowercased(), String(value.trimming { $0 == " " || $0 == "\t" })))
  }

  /// The first field of that name.
  subscript(name: String) -> String? { fields.first { $0.name == name.lowercased() }?.value }
  func all(_ name: String) -> [String] { fields.filter { $0.name == name.lowercased() }.map(\.value) }

  /// A whole number that is not negative; nil when there is none, or another one beside it.
  func number(_ name: String) -> Int64? {
    let values = Set(all(name))
    guard values.count == 1, let text = values.first, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
      return nil
    }
    return Int64(text)
  }

  /// `Content-Type` without its parameters, in lower case.
  var contentType: String? {
    self["content-type"].map { $0.prefix { $0 != ";" }.trimming { $0 == " " || $0 == "\t" }.lowercased() }
  }
}

extension StringProtocol {
  /// Without what `isSpace` names at both ends.
  func trimming(_ isSpace: (Character) -> Bool) -> SubSequence {
    var rest = self[...]
    while let first = rest.first, isSpace(first) { rest = rest.dropFirst() }
    while let last = rest.last, isSpace(last) { rest = rest.dropLast() }
    return rest
  }
}
