internal import PackCore

/// Writes JSON values as a TOML document: what buildpacks read of packc. Keys are sorted; a table is a section of its own.
enum TOMLText {
  /// `root` is an object; null has no form in TOML and is left out.
  static func write(_ root: JSONValue) -> String {
    var lines: [String] = []
    section([], root.object ?? [:], &lines)
    return lines.map { $0 + "\n" }.joined()
  }

  private static func section(_ path: [String], _ object: [String: JSONValue], _ lines: inout [String]) {
    let pairs = object.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    for (key, value) in pairs where tables(value) == nil {
      if let text = inline(value) { lines.append("\(word(key)) = \(text)") }
    }
    for (key, value) in pairs {
      guard let (tables, isList) = tables(value) else { continue }
      let place = path + [key]
      let name = place.map(word).joined(separator: ".")
      for table in tables {
        if !lines.isEmpty { lines.append("") }
        lines.append(isList ? "[[\(name)]]" : "[\(name)]")
        section(place, table, &lines)
      }
    }
  }

  /// A table, or a list of nothing but tables.
  private static func tables(_ value: JSONValue) -> (tables: [[String: JSONValue]], isList: Bool)? {
    if let object = value.object { return ([object], false) }
    guard let array = value.array, !array.isEmpty else { return nil }
    let objects = array.compactMap(\.object)
    return objects.count == array.count ? (objects, true) : nil
  }

  private static func inline(_ value: JSONValue) -> String? {
    switch value {
    case .null: nil
    case .bool(let bool): bool ? "true" : "false"
    case .integer(let integer): String(integer)
    case .number(let number): number.isNaN ? "nan" : number.isInfinite ? (number < 0 ? "-inf" : "inf") : String(number)
    case .string(let string): quoted(string)
    case .array(let array): "[" + array.compactMap(inline).joined(separator: ", ") + "]"
    case .object(let object):
      "{"
        + object.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        .compactMap { pair in inline(pair.value).map { "\(word(pair.key)) = \($0)" } }.joined(separator: ", ") + "}"
    }
  }

  /// A key: bare when it can be.
  private static func word(_ key: String) -> String {
    let isBare = key.utf8.allSatisfy {
      (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0) || $0 == 0x2d || $0 == 0x5f
    }
    return isBare && !key.isEmpty ? key : quoted(key)
  }

  private static func quoted(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\t": out += "\\t"
      case "\r": out += "\\r"
      case _ where scalar.value < 0x20 || scalar.value == 0x7f:
        let digits = String(scalar.value, radix: 16)
        out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }
}
