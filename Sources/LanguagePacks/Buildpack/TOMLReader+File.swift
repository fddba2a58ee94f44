internal import PackCore

extension TOMLReader {
  /// The root of a file.
  init(_ bytes: [UInt8], path: String) throws { self.init(try TOML.parse(bytes, path: path), path: path) }
}

extension TOMLValue {
  /// As JSON, for what packc hands from one buildpack to another; dates become strings.
  var json: JSONValue {
    switch content {
    case .string(let text), .date(let text): .string(text)
    case .integer(let number): .integer(number)
    case .float(let number): .number(number)
    case .bool(let bool): .bool(bool)
    case .array(let values): .array(values.map(\.json))
    case .table(let table): .object(table.json)
    case .tables(let tables): .array(tables.all.map { .object($0.json) })
    }
  }
}

extension TOMLTable {
  var json: [String: JSONValue] { keys.reduce(into: [:]) { $0[$1] = self[$1]?.json } }
}
