public import PackCore

public enum Repository {
  public static let root = HostPath("\(#filePath)").parent.parent.parent
}

/// As much of JSON Schema (draft 2020-12) as the documents in docs/schema use. A keyword that is not among them is a
/// problem of the schema, so that nothing which is written there goes unchecked.
public struct SchemaCheck {
  private let document: JSONValue
  private let start: JSONValue

  private static let annotations: Set<String> = [
    "$schema", "$id", "$defs", "title", "description", "default", "examples", "format",
  ]

  /// A document of docs/schema, or one of its definitions.
  public init(_ name: String, definition: String? = nil) throws {
    let path = Repository.root / "docs/schema" / name
    document = try JSONParser.parse(try FileSystem.read(path), name: path.description)
    guard let definition else {
      start = document
      return
    }
    guard let part = document["$defs"]?[definition] else {
      throw Failure("no_definition", "\(name) does not define \(definition)")
    }
    start = part
  }

  /// One that stands elsewhere.
  public init(document: JSONValue) {
    self.document = document
    start = document
  }

  /// Each place at which the value is not what the schema says.
  public func problems(_ value: JSONValue) -> [String] { problems(value, start, "$") }

  private func problems(_ value: JSONValue, _ schema: JSONValue, _ place: String) -> [String] {
    if let always = schema.bool { return always ? [] : ["\(place): nothing may stand here"] }
    return (schema.object ?? [:]).sorted { $0.key < $1.key }.flatMap { keyword, rule in
      Self.annotations.contains(keyword) ? [] : problems(value, keyword, rule, schema, place)
    }
  }

  private func problems(
    _ value: JSONValue, _ keyword: String, _ rule: JSONValue, _ schema: JSONValue, _ place: String
  ) -> [String] {
    func fits(_ part: JSONValue) -> Bool { problems(value, part, place).isEmpty }
    func wrong(_ isWrong: Bool, _ text: @autoclosure () -> String) -> [String] {
      isWrong ? ["\(place): \(text())"] : []
    }
    let parts = rule.array ?? []
    switch keyword {
    case "$ref":
      let name = rule.string?.split(separator: "/").last.map(String.init) ?? ""
      guard let target = document["$defs"]?[name] else { return ["\(place): the schema has no \(rule)"] }
      return problems(value, target, place)
    case "type":
      let kinds = (rule.array ?? [rule]).compactMap(\.string)
      return wrong(!kinds.contains { Self.has(value, $0) }, "\(value.kind), not \(kinds.joined(separator: " or "))")
    case "const": return wrong(value != rule, "not \(rule)")
    case "enum": return wrong(!parts.contains(value), "not one of \(parts)")
    case "pattern":
      guard let text = value.string else { return [] }
      guard let pattern = rule.string, let regex = try? Regex(pattern) else { return ["\(place): pattern \(rule)"] }
      return wrong(text.firstMatch(of: regex) == nil, "\(text) does not match \(pattern)")
    case "minLength": return wrong((value.string?.unicodeScalars.count).map { $0 < rule.count } ?? false, "too short")
    case "minItems": return wrong((value.array?.count).map { $0 < rule.count } ?? false, "fewer than \(rule.count)")
    case "maxItems": return wrong((value.array?.count).map { $0 > rule.count } ?? false, "more than \(rule.count)")
    case "minimum": return wrong(value.integer.map { $0 < rule.count } ?? false, "less than \(rule.count)")
    case "maximum": return wrong(value.integer.map { $0 > rule.count } ?? false, "more than \(rule.count)")
    case "required":
      guard value.object != nil else { return [] }
      return parts.compactMap(\.string).flatMap { wrong(value[$0] == nil, "no \($0)") }
    case "properties":
      return (rule.object ?? [:]).flatMap { key, part in
        value[key].map { problems($0, part, "\(place).\(key)") } ?? []
      }
    case "additionalProperties":
      let known = schema["properties"]?.object ?? [:]
      return (value.object ?? [:]).filter { known[$0.key] == nil }
        .flatMap { problems($0.value, rule, "\(place).\($0.key)") }
    case "propertyNames":
      return (value.object ?? [:]).keys.sorted().flatMap { problems(.string($0), rule, "\(place).\($0)") }
    case "uniqueItems": return wrong(rule == true && Set(value.array ?? []).count < (value.array ?? []).count, "twice")
    case "items": return (value.array ?? []).enumerated().flatMap { problems($1, rule, "\(place)[\($0)]") }
    case "contains":
      let elements = value.array
      return wrong(elements.map { !$0.contains { problems($0, rule, place).isEmpty } } ?? false, "holds no \(rule)")
    case "allOf": return parts.flatMap { problems(value, $0, place) }
    case "anyOf": return wrong(!parts.contains(where: fits), "none of \(parts.map { problems(value, $0, place) })")
    case "oneOf": return wrong(parts.count(where: fits) != 1, "not exactly one of \(parts.count) shapes")
    case "not": return wrong(fits(rule), "is what it must not be: \(rule)")
    case "if":
      guard let consequence = schema[fits(rule) ? "then" : "else"] else { return [] }
      return problems(value, consequence, place)
    case "then", "else": return []
    default: return ["\(place): the keyword \(keyword) is not checked"]
    }
  }

  private static func has(_ value: JSONValue, _ kind: String) -> Bool {
    switch value {
    case .integer: kind == "integer" || kind == "number"
    case .bool: kind == "boolean"
    default: value.kind == kind
    }
  }
}

extension JSONValue {
  /// The number of a keyword that takes one.
  fileprivate var count: Int64 { integer ?? 0 }
}
