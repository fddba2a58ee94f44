internal import PackCore

/// Reads keys out of a document and says which one is wrong, and where: `Cargo.toml:3:9: package.name: expected a string,
/// found an integer`.
struct TOMLReader {
  let value: TOMLValue
  /// The file, for errors.
  let path: String
  /// `package.name`; empty at the top.
  let key: String

  init(_ table: TOMLTable, path: String) {
    self.init(TOMLValue(content: .table(table), place: table.place), path: path, key: "")
  }
  private init(_ value: TOMLValue, path: String, key: String) {
    self.value = value
    self.path = path
    self.key = key
  }

  var location: SourceLocation { value.place.location(path) }

  func failure(_ problem: String, hint: String? = nil) -> Failure {
    Failure("bad_toml", (key.isEmpty ? "" : "\(key): ") + problem, hint: hint, at: location, exit: .badInput)
  }
  private func expected(_ what: String) -> Failure { failure("expected \(what), found \(value.kind)") }

  func optional(_ name: String) throws -> TOMLReader? {
    guard let value = try table()[name] else { return nil }
    return TOMLReader(value, path: path, key: key.isEmpty ? name : "\(key).\(name)")
  }
  func required(_ name: String) throws -> TOMLReader {
    guard let found = try optional(name) else { throw failure("the key \"\(name)\" is missing") }
    return found
  }
  func table() throws -> TOMLTable {
    guard let table = value.table else { throw expected("a table") }
    return table
  }
  func string() throws -> String {
    guard let string = value.string else { throw expected("a string") }
    return string
  }
  func bool() throws -> Bool {
    guard let bool = value.bool else { throw expected("a boolean") }
    return bool
  }
  func array() throws -> [TOMLReader] {
    guard let array = value.array else { throw expected("an array") }
    return array.enumerated().map { TOMLReader($0.element, path: path, key: "\(key)[\($0.offset)]") }
  }
  func strings() throws -> [String] { try array().map { try $0.string() } }
  /// The keys of a table with their values, in the order of the file.
  func fields() throws -> [(name: String, field: TOMLReader)] {
    let table = try table()
    return try table.keys.compactMap { name in try optional(name).map { (name, $0) } }
  }
}
