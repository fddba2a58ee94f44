internal import PackCore

/// A TOML document (https://toml.io/en/v1.0.0, and what 1.1 adds, since Cargo reads it): Cargo.toml, pyproject.toml,
/// poetry.lock, uv.lock.
enum TOML {
  enum Limits {
    static let bytes = 16 << 20
    /// Of arrays and inline tables in each other, and of the parts of a dotted key.
    static let depth = 64
  }

  /// The root table. `path` is what errors name.
  static func parse(_ bytes: [UInt8], path: String) throws -> TOMLTable {
    guard bytes.count <= Limits.bytes else {
      throw Failure(
        "bad_toml", "the file has \(bytes.count) bytes; the limit is \(Limits.bytes)",
        hint: "no manifest or lock file is that large; is it the right file?", at: SourceLocation(path: path),
        exit: .badInput)
    }
    return try bytes.withUnsafeBufferPointer { input in
      var parser = try TOMLParser(input, path: path)
      return try parser.document()
    }
  }
}

/// Where a key or a value begins; both count from 1, the column in characters.
struct TOMLPlace: Hashable {
  let line: Int
  let column: Int

  func location(_ path: String) -> SourceLocation { SourceLocation(path: path, line: line, column: column) }
}

/// A table. Made once by the parser and not changed after that.
final class TOMLTable {
  struct Entry {
    let key: TOMLPlace
    let value: TOMLValue
  }

  /// How a table came to be, which decides what may still be added to it.
  enum Origin: Equatable {
    /// `[a.b]`
    case header
    /// The `a` of `[a.b]`.
    case implied
    /// The `a` of `a.b = 1`; it is complete at the end of that section of the file.
    case dotted(section: Int)
    /// `{b = 1}`
    case inline
  }

  /// In the order of the file.
  private(set) var keys: [String] = []
  private var entries: [String: Entry] = [:]
  var origin: Origin
  let place: TOMLPlace

  init(_ origin: Origin, at place: TOMLPlace) {
    self.origin = origin
    self.place = place
  }

  subscript(_ key: String) -> TOMLValue? { entries[key]?.value }
  /// With the place of its key.
  func entry(_ key: String) -> Entry? { entries[key] }
  var isEmpty: Bool { keys.isEmpty }

  /// At the end of a way of tables: `first("tool", "poetry", "dependencies")`.
  func first(_ keys: String...) -> TOMLValue? {
    var table: TOMLTable? = self
    for key in keys.dropLast() { table = table?[key]?.table }
    return keys.last.flatMap { table?[$0] }
  }

  func add(_ key: String, at place: TOMLPlace, _ value: TOMLValue) {
    keys.append(key)
    entries[key] = Entry(key: place, value: value)
  }
}

struct TOMLValue {
  enum Content {
    case string(String)
    case integer(Int64)
    case float(Double)
    case bool(Bool)
    /// A date, a time or both, as it is written.
    case date(String)
    case array([TOMLValue])
    case table(TOMLTable)
    /// `[[a]]`
    case tables(TOMLTables)
  }
  let content: Content
  let place: TOMLPlace

  var string: String? { if case .string(let value) = content { value } else { nil } }
  var integer: Int64? { if case .integer(let value) = content { value } else { nil } }
  var bool: Bool? { if case .bool(let value) = content { value } else { nil } }
  var table: TOMLTable? { if case .table(let value) = content { value } else { nil } }
  var array: [TOMLValue]? {
    switch content {
    case .array(let values): values
    case .tables(let tables): tables.all.map { TOMLValue(content: .table($0), place: $0.place) }
    default: nil
    }
  }
  /// The tables of `[[a]]`, or of an array that holds nothing else.
  var tables: [TOMLTable]? {
    if case .tables(let tables) = content { return tables.all }
    guard let array else { return nil }
    let tables = array.compactMap(\.table)
    return tables.count == array.count ? tables : nil
  }
  /// nil when one of them is something else.
  var strings: [String]? {
    guard let array else { return nil }
    let strings = array.compactMap(\.string)
    return strings.count == array.count ? strings : nil
  }
  subscript(_ key: String) -> TOMLValue? { table?[key] }

  /// `string`, `array`, … for messages.
  var kind: String {
    switch content {
    case .string: "a string"
    case .integer: "an integer"
    case .float: "a number"
    case .bool: "a boolean"
    case .date: "a date"
    case .array, .tables: "an array"
    case .table: "a table"
    }
  }
}

/// The tables of `[[a]]`, to which every such header of the file adds one.
final class TOMLTables {
  private(set) var all: [TOMLTable]
  init(_ first: TOMLTable) { all = [first] }
  func append(_ table: TOMLTable) { all.append(table) }
}
