/// A choice that packc or a pack made, with the file that made it: `go version 1.22 ← go.mod`.
public struct Decision: Hashable, Sendable {
  public var what: String
  public var value: String
  public var source: String

  public init(what: String, value: String, source: String) {
    self.what = what
    self.value = value
    self.source = source
  }

  public init(_ reader: JSONReader) throws {
    what = try reader.required("what").string()
    value = try reader.required("value").string()
    source = try reader.required("source").string()
  }

  public var json: JSONValue { ["what": .string(what), "value": .string(value), "source": .string(source)] }
}
