import CGuest

/// Numbers for addresses: the first part of `a.b.c.d` in the highest bits.
enum Address {
  /// `a.b.c.d` or `a.b.c.d/prefix`; nil for anything else.
  static func parse(_ text: CString, end: CChar = 0) -> (address: UInt32, prefix: Int32)? {
    var index = 0
    var address: UInt32 = 0
    for part in 0..<4 {
      guard let value = number(text, &index), value < 256 else { return nil }
      address = address << 8 | UInt32(value)
      if part < 3 {
        guard text[index] == 0x2e else { return nil }
        index += 1
      }
    }
    var prefix: Int32 = 32
    if text[index] == 0x2f {
      index += 1
      guard let value = number(text, &index), value <= 32 else { return nil }
      prefix = Int32(value)
    }
    return text[index] == 0 || text[index] == end ? (address, prefix) : nil
  }

  static func isInside(_ address: UInt32, network: UInt32, prefix: Int32) -> Bool {
    let mask: UInt32 = prefix == 0 ? 0 : ~0 << UInt32(32 - prefix)
    return address & mask == network & mask
  }

  /// Calls `body` with the four bytes as C takes them.
  static func withBytes(_ address: UInt32, _ body: (UnsafePointer<UInt8>) -> Int32) -> Int32 {
    var bytes = address.bigEndian
    return withUnsafePointer(to: &bytes) {
      body(UnsafeRawPointer($0).assumingMemoryBound(to: UInt8.self))
    }
  }

  private static func number(_ text: CString, _ index: inout Int) -> Int? {
    var value = 0
    let first = index
    while index - first < 3, text[index] >= 0x30, text[index] <= 0x39 {
      value = value * 10 + Int(text[index]) - 0x30
      index += 1
    }
    return index > first ? value : nil
  }
}

extension Text {
  mutating func append(address: UInt32) {
    for part in 0..<4 {
      if part > 0 { append(UInt8(ascii: ".")) }
      append(Int(address >> UInt32(24 - 8 * part) & 255))
    }
  }
}
