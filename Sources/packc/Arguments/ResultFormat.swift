internal import PackCore

/// `--format` of commands that show a list: a table for people, or the document of `--json` as JSON or YAML.
enum ResultFormat: String, CaseIterable {
  case table, json, yaml

  static let flag = Flag(
    "format", value: "table|json|yaml", help: "how it is shown (default: table; --json is --format json)")

  init(_ invocation: Invocation) throws {
    guard let text = invocation.string("format") else {
      self = invocation.output.json ? .json : .table
      return
    }
    guard let format = Self(rawValue: text) else {
      let known = Self.allCases.map(\.rawValue)
      throw Failure(
        "wrong_usage", "--format \(text): expected table, json or yaml",
        hint: Suggestion.nearest(to: text, in: known).map { "did you mean \($0)?" }, exit: .usage)
    }
    guard !invocation.output.json || format == .json else {
      throw Failure("wrong_usage", "--json and --format \(text) exclude each other", exit: .usage)
    }
    self = format
  }

  func bytes(_ document: JSONValue, table: () -> String) -> [UInt8] {
    switch self {
    case .table: Array(table().utf8)
    case .json: CanonicalJSON.encodePretty(document)
    // Several of them, one behind the other, are a stream of documents.
    case .yaml: Array(("---\n" + YAMLOutput.text(document)).utf8)
    }
  }
}
