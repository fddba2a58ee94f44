internal import PackCore

/// Values: strings, arrays, inline tables. Numbers and dates are words, see `TOMLWord`.
extension TOMLParser {
  mutating func value(depth: Int) throws -> TOMLValue {
    guard depth < TOML.Limits.depth else { throw failure("nested deeper than \(TOML.Limits.depth) levels") }
    let start = place()
    let content: TOMLValue.Content =
      switch current {
      case UInt8(ascii: "\""): .string(startsWithThree("\"") ? try longString("\"") : try basicString())
      case UInt8(ascii: "'"): .string(startsWithThree("'") ? try longString("'") : try literalString())
      case UInt8(ascii: "["): .array(try array(depth: depth))
      case UInt8(ascii: "{"): .table(try inlineTable(depth: depth, at: start))
      default: try word()
      }
    return TOMLValue(content: content, place: start)
  }

  private mutating func array(depth: Int) throws -> [TOMLValue] {
    position += 1
    var values: [TOMLValue] = []
    while true {
      try skipSpace()
      if current == UInt8(ascii: "]") { break }
      values.append(try value(depth: depth + 1))
      try skipSpace()
      if current == UInt8(ascii: "]") { break }
      try expect(",", current == nil ? "an array is not closed" : "a comma or \"]\" is expected in the array")
    }
    position += 1
    return values
  }

  private mutating func inlineTable(depth: Int, at start: TOMLPlace) throws -> TOMLTable {
    position += 1
    let table = TOMLTable(.inline, at: start)
    while true {
      try skipSpace()
      if current == UInt8(ascii: "}") { break }
      try pair(into: table, depth: depth + 1)
      try skipSpace()
      if current == UInt8(ascii: "}") { break }
      try expect(",", current == nil ? "an inline table is not closed" : "a comma or \"}\" is expected in the table")
    }
    position += 1
    return table
  }

  // MARK: Strings

  private func startsWithThree(_ quote: Unicode.Scalar) -> Bool {
    let quote = UInt8(ascii: quote)
    return current == quote && byte(ahead: 1) == quote && byte(ahead: 2) == quote
  }

  /// `"…"`
  mutating func basicString() throws -> String {
    position += 1
    let start = position
    // Nearly every string has no escape and is taken as it stands.
    while let byte = current, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), !Self.isControl(byte) {
      position += 1
    }
    if current == UInt8(ascii: "\"") {
      position += 1
      return String(decoding: input[start..<position - 1], as: UTF8.self)
    }
    var out = Array(input[start..<position])
    while let byte = current {
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        return String(decoding: out, as: UTF8.self)
      case UInt8(ascii: "\\"): try escape(into: &out)
      default:
        guard !Self.isControl(byte) else { throw notInString(byte) }
        out.append(byte)
        position += 1
      }
    }
    throw failure("a string is not closed")
  }

  /// `'…'`
  mutating func literalString() throws -> String {
    position += 1
    let start = position
    while let byte = current, byte != UInt8(ascii: "'") {
      guard !Self.isControl(byte) else { throw notInString(byte) }
      position += 1
    }
    guard current != nil else { throw failure("a string is not closed") }
    position += 1
    return String(decoding: input[start..<position - 1], as: UTF8.self)
  }

  private mutating func notInString(_ byte: UInt8) -> Failure {
    byte == 0x0a || byte == 0x0d
      ? failure("a string is not closed in its line") : failure("a control character in a string must be escaped")
  }

  /// `"""…"""` and `'''…'''`. Up to two quotes may stand before the three that close.
  private mutating func longString(_ scalar: Unicode.Scalar) throws -> String {
    let start = place()
    let quote = UInt8(ascii: scalar)
    position += 3
    if current == 0x0d, byte(ahead: 1) == 0x0a { position += 1 }
    if current == 0x0a { position += 1 }
    var out: [UInt8] = []
    while let byte = current {
      if startsWithThree(scalar) {
        var extra = 0
        while extra < 2, self.byte(ahead: 3 + extra) == quote { extra += 1 }
        out += [UInt8](repeating: quote, count: extra)
        position += 3 + extra
        return String(decoding: out, as: UTF8.self)
      }
      if byte == UInt8(ascii: "\\"), scalar == "\"" {
        if !skipLineEnd() { try escape(into: &out) }
        continue
      }
      let isLineEnd = byte == 0x0a || (byte == 0x0d && self.byte(ahead: 1) == 0x0a)
      guard isLineEnd || !Self.isControl(byte) else { throw notInString(0) }
      out.append(byte)
      position += 1
    }
    throw failure("a string of several lines is not closed", at: start)
  }

  /// A backslash at the end of a line swallows the space up to the next letter.
  private mutating func skipLineEnd() -> Bool {
    var next = position + 1
    var lineEnds = 0
    while next < input.count, [0x20, 0x09, 0x0a, 0x0d].contains(input[next]) {
      if input[next] == 0x0a { lineEnds += 1 }
      if lineEnds == 0, input[next] == 0x0d, next + 1 < input.count, input[next + 1] != 0x0a { return false }
      next += 1
    }
    guard lineEnds > 0 else { return false }
    position = next
    return true
  }

  private mutating func escape(into out: inout [UInt8]) throws {
    let letter = byte(ahead: 1)
    let plain: [UInt8: UInt8] = [
      UInt8(ascii: "b"): 8, UInt8(ascii: "t"): 9, UInt8(ascii: "n"): 10, UInt8(ascii: "f"): 12, UInt8(ascii: "r"): 13,
      UInt8(ascii: "e"): 27, UInt8(ascii: "\""): 0x22, UInt8(ascii: "\\"): 0x5c,
    ]
    if let letter, let byte = plain[letter] {
      out.append(byte)
      position += 2
      return
    }
    let digits: Int? =
      switch letter {
      case UInt8(ascii: "x"): 2
      case UInt8(ascii: "u"): 4
      case UInt8(ascii: "U"): 8
      default: nil
      }
    guard let digits else {
      throw failure("an unknown escape in a string", hint: "write \\\\ for a backslash, or use '…', where it is plain")
    }
    var value: UInt32 = 0
    for index in 0..<digits {
      guard let byte = byte(ahead: 2 + index), let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80
      else { throw failure("the escape needs \(digits) hexadecimal digits") }
      value = value << 4 | UInt32(digit)
    }
    guard let scalar = Unicode.Scalar(value) else { throw failure("the escape is no character") }
    out += UTF8.encode(scalar).map(Array.init) ?? []
    position += 2 + digits
  }

  // MARK: Words

  private mutating func word() throws -> TOMLValue.Content {
    let start = position
    func isWord(_ byte: UInt8) -> Bool {
      Self.isBareKey(byte) || byte == UInt8(ascii: "+") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: ":")
    }
    var end = start
    while end < input.count, isWord(input[end]) { end += 1 }
    // The space between a date and its time.
    if end - start == 10, end + 1 < input.count, input[end] == 0x20, (0x30...0x39).contains(input[end + 1]),
      input[start + 4] == UInt8(ascii: "-")
    {
      end += 1
      while end < input.count, isWord(input[end]) { end += 1 }
    }
    let text = String(decoding: input[start..<end], as: UTF8.self)
    guard !text.isEmpty else { throw failure("a value is expected here") }
    guard let content = TOMLWord.read(text) else {
      let quoted = text.utf8.count < 60 ? "\"\(text)\"" : "this"
      throw failure("\(quoted) is no value", hint: "a text stands in quotes")
    }
    position = end
    return content
  }
}
