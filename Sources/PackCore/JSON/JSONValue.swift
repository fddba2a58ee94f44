/// A JSON document (RFC 8259) as a value. Numbers are integers wherever they can be; packc itself writes no others.
public enum JSONValue: Hashable, Sendable {
  case null
  case bool(Bool)
  case integer(Int64)
  /// Read, never written by packc.
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  public init(stringLiteral value: String) { self = .string(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(integerLiteral value: Int64) { self = .integer(value) }
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(Dictionary(elements, uniquingKeysWith: { _, last in last }))
  }
}

extension JSONValue {
  public init(_ value: some CustomStringConvertible) { self = .string(value.description) }
  public init(strings: some Sequence<String>) { self = .array(strings.map(JSONValue.string)) }
  public init(strings: [String: String]) { self = .object(strings.mapValues(JSONValue.string)) }
  /// An object without the keys whose value is nil.
  public init(compact pairs: [String: JSONValue?]) { self = .object(pairs.compactMapValues { $0 }) }

  public subscript(key: String) -> JSONValue? {
    if case .object(let object) = self { object[key] } else { nil }
  }
  public var string: String? { if case .string(let value) = self { value } else { nil } }
  /// The string when it is a digest.
  public var digest: Digest? { string.flatMap { Digest($0) } }
  public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  public var integer: Int64? { if case .integer(let value) = self { value } else { nil } }
  public var array: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
  public var object: [String: JSONValue]? { if case .object(let value) = self { value } else { nil } }

  /// `object`, `array`, … for messages.
  public var kind: String {
    switch self {
    case .null: "null"
    case .bool: "boolean"
    case .integer, .number: "number"
    case .string: "string"
    case .array: "array"
    case .object: "object"
    }
  }
}

/// Reads fields out of an object and says which one is wrong: `result.steps[2].argv: expected an array, found a string`.
public struct JSONReader: Sendable {
  public let value: JSONValue
  /// `result.steps[2]`; empty at the top.
  public let path: String

  public init(_ value: JSONValue, path: String = "") {
    self.value = value
    self.path = path
  }

  public func failure(_ text: String) -> Failure {
    Failure("bad_json", "\(path.isEmpty ? "document" : path): \(text)", exit: .badInput)
  }
  private func expected(_ what: String) -> Failure { failure("expected \(what), found \(value.kind)") }

  /// The field, or nil when it is missing or null.
  public func optional(_ key: String) throws -> JSONReader? {
    guard let object = value.object else { throw expected("an object") }
    guard let field = object[key], field != .null else { return nil }
    return JSONReader(field, path: path.isEmpty ? key : "\(path).\(key)")
  }
  public func required(_ key: String) throws -> JSONReader {
    guard let field = try optional(key) else { throw failure("the field \"\(key)\" is missing") }
    return field
  }
  public func string() throws -> String {
    guard let value = value.string else { throw expected("a string") }
    return value
  }
  public func bool() throws -> Bool {
    guard let value = value.bool else { throw expected("a boolean") }
    return value
  }
  public func integer(in range: ClosedRange<Int64> = .min ... .max) throws -> Int64 {
    guard let value = value.integer else { throw expected("an integer") }
    guard range.contains(value) else {
      throw failure("\(value) is not between \(range.lowerBound) and \(range.upperBound)")
    }
    return value
  }
  public func array() throws -> [JSONReader] {
    guard let value = value.array else { throw expected("an array") }
    return value.enumerated().map { JSONReader($0.element, path: "\(path)[\($0.offset)]") }
  }
  public func strings() throws -> [String] { try array().map { try $0.string() } }
  public func stringMap() throws -> [String: String] {
    guard let object = value.object else { throw expected("an object") }
    return try object.reduce(into: [:]) { map, pair in
      map[pair.key] = try JSONReader(pair.value, path: "\(path).\(pair.key)").string()
    }
  }
  public func digest() throws -> Digest {
    guard let digest = Digest(try string()) else { throw failure("not a sha256 digest") }
    return digest
  }
}
