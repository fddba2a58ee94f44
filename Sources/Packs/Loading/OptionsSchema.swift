public import PackCore

/// `options_schema` of `pack.json`: the part of JSON Schema (draft 2020-12) that options need. A keyword outside of it is
/// an error of the manifest, so that nothing which is written there goes unchecked.
public struct OptionsSchema: Sendable {
  private indirect enum Node: Sendable {
    case anything
    case schema(
      types: [String], values: [JSONValue]?, properties: [String: Node], required: [String], closed: Bool,
      items: Node?, range: ClosedRange<Int64>)
  }
  private let root: Node
  /// As it is written.
  private let source: JSONValue

  private static let keywords: Set<String> = [
    "type", "enum", "properties", "required", "additionalProperties", "items", "minimum", "maximum",
    // Without a meaning for validation.
    "description", "title", "default", "examples", "$schema",
  ]
  private static let types: Set<String> = ["object", "array", "string", "integer", "boolean", "null", "number"]

  /// Without a schema, the pack takes no options.
  init(_ reader: JSONReader?) throws {
    source = reader?.value ?? .null
    root =
      try reader.map(Self.node)
      ?? .schema(
        types: ["object"], values: nil, properties: [:], required: [], closed: true, items: nil,
        range: .min ... .max)
  }

  private static func node(_ reader: JSONReader) throws -> Node {
    if reader.value == true { return .anything }
    guard let object = reader.value.object else { throw reader.failure("a schema is an object or true") }
    if let unknown = object.keys.sorted().first(where: { !keywords.contains($0) }) {
      throw reader.failure("the keyword \"\(unknown)\" is not one that packc checks")
    }
    var types: [String] = []
    if let type = try reader.optional("type") {
      types = type.value.string.map { [$0] } ?? []
      if types.isEmpty { types = try type.strings() }
      guard types.allSatisfy(Self.types.contains) else { throw type.failure("unknown type") }
    }
    var properties: [String: Node] = [:]
    if let field = try reader.optional("properties") {
      for (key, value) in field.value.object ?? [:] {
        properties[key] = try node(JSONReader(value, path: "\(field.path).\(key)"))
      }
    }
    let low = try reader.optional("minimum")?.integer() ?? .min
    let high = try reader.optional("maximum")?.integer() ?? .max
    guard low <= high else { throw reader.failure("minimum is above maximum") }
    return .schema(
      types: types, values: try reader.optional("enum")?.array().map(\.value), properties: properties,
      required: try reader.optional("required")?.strings() ?? [],
      closed: try reader.optional("additionalProperties")?.bool() == false,
      items: try reader.optional("items").map(node), range: low...high)
  }

  /// Throws a failure that names the option: `options.app: expected string`.
  public func validate(_ options: JSONValue) throws { try Self.check(options, Self.Path("options"), root) }

  private struct Path {
    let text: String
    init(_ text: String) { self.text = text }
    func failure(_ message: String, hint: String? = nil) -> Failure { PacksFailure.options(text, message, hint: hint) }
  }

  private static func check(_ value: JSONValue, _ path: Path, _ node: Node) throws {
    guard case .schema(let types, let values, let properties, let required, let closed, let items, let range) = node
    else { return }
    guard types.isEmpty || types.contains(where: { has(value, type: $0) }) else {
      throw path.failure("expected \(types.joined(separator: " or ")), found \(value.kind)")
    }
    if let values, !values.contains(value) {
      let known = values.map { CanonicalJSON.string($0) }.joined(separator: ", ")
      throw path.failure("expected one of \(known)")
    }
    if let number = value.integer, !range.contains(number) {
      throw path.failure("\(number) is not between \(range.lowerBound) and \(range.upperBound)")
    }
    if let object = value.object {
      for key in required where object[key] == nil { throw path.failure("\"\(key)\" is missing") }
      for (key, element) in object.sorted(by: { $0.key < $1.key }) {
        let below = Path("\(path.text).\(key)")
        if let property = properties[key] {
          try check(element, below, property)
        } else if closed {
          let near = Suggestion.nearest(to: key, in: properties.keys).map { "did you mean \"\($0)\"?" }
          let known = properties.isEmpty ? nil : "known: \(properties.keys.sorted().joined(separator: ", "))"
          throw below.failure("the pack has no such option", hint: near ?? known)
        }
      }
    }
    if let array = value.array, let items {
      for (index, element) in array.enumerated() { try check(element, Path("\(path.text)[\(index)]"), items) }
    }
  }

  private static func has(_ value: JSONValue, type: String) -> Bool {
    switch (value, type) {
    case (.object, "object"), (.array, "array"), (.string, "string"), (.integer, "integer"), (.bool, "boolean"),
      (.null, "null"), (.integer, "number"), (.number, "number"):
      true
    default: false
    }
  }
}

extension OptionsSchema {
  /// Whether the schema names this option at its top.
  public func takes(_ name: String) -> Bool {
    guard case .schema(_, _, let properties, _, let isClosed, _, _) = root else { return true }
    return properties[name] != nil || !isClosed
  }
}

/// One option of a pack, for people.
public struct PackOption: Sendable {
  public let name: String
  /// `string`, `array of string`, `"a" or "b"`
  public let type: String
  public let description: String?
  public let isRequired: Bool

  public var json: JSONValue {
    JSONValue(compact: [
      "name": .string(name), "type": .string(type), "required": .bool(isRequired),
      "description": description.map(JSONValue.string),
    ])
  }
}

extension OptionsSchema {
  /// The options that the schema names at its top, sorted.
  public var options: [PackOption] {
    let required = Set((source["required"]?.array ?? []).compactMap(\.string))
    return (source["properties"]?.object ?? [:])
      .sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      .map { name, schema in
        PackOption(
          name: name, type: Self.type(of: schema), description: schema["description"]?.string,
          isRequired: required.contains(name))
      }
  }

  private static func type(of schema: JSONValue) -> String {
    if let values = schema["enum"]?.array { return values.map(CanonicalJSON.string).joined(separator: " or ") }
    let types = schema["type"]?.string.map { [$0] } ?? (schema["type"]?.array ?? []).compactMap(\.string)
    if types == ["array"], let items = schema["items"] { return "array of \(type(of: items))" }
    return types.isEmpty ? "anything" : types.joined(separator: " or ")
  }
}
