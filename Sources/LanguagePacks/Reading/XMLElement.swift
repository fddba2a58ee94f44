internal import CExpat
internal import PackCore

/// An element of an XML manifest (pom.xml, a project of MSBuild), as far as those need one: names without their prefix,
/// attributes, children, text, and where it begins.
///
/// expat reads; this holds the limits. Nothing outside of the file is ever read, and a file that declares entities of its
/// own is refused. An entity that nobody declares (`&oslash;`, which Maven takes for HTML's) stays as it is written.
struct XMLElement: Equatable {
  let name: String
  let attributes: [String: String]
  fileprivate(set) var children: [XMLElement] = []
  /// The element's own text without that of its children, and without space around it.
  fileprivate(set) var text = ""
  /// Of the start tag, from 1; the column in characters.
  let line: Int
  let column: Int

  enum Limits {
    static let bytes = 8 << 20
    static let depth = 128
    static let elements = 200_000
  }

  /// The root element. `path` is what errors name.
  static func parse(_ bytes: [UInt8], path: String) throws -> XMLElement {
    guard bytes.count <= Limits.bytes else {
      throw XMLFailure.make(path, nil, "the file has \(bytes.count) bytes; the limit is \(Limits.bytes)")
    }
    do {
      return try XMLTreeBuilder(path: path).build(bytes, encoding: nil)
    } catch XMLTreeBuilder.Trouble.unknownEncoding {
      // One byte a character in nearly all of those that expat does not know (windows-1252): names and numbers are ASCII.
      return try XMLTreeBuilder(path: path).build(bytes, encoding: "ISO-8859-1")
    }
  }

  func location(_ path: String) -> SourceLocation { SourceLocation(path: path, line: line, column: column) }

  /// The first child of that name.
  subscript(_ name: String) -> XMLElement? { children.first { $0.name == name } }

  /// The first at the end of a way of names: `first("build", "plugins")`.
  func first(_ names: String...) -> XMLElement? {
    var element: XMLElement? = self
    for name in names { element = element?[name] }
    return element
  }

  func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }
}

private enum XMLFailure {
  static func make(_ path: String, _ at: (line: Int, column: Int)?, _ problem: String) -> Failure {
    Failure(
      "bad_xml", "not valid XML: \(problem)", hint: "check this place and the one above it",
      at: SourceLocation(path: path, line: at?.line, column: at?.column), exit: .badInput)
  }
}

/// Builds the tree from expat's calls. One for each document.
private final class XMLTreeBuilder {
  enum Trouble: Error { case unknownEncoding }

  private let path: String
  private var parser: OpaquePointer?
  /// The elements that are open, from the root.
  private var open: [XMLElement] = []
  /// Their names as they are written, with their prefixes.
  private var names: [String] = []
  private var root: XMLElement?
  private var count = 0
  private var failure: Failure?

  init(path: String) { self.path = path }

  func build(_ bytes: [UInt8], encoding: String?) throws -> XMLElement {
    guard let parser = XML_ParserCreate(encoding) else { throw Failure("out_of_memory", "expat: out of memory") }
    defer { XML_ParserFree(parser) }
    self.parser = parser
    setHandlers(parser)
    let status = bytes.withUnsafeBytes { buffer in
      XML_Parse(parser, buffer.bindMemory(to: CChar.self).baseAddress, Int32(buffer.count), 1)
    }
    if let failure { throw failure }
    guard status == XML_STATUS_OK else {
      let code = XML_GetErrorCode(parser)
      if code == XML_ERROR_UNKNOWN_ENCODING, encoding == nil { throw Trouble.unknownEncoding }
      throw XMLFailure.make(path, place, unclosed(code, bytes) ?? Self.words(code))
    }
    guard let root else { throw XMLFailure.make(path, nil, "there is no element") }
    return root
  }

  private static func words(_ code: XML_Error) -> String {
    XML_ErrorString(code).map { String(cString: $0) } ?? "it cannot be read"
  }

