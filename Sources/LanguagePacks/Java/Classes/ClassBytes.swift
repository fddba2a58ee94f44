internal import PackCore

/// A place in the bytes of a class file (JVM specification, chapter 4): big-endian numbers, and no step beyond the end.
struct ClassBytes {
  let bytes: ArraySlice<UInt8>
  private(set) var offset: Int

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    offset = bytes.startIndex
  }

  var isAtEnd: Bool { offset >= bytes.endIndex }
  var left: Int { bytes.endIndex - offset }

  static func failure(_ text: String) -> Failure { Failure("bad_class", text, exit: .badInput) }

  mutating func byte() throws -> Int {
    guard offset < bytes.endIndex else { throw Self.failure("the class file ends too early") }
    defer { offset += 1 }
    return Int(bytes[offset])
  }

  mutating func short() throws -> Int { try byte() << 8 | byte() }
  mutating func signedShort() throws -> Int { Int(Int16(truncatingIfNeeded: try short())) }
  mutating func word() throws -> Int { try short() << 16 | short() }
  mutating func signedWord() throws -> Int { Int(Int32(truncatingIfNeeded: try word())) }

  mutating func take(_ count: Int) throws -> ArraySlice<UInt8> {
    guard count >= 0, count <= left else { throw Self.failure("the class file ends too early") }
    defer { offset += count }
    return bytes[offset..<offset + count]
  }
}
