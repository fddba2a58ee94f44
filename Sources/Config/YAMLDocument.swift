internal import CYaml
internal import PackCore

/// Reads one YAML document through libyaml's events (yaml_parser_parse): libyaml knows YAML, this builds the tree, keeps
/// the positions and holds the limits. Nothing here recurses over the input.
enum YAMLDocument {
  /// The root node, or nil for a document without content (empty, or only comments).
  static func parse(_ bytes: [UInt8], path: String) throws -> YAMLNode? {
    guard bytes.count <= YAMLLimits.bytes else { throw ConfigFailure.tooLarge(path, bytes.count) }
    let text = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? Array(bytes.dropFirst(3)) : bytes
    try checkEncoding(text, path: path)
    return try text.withUnsafeBufferPointer { input in
      let parser = try YAMLParser(input: input, path: path)
      var builder = YAMLTreeBuilder(path: path)
      while try !builder.take(parser.next()) {}
      return builder.root
    }
  }

  private static func checkEncoding(_ bytes: [UInt8], path: String) throws {
    guard String(validating: bytes, as: UTF8.self) == nil else { return }
    var parser = Unicode.UTF8.ForwardParser()
    var iterator = bytes.makeIterator()
    var valid = 0
    while case .valid(let character) = parser.parseScalar(from: &iterator) { valid += character.count }
    let before = bytes[..<valid]
    let line = before.count(where: { $0 == UInt8(ascii: "\n") }) + 1
    let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    let column = before[start...].count(where: { $0 & 0xc0 != 0x80 }) + 1
    throw ConfigFailure.notUTF8(path, line: line, column: column)
  }
}

/// libyaml's parser with one owner.
struct YAMLParser: ~Copyable {
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let path: String

  /// `input` must stay where it is for the parser's life.
  init(input: UnsafeBufferPointer<UInt8>, path: String) throws {
    self.path = path
    parser = .allocate(capacity: 1)
    parser.initialize(to: yaml_parser_t())
    guard yaml_parser_initialize(parser) == 1 else {
      parser.deallocate()
      throw Failure("out_of_memory", "libyaml: out of memory")
    }
    yaml_parser_set_input_string(parser, input.baseAddress, input.count)
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
  }

  deinit {
    yaml_parser_delete(parser)
    parser.deallocate()
  }

  /// The next event as a value; libyaml's own memory is freed before this returns.
  func next() throws -> YAMLEvent {
    var event = yaml_event_t()
    guard yaml_parser_parse(parser, &event) == 1 else { throw failure() }
    defer { yaml_event_delete(&event) }
    return YAMLEvent(event)
  }

  private func failure() -> Failure {
    let problem = parser.pointee.problem.map { String(cString: $0) } ?? "it cannot be read"
    let context = parser.pointee.context.map { String(cString: $0) }
    let mark = parser.pointee.problem_mark
    return ConfigFailure.syntax(
      path, line: Int(clamping: mark.line) + 1, column: Int(clamping: mark.column) + 1, problem: problem,
      context: context)
  }
}

/// One of libyaml's events, with the parts that matter here.
struct YAMLEvent {
  enum Kind {
    case streamStart, streamEnd, documentStart, documentEnd, alias, sequenceEnd, mappingEnd
    case scalar(String, plain: Bool)
    case sequenceStart
    case mappingStart
  }
  var kind: Kind
  var mark: YAMLNode.Mark
  var anchor: String?
  var tag: String?

  init(_ event: yaml_event_t) {
    mark = YAMLNode.Mark(
      line: Int(clamping: event.start_mark.line) + 1, column: Int(clamping: event.start_mark.column) + 1)
    switch event.type {
    case YAML_STREAM_END_EVENT: kind = .streamEnd
    case YAML_DOCUMENT_START_EVENT: kind = .documentStart
    case YAML_DOCUMENT_END_EVENT: kind = .documentEnd
    case YAML_ALIAS_EVENT:
      kind = .alias
      anchor = Self.text(event.data.alias.anchor)
    case YAML_SCALAR_EVENT:
      let scalar = event.data.scalar
      anchor = Self.text(scalar.anchor)
      tag = Self.text(scalar.tag)
      let text = String(
        decoding: UnsafeBufferPointer(start: scalar.value, count: Int(clamping: scalar.length)), as: UTF8.self)
      kind = .scalar(text, plain: scalar.style == YAML_PLAIN_SCALAR_STYLE && tag == nil)
    case YAML_SEQUENCE_START_EVENT:
      kind = .sequenceStart
      anchor = Self.text(event.data.sequence_start.anchor)
      tag = Self.text(event.data.sequence_start.tag)
    case YAML_SEQUENCE_END_EVENT: kind = .sequenceEnd
    case YAML_MAPPING_START_EVENT:
      kind = .mappingStart
      anchor = Self.text(event.data.mapping_start.anchor)
      tag = Self.text(event.data.mapping_start.tag)
    case YAML_MAPPING_END_EVENT: kind = .mappingEnd
    default: kind = .streamStart
    }
  }

  private static func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String? {
    pointer.map { String(decodingCString: $0, as: UTF8.self) }
  }
}
