internal import PackCore

/// Reads the lines of a document: comments, headers, keys. What stands behind an equals sign is in `TOMLParser+Values`.
struct TOMLParser {
  let input: UnsafeBufferPointer<UInt8>
  let path: String
  var position = 0
  /// Lines before `position`, and where the present one begins.
  private var line = 1
  private var column = 1
  private var counted = 0
  /// Headers so far; see `TOMLTable.Origin.dotted`.
  private var section = 0

  struct Key {
    var name: String
    var place: TOMLPlace
  }

  init(_ input: UnsafeBufferPointer<UInt8>, path: String) throws {
    self.input = input
    self.path = path
    if let wrong = Self.invalidByte(input) {
      position = wrong
      throw failure("it is not UTF-8 here", hint: "save the file as UTF-8")
    }
    if input.starts(with: [0xef, 0xbb, 0xbf]) {
      position = 3
      counted = 3
    }
  }

  /// The first byte that is no part of UTF-8.
  private static func invalidByte(_ input: UnsafeBufferPointer<UInt8>) -> Int? {
    guard String(validating: input, as: UTF8.self) == nil else { return nil }
    var decoder = UTF8()
    var bytes = input.makeIterator()
    var good = 0
    while case .scalarValue(let scalar) = decoder.decode(&bytes) { good += UTF8.width(scalar) }
    return min(good, max(0, input.count - 1))
  }

  // MARK: Places

  var current: UInt8? { position < input.count ? input[position] : nil }
  func byte(ahead count: Int) -> UInt8? { position + count < input.count ? input[position + count] : nil }

  /// Of `position`. Counts on from the last place, so that asking for every value costs one pass over the file.
  mutating func place() -> TOMLPlace {
    while counted < min(position, input.count) {
      let byte = input[counted]
      counted += 1
      if byte == UInt8(ascii: "\n") {
        line += 1
        column = 1
      } else if byte & 0xc0 != 0x80 {
        column += 1
      }
    }
    return TOMLPlace(line: line, column: column)
  }

  mutating func failure(_ problem: String, hint: String? = nil) -> Failure {
    failure(problem, at: place(), hint: hint)
  }
  func failure(_ problem: String, at place: TOMLPlace, hint: String? = nil) -> Failure {
    Failure("bad_toml", "not valid TOML: \(problem)", hint: hint, at: place.location(path), exit: .badInput)
  }

  // MARK: Space

  mutating func skipBlanks() {
    while let byte = current, byte == 0x20 || byte == 0x09 { position += 1 }
  }

  /// Blanks, line ends and comments, as they may stand in an array.
  mutating func skipSpace() throws {
    while let byte = current {
      switch byte {
      case 0x20, 0x09, 0x0a: position += 1
      case 0x0d: try carriageReturn()
      case UInt8(ascii: "#"): try comment()
      default: return
      }
    }
  }

  private mutating func carriageReturn() throws {
    guard byte(ahead: 1) == 0x0a else { throw failure("a carriage return without a line feed") }
    position += 2
  }

  private mutating func comment() throws {
    while let byte = current, byte != 0x0a, !(byte == 0x0d && self.byte(ahead: 1) == 0x0a) {
      guard !Self.isControl(byte) else { throw failure("a control character in a comment") }
      position += 1
    }
  }

  static func isControl(_ byte: UInt8) -> Bool { (byte < 0x20 && byte != 0x09) || byte == 0x7f }

  private mutating func endOfLine(after what: String) throws {
    skipBlanks()
    switch current {
    case nil, 0x0a, 0x0d, UInt8(ascii: "#"): return
    default: throw failure("after \(what) the line must end")
    }
  }

  mutating func expect(_ scalar: Unicode.Scalar, _ problem: String) throws {
    guard current == UInt8(ascii: scalar) else { throw failure(problem) }
    position += 1
  }

  // MARK: Lines

  mutating func document() throws -> TOMLTable {
    let root = TOMLTable(.header, at: TOMLPlace(line: 1, column: 1))
    var table = root
    while true {
      try skipSpace()
      guard let byte = current else { return root }
      if byte == UInt8(ascii: "[") {
        section += 1
        table = try header(root)
        try endOfLine(after: "a table's header")
      } else {
        try pair(into: table, depth: 0)
        try endOfLine(after: "a value")
      }
    }
  }

