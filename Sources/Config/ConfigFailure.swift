internal import PackCore

/// The errors of `unik.yaml`, each made in one place; all of them are wrong input (65).
enum ConfigFailure {
  typealias Mark = YAMLNode.Mark

  private static func make(
    _ code: String, _ path: String, _ mark: Mark?, _ message: String, hint: String
  ) -> Failure {
    Failure(
      code, message, hint: hint, at: SourceLocation(path: path, line: mark?.line, column: mark?.column), exit: .badInput
    )
  }

  static func tooLarge(_ path: String, _ count: Int) -> Failure {
    make(
      "unik_yaml_too_large", path, nil, "the file has \(count) bytes; the limit is \(YAMLLimits.bytes)",
      hint: "keep data in files of their own and name them under artifact.files")
  }
  static func notUTF8(_ path: String, line: Int, column: Int) -> Failure {
    make(
      "unik_yaml_not_utf8", path, Mark(line: line, column: column), "the file is not UTF-8",
      hint: "save it as UTF-8 (for example: iconv -f LATIN1 -t UTF-8)")
  }

  /// libyaml's own words, and what usually mends it.
  static func syntax(_ path: String, line: Int, column: Int, problem: String, context: String?) -> Failure {
    let message = "not valid YAML: \(problem)" + (context.map { " (\($0))" } ?? "")
    let hint =
      if problem.contains("cannot start any token") {
        "indent with spaces, never with tabs, and quote values that begin with @, `, % or a tab"
      } else if problem.contains("mapping values are not allowed") {
        "quote values that contain \": \", and check the indentation of this line"
      } else if problem.contains("control characters") || problem.contains("invalid") {
        "remove the character at this place"
      } else if problem.contains("did not find expected") {
        "check indentation, brackets and quotes at this line and above it"
      } else {
        "check this line and the one above it"
      }
    return make("unik_yaml_syntax", path, Mark(line: line, column: column), message, hint: hint)
  }

  static func severalDocuments(_ path: String, _ mark: Mark) -> Failure {
    make(
      "unik_yaml_several_documents", path, mark, "a second document begins here (\"---\")",
      hint: "keep one document; a project has one unik.yaml")
  }
  static func tag(_ path: String, _ mark: Mark, _ tag: String) -> Failure {
    make(
      "unik_yaml_tag", path, mark, "the tag \(YAMLNode.excerpt(tag)) is not supported",
      hint: "remove the tag; only !!str, !!map and !!seq may be written")
  }
  static func tooDeep(_ path: String, _ mark: Mark) -> Failure {
    make(
      "unik_yaml_too_deep", path, mark, "nested deeper than \(YAMLLimits.depth) levels", hint: "flatten this part")
  }
  static func keyNotText(_ path: String, _ mark: Mark) -> Failure {
    make("unik_yaml_key", path, mark, "a key must be text", hint: "write `name: value`, one name a line")
  }
  static func unknownAnchor(_ path: String, _ mark: Mark, _ name: String) -> Failure {
    make(
      "unik_yaml_anchor", path, mark, "the alias *\(YAMLNode.excerpt(name)) has no anchor that ends before it",
      hint: "define &\(YAMLNode.excerpt(name)) above; a value cannot contain itself")
  }
  static func tooManyNodes(_ path: String, _ mark: Mark) -> Failure {
    make(
      "unik_yaml_too_many_values", path, mark,
      "more than \(YAMLLimits.nodes) values, with aliases written out",
      hint: "use fewer aliases")
  }
  static func mergeKey(_ path: String, _ mark: Mark) -> Failure {
    make(
      "unik_yaml_merge", path, mark, "merge keys (\"<<\") are not part of YAML 1.2 and are not supported",
      hint: "write the keys out")
  }
  static func duplicateKey(_ path: String, _ mark: Mark, _ key: String) -> Failure {
    make(
      "unik_yaml_duplicate_key", path, mark, "the key \"\(YAMLNode.excerpt(key))\" stands twice in this mapping",
      hint: "keep one of them")
  }

  /// One failure for what the schema found wrong: the place and next step of the first, and the others as a list.
  static func invalid(_ path: String, _ issues: [Issue]) -> Failure {
    let sorted = issues.sorted { ($0.mark.line, $0.mark.column) < ($1.mark.line, $1.mark.column) }
    let first = sorted[0]
    var message = first.message
    for issue in sorted.dropFirst().prefix(Issue.shown - 1) {
      let place = SourceLocation(path: path, line: issue.mark.line, column: issue.mark.column)
      message += "\n\(place): \(issue.message)" + (issue.hint.map { " (\($0))" } ?? "")
    }
    if sorted.count > Issue.shown { message += "\nand \(sorted.count - Issue.shown) more" }
    return make(
      "unik_yaml_invalid", path, first.mark, message, hint: first.hint ?? "see docs/unik-yaml.md for every key")
  }
}

/// One thing that is wrong with a value.
struct Issue {
  static let shown = 10
  var mark: YAMLNode.Mark
  var message: String
  var hint: String?
}
