internal import PackCore

/// Reads values out of the tree by what the schema wants in their place. A value that is wrong is noted with its place
/// and read as nil, so that one run shows all that is wrong.
final class NodeReader {
  let path: String
  private(set) var issues: [Issue] = []

  init(path: String) { self.path = path }

  func report(_ mark: YAMLNode.Mark, _ message: String, hint: String? = nil) {
    issues.append(Issue(mark: mark, message: message, hint: hint))
  }
  private func expected(_ what: String, _ node: YAMLNode, _ name: String, hint: String? = nil) {
    report(node.mark, "\(name): expected \(what), found \(node.kind)", hint: hint)
  }

  func location(_ mark: YAMLNode.Mark) -> SourceLocation {
    SourceLocation(path: path, line: mark.line, column: mark.column)
  }

  // MARK: Collections

  /// The values of a mapping by key, after every key was found in `keys`. A key with nothing after it counts as not
  /// written.
  func section(_ node: YAMLNode, _ name: String, keys: [String]) -> [String: YAMLNode]? {
    guard let pairs = pairs(node, name) else { return nil }
    var found: [String: YAMLNode] = [:]
    for pair in pairs {
      guard keys.contains(pair.key) else {
        unknown(pair, in: name, keys: keys)
        continue
      }
      if !pair.value.isNull { found[pair.key] = pair.value }
    }
    return found
  }

  private func unknown(_ pair: YAMLNode.Pair, in name: String, keys: [String]) {
    let place = name.isEmpty ? "" : " in \(name)"
    let question = Suggestion.question(for: pair.key, in: keys).map { "; \($0)" } ?? ""
    report(
      pair.keyMark, "unknown key \"\(YAMLNode.excerpt(pair.key))\"\(place)\(question)",
      hint: "the keys\(name.isEmpty ? "" : " of \(name)") are: \(keys.sorted().joined(separator: ", "))")
  }

  func pairs(_ node: YAMLNode, _ name: String) -> [YAMLNode.Pair]? {
    if case .mapping(let pairs) = node.content { return pairs }
    if node.isNull { return [] }
    expected("a mapping (key: value)", node, name.isEmpty ? "unik.yaml" : name)
    return nil
  }

  /// The elements that could be read; nil only when there is no list.
  func list<Element>(_ node: YAMLNode, _ name: String, _ element: (YAMLNode, String) -> Element?) -> [Element]? {
    guard case .sequence(let items) = node.content else {
      let last = name.split(separator: ".").last ?? "it"
      if case .mapping(let pairs) = node.content, let key = pairs.first?.key {
        expected("a list", node, name, hint: "begin each entry of \(last) with a dash: - \(YAMLNode.excerpt(key)): …")
      } else {
        expected("a list", node, name, hint: "write \(last): [\(example(node))]")
      }
      return nil
    }
    return items.enumerated().compactMap { element($0.element, "\(name)[\($0.offset)]") }
  }
  private func example(_ node: YAMLNode) -> String {
    if case .scalar(let text, _) = node.content, !text.isEmpty { YAMLNode.excerpt(text) } else { "first, second" }
  }

  // MARK: Scalars

  /// Any scalar as the text that was written: `8080`, `no` and `1.10` are what they look like.
  func text(_ node: YAMLNode, _ name: String, or what: String = "text") -> String? {
    guard case .scalar(let text, _) = node.content, !node.isNull else {
      expected(what, node, name, hint: node.isNull ? "write \"\" for empty text" : nil)
      return nil
    }
    guard !text.utf8.contains(0) else {
      report(node.mark, "\(name): text cannot hold a NUL character", hint: "remove \\0")
      return nil
    }
    return text
  }

  func bool(_ node: YAMLNode, _ name: String) -> Bool? {
    guard case .scalar(let text, plain: true) = node.content, let value = ["true": true, "false": false][text] else {
      var hint: String?
      if case .scalar(let text, _) = node.content {
        let meant = ["yes", "on", "y", "true"].contains(text.lowercased()) ? "true" : "false"
        hint = "write \(meant), without quotes"
      }
      expected("true or false", node, name, hint: hint)
      return nil
    }
    return value
  }

  func integer(_ node: YAMLNode, _ name: String, in range: ClosedRange<Int>) -> Int? {
    guard case .scalar(let text, _) = node.content, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
      let value = Int(text)
    else {
      expected("a whole number", node, name)
      return nil
    }
    guard range.contains(value) else {
      report(node.mark, "\(name): \(value) is not between \(range.lowerBound) and \(range.upperBound)")
      return nil
    }
    return value
  }

  /// A value type that parses from text; `what` says what is expected, `hint` may look at the wrong text.
  func value<Value>(
    _ node: YAMLNode, _ name: String, _ what: String, hint: (String) -> String? = { _ in nil },
    _ parse: (String) -> Value?
  ) -> Value? {
    guard let text = text(node, name, or: what) else { return nil }
    if let value = parse(text) { return value }
    report(node.mark, "\(name): \"\(YAMLNode.excerpt(text))\" is not \(what)", hint: hint(text))
    return nil
  }

  /// One of a closed set of words.
  func word<Value: RawRepresentable & CaseIterable>(_ node: YAMLNode, _ name: String, _ type: Value.Type) -> Value?
  where Value.RawValue == String {
    let words = Value.allCases.map(\.rawValue)
    return value(
      node, name, "one of \(words.joined(separator: ", "))", hint: { Suggestion.question(for: $0, in: words) },
      Value.init(rawValue:))
  }

  /// A path below the project: relative, `./` before it is allowed.
  func projectPath(_ node: YAMLNode, _ name: String) -> RootPath? {
    value(
      node, name, "a path below the project",
      hint: { $0.hasPrefix("/") ? "write it relative to the project's directory" : "remove \"..\", \".\" and \"//\"" },
      UnikPath.project)
  }

  /// An absolute path in the image.
  func imagePath(_ node: YAMLNode, _ name: String) -> RootPath? {
    value(
      node, name, "an absolute path in the image",
      hint: { $0.hasPrefix("/") ? "remove \"..\", \".\" and \"//\"" : "begin it with \"/\"" }, UnikPath.image)
  }

  /// `NAME: value`, the values as written.
  func environment(_ node: YAMLNode, _ name: String) -> [String: String]? {
    guard let pairs = pairs(node, name) else { return nil }
    var map: [String: String] = [:]
    for pair in pairs {
      guard EnvironmentName.isValid(pair.key) else {
        report(
          pair.keyMark, "\(name): \"\(YAMLNode.excerpt(pair.key))\" is not a name of an environment variable",
          hint: "letters, digits, \"_\", \".\" and \"-\", not beginning with a digit")
        continue
      }
      if let text = text(pair.value, "\(name).\(pair.key)") { map[pair.key] = text }
    }
    return map
  }
}

/// The two kinds of paths in `unik.yaml`.
enum UnikPath {
  static func project(_ text: String) -> RootPath? {
    var text = text
    while text.hasPrefix("./") { text.removeFirst(2) }
    if text == "." { return .root }
    return text.hasPrefix("/") || text.isEmpty ? nil : RootPath(text)
  }
  static func image(_ text: String) -> RootPath? { text.hasPrefix("/") ? RootPath(text) : nil }
}