  /// `[a.b]` or `[[a.b]]`: the table that the following lines fill.
  private mutating func header(_ root: TOMLTable) throws -> TOMLTable {
    let start = place()
    position += 1
    let isArray = current == UInt8(ascii: "[")
    if isArray { position += 1 }
    let keys = try dottedKey()
    try expect("]", "a table's header ends with \"]\"")
    if isArray { try expect("]", "the header of an array of tables ends with \"]]\"") }
    var table = root
    for key in keys.dropLast() { table = try enter(key, of: table) }
    let last = keys[keys.count - 1]
    let made = TOMLTable(.header, at: start)
    guard let entry = table.entry(last.name) else {
      table.add(
        last.name, at: last.place,
        TOMLValue(content: isArray ? .tables(TOMLTables(made)) : .table(made), place: start))
      return made
    }
    switch entry.value.content {
    case .tables(let tables) where isArray:
      tables.append(made)
      return made
    case .table(let table) where !isArray && table.origin == .implied:
      table.origin = .header
      return table
    default: throw twice(last, entry)
    }
  }

  /// The table on the way of a header, made where there is none.
  private func enter(_ key: Key, of table: TOMLTable) throws -> TOMLTable {
    guard let entry = table.entry(key.name) else {
      let made = TOMLTable(.implied, at: key.place)
      table.add(key.name, at: key.place, TOMLValue(content: .table(made), place: key.place))
      return made
    }
    switch entry.value.content {
    case .table(let table) where table.origin != .inline: return table
    case .tables(let tables): return tables.all[tables.all.count - 1]
    default: throw twice(key, entry)
    }
  }

  private func twice(_ key: Key, _ entry: TOMLTable.Entry) -> Failure {
    failure(
      "\"\(key.name)\" stands twice", at: key.place,
      hint: "the first one is in line \(entry.key.line); keep one of them")
  }

  /// `a.b = value`
  mutating func pair(into base: TOMLTable, depth: Int) throws {
    let keys = try dottedKey()
    try expect("=", "an equals sign must follow the key")
    skipBlanks()
    var table = base
    for key in keys.dropLast() { table = try dot(key, of: table) }
    let last = keys[keys.count - 1]
    if let entry = table.entry(last.name) { throw twice(last, entry) }
    table.add(last.name, at: last.place, try value(depth: depth))
  }

  /// The table that a dotted key names; only those that dotted keys of the same section made can grow so.
  private func dot(_ key: Key, of table: TOMLTable) throws -> TOMLTable {
    let origin = TOMLTable.Origin.dotted(section: section)
    guard let entry = table.entry(key.name) else {
      let made = TOMLTable(origin, at: key.place)
      table.add(key.name, at: key.place, TOMLValue(content: .table(made), place: key.place))
      return made
    }
    guard case .table(let table) = entry.value.content, table.origin == origin else { throw twice(key, entry) }
    return table
  }

  // MARK: Keys

  /// With the blanks around it.
  private mutating func dottedKey() throws -> [Key] {
    var keys: [Key] = []
    repeat {
      if !keys.isEmpty { position += 1 }
      skipBlanks()
      guard keys.count < TOML.Limits.depth else { throw failure("a key of more than \(TOML.Limits.depth) parts") }
      keys.append(try key())
      skipBlanks()
    } while current == UInt8(ascii: ".")
    return keys
  }

  private mutating func key() throws -> Key {
    let place = place()
    switch current {
    case UInt8(ascii: "\""): return Key(name: try basicString(), place: place)
    case UInt8(ascii: "'"): return Key(name: try literalString(), place: place)
    default: break
    }
    let start = position
    while let byte = current, Self.isBareKey(byte) { position += 1 }
    guard position > start else {
      throw failure(current == nil ? "it ends where a key is expected" : "a key is expected here")
    }
    return Key(name: String(decoding: input[start..<position], as: UTF8.self), place: place)
  }

  static func isBareKey(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x61...0x7a, 0x41...0x5a, 0x30...0x39, UInt8(ascii: "_"), UInt8(ascii: "-"): true
    default: false
    }
  }
}
