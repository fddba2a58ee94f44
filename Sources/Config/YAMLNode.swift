internal import PackCore

/// A YAML document as a tree in which every node knows its place. Scalars keep the text that was written: whether `8080`
/// is a number, a port or a string is for the place in the schema to say, not for YAML's guesses.
struct YAMLNode {
  /// Line and column from 1, column in characters.
  struct Mark {
    var line: Int
    var column: Int
  }
  enum Content {
    /// `plain`: written without quotes and without a `!!str` tag.
    case scalar(String, plain: Bool)
    case sequence([YAMLNode])
    case mapping([Pair])
  }
  struct Pair {
    var key: String
    var keyMark: Mark
    var value: YAMLNode
  }

  var content: Content
  var mark: Mark
  /// Nodes in this tree with every alias written out: what an anchor costs each time it is used.
  var weight: Int
  /// Levels of nesting, 1 for a scalar.
  var height: Int

  /// `~`, `null` or nothing at all.
  var isNull: Bool {
    if case .scalar(let text, plain: true) = content {
      ["", "~", "null", "Null", "NULL"].contains(text)
    } else {
      false
    }
  }

  /// For messages: what was found.
  var kind: String {
    switch content {
    case .scalar(let text, let plain):
      if isNull { return "nothing" }
      return plain ? "\(Self.excerpt(text))" : "the string \"\(Self.excerpt(text))\""
    case .sequence: return "a list"
    case .mapping: return "a mapping"
    }
  }

  /// At most forty characters, without control characters.
  static func excerpt(_ text: String) -> String {
    let clean = String(
      text.prefix(41).map { $0.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7f } ? " " : $0 })
    return clean.count > 40 ? clean.prefix(40) + "…" : clean
  }
}

/// What may stand in a document, against one that is made to hurt.
enum YAMLLimits {
  static let bytes = 1 << 20
  static let depth = 32
  /// Nodes with aliases written out: a few lines of nested anchors otherwise stand for billions.
  static let nodes = 50_000
}