  /// Names the element that is open where another is closed, or where the file ends.
  private func unclosed(_ code: XML_Error, _ bytes: [UInt8]) -> String? {
    guard let element = open.last, let name = names.last else { return nil }
    let opened = "<\(name)>, opened in line \(element.line)"
    switch code {
    case XML_ERROR_TAG_MISMATCH:
      let rest = bytes.dropFirst(Int(clamping: XML_GetCurrentByteIndex(parser))).drop { [0x3c, 0x2f].contains($0) }
      let end = rest.prefix(256).prefix { ![0x3e, 0x20, 0x09, 0x0a, 0x0d].contains($0) }
      // Of UTF-16 the bytes are no text.
      guard !end.isEmpty, !end.contains(0) else { return "the end tag does not close \(opened)" }
      return "</\(String(decoding: end, as: UTF8.self))> closes \(opened)"
    case XML_ERROR_NO_ELEMENTS: return "the file ends before \(opened), is closed"
    default: return nil
    }
  }

  private var place: (line: Int, column: Int) {
    (Int(clamping: XML_GetCurrentLineNumber(parser)), Int(clamping: XML_GetCurrentColumnNumber(parser)) + 1)
  }

  private func stop(_ problem: String) {
    guard failure == nil else { return }
    failure = XMLFailure.make(path, place, problem)
    XML_StopParser(parser, 0)
  }

  // MARK: What expat calls

  private func setHandlers(_ parser: OpaquePointer) {
    XML_SetUserData(parser, Unmanaged.passUnretained(self).toOpaque())
    XML_SetElementHandler(
      parser, { XMLTreeBuilder.of($0).start($1, $2) }, { data, _ in XMLTreeBuilder.of(data).end() })
    XML_SetCharacterDataHandler(parser) { XMLTreeBuilder.of($0).take($1, $2) }
    XML_SetEntityDeclHandler(parser) { data, _, _, _, _, _, _, _, _ in
      XMLTreeBuilder.of(data).stop("it declares entities of its own, which packc does not read")
    }
    // With it, an entity that is not declared is skipped and told instead of being an error.
    XML_UseForeignDTD(parser, 1)
    XML_SetSkippedEntityHandler(parser) { data, name, isParameter in
      if isParameter == 0, let name { XMLTreeBuilder.of(data).skip(String(cString: name)) }
    }
  }

  private static func of(_ data: UnsafeMutableRawPointer?) -> XMLTreeBuilder {
    guard let data else { preconditionFailure("expat lost its user data") }
    return Unmanaged<XMLTreeBuilder>.fromOpaque(data).takeUnretainedValue()
  }

  private func start(
    _ name: UnsafePointer<CChar>?, _ pairs: UnsafeMutablePointer<UnsafePointer<CChar>?>?
  ) {
    guard failure == nil, let name else { return }
    count += 1
    guard open.count < XMLElement.Limits.depth, count <= XMLElement.Limits.elements else {
      return stop(
        count > XMLElement.Limits.elements
          ? "more than \(XMLElement.Limits.elements) elements" : "nested deeper than \(XMLElement.Limits.depth) levels")
    }
    var attributes: [String: String] = [:]
    var next = pairs
    while let key = next?[0], let value = next?[1] {
      attributes[String(cString: key)] = String(cString: value)
      next = next?.advanced(by: 2)
    }
    let (line, column) = place
    names.append(String(cString: name))
    open.append(XMLElement(name: Self.local(String(cString: name)), attributes: attributes, line: line, column: column))
  }

  private static func local(_ name: String) -> String {
    name.split(separator: ":", maxSplits: 1).last.map(String.init) ?? name
  }

  private func end() {
    guard failure == nil, var element = open.popLast() else { return }
    names.removeLast()
    element.text = element.text.trimmed
    if open.isEmpty { root = element } else { open[open.count - 1].children.append(element) }
  }

  private func take(_ bytes: UnsafePointer<CChar>?, _ length: Int32) {
    guard failure == nil, let bytes, !open.isEmpty else { return }
    let buffer = UnsafeRawBufferPointer(start: bytes, count: Int(length))
    open[open.count - 1].text += String(decoding: buffer, as: UTF8.self)
  }

  private func skip(_ entity: String) {
    guard failure == nil, !open.isEmpty else { return }
    open[open.count - 1].text += "&\(entity);"
  }
}

extension String {
  fileprivate var trimmed: String {
    guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace }) else {
      return ""
    }
    return String(self[first...last])
  }
}
