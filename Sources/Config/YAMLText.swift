public import PackCore

/// A YAML document of somebody else's format as JSON: mappings, lists and strings, whatever YAML would make of a scalar.
/// Within the limits of `unik.yaml`; errors have path, line and column.
public enum YAMLText {
  /// nil for a document without content.
  public static func json(_ bytes: [UInt8], path: String) throws -> JSONValue? {
    try YAMLDocument.parse(bytes, path: path).map(json)
  }

  private static func json(_ node: YAMLNode) -> JSONValue {
    switch node.content {
    case .scalar(let text, _): node.isNull ? .null : .string(text)
    case .sequence(let nodes): .array(nodes.map(json))
    case .mapping(let pairs):
      .object(Dictionary(pairs.map { ($0.key, json($0.value)) }, uniquingKeysWith: { _, last in last }))
    }
  }
}
