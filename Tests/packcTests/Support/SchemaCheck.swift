import PackCore
import XCTest

enum Repository {
  static let root = HostPath("\(#filePath)").parent.parent.parent.parent
}

/// As much of JSON Schema (draft 2020-12) as the documents in docs/schema use: type, enum, required, properties, items,
/// minimum, pattern, and $ref to a definition of the same document.
struct SchemaCheck {
  private let schema: JSONValue

  init(_ name: String) throws {
    let path = Repository.root / "docs/schema" / name
    schema = try JSONParser.parse(try FileSystem.read(path), name: path.description)
  }

  /// Each place at which the value is not what the schema says.
  func problems(_ value: JSONValue) -> [String] { problems(value, schema, "$") }

  private func problems(_ value: JSONValue, _ schema: JSONValue, _ place: String) -> [String] {
    if let reference = schema["$ref"]?.string {
      let name = reference.split(separator: "/").last.map(String.init) ?? ""
      guard let target = self.schema["$defs"]?[name] else { return ["\(place): the schema has no \(reference)"] }
      return problems(value, target, place)
    }
    let kinds = schema["type"].map { $0.array ?? [$0] }?.compactMap(\.string)
    if let kinds, !kinds.contains(where: { Self.fits(value, $0) }) {
      return ["\(place): \(value.kind), not \(kinds.joined(separator: " or "))"]
    }
    var out: [String] = []
    if let choices = schema["enum"]?.array, !choices.contains(value) { out.append("\(place): not one of \(choices)") }
    if let pattern = schema["pattern"]?.string, let text = value.string {
      guard let regex = try? Regex(pattern) else { return ["\(place): the pattern \(pattern) cannot be read"] }
      if text.firstMatch(of: regex) == nil { out.append("\(place): \(text) does not match \(pattern)") }
    }
    if let least = schema["minimum"]?.integer, let number = value.integer, number < least {
      out.append("\(place): \(number) is less than \(least)")
    }
    for key in schema["required"]?.array?.compactMap(\.string) ?? [] where value.object != nil && value[key] == nil {
      out.append("\(place): no \(key)")
    }
    for (key, part) in schema["properties"]?.object ?? [:] {
      if let member = value[key] { out += problems(member, part, "\(place).\(key)") }
    }
    if let item = schema["items"] {
      for (index, member) in (value.array ?? []).enumerated() { out += problems(member, item, "\(place)[\(index)]") }
    }
    return out
  }

  private static func fits(_ value: JSONValue, _ kind: String) -> Bool {
    switch value {
    case .integer: kind == "integer" || kind == "number"
    default: value.kind == kind
    }
  }
}
