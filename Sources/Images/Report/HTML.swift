internal import PackCore

/// A page that is written from the top to the bottom. Every text that is put in is escaped; only what this source itself
/// says is markup.
struct HTML {
  private(set) var text = ""

  /// Markup of this source.
  mutating func raw(_ markup: String) { text += markup }

  /// Text of anybody's.
  mutating func put(_ content: String) { text += Self.escaped(content) }

  /// `<name class="…">…</name>` around what `body` writes.
  mutating func element(_ name: StaticString, class style: StaticString = "", _ body: (inout HTML) -> Void) {
    open(name, style)
    body(&self)
    text += "</\(name)>"
  }

  /// The same around a text of anybody's.
  mutating func element(_ name: StaticString, class style: StaticString = "", _ content: String) {
    element(name, class: style) { $0.put(content) }
  }

  private mutating func open(_ name: StaticString, _ style: StaticString) {
    text += style.utf8CodeUnitCount == 0 ? "<\(name)>" : "<\(name) class=\"\(style)\">"
  }

  /// For text and for attributes in double quotes.
  static func escaped(_ content: String) -> String {
    var out = ""
    out.reserveCapacity(content.utf8.count)
    for scalar in visible(content).unicodeScalars {
      switch scalar {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "\"": out += "&quot;"
      case "'": out += "&#39;"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }

  /// Controls, and characters that turn the direction of writing and make a name look like another, show as U+FFFD.
  static func visible(_ content: String) -> String {
    guard content.unicodeScalars.contains(where: isHidden) else { return content }
    var out = String.UnicodeScalarView()
    for scalar in content.unicodeScalars { out.append(isHidden(scalar) ? "\u{fffd}" : scalar) }
    return String(out)
  }

  private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x0a: false
    case 0..<0x20, 0x7f..<0xa0, 0x200b...0x200f, 0x2028...0x202e, 0x2060...0x2069, 0xfeff, 0xfff9...0xfffb,
      0xfffe...0xffff:
      true
    default: false
    }
  }

  /// A JSON document inside a `script` element: no `<` of it can end the element or begin a comment (HTML, section
  /// 4.12.1.3, "Restrictions for contents of script elements").
  static func embedded(_ json: JSONValue) -> String {
    var out: [UInt8] = []
    for byte in CanonicalJSON.encode(json) {
      if byte == UInt8(ascii: "<") { out += Array("\\u003c".utf8) } else { out.append(byte) }
    }
    return String(decoding: out, as: UTF8.self)
  }

  /// A source that a Content-Security-Policy allows (CSP level 3, section 2.3.1, `hash-source`).
  static func hashSource(of content: String) -> String {
    let hex = Array(Digest(of: Array(content.utf8)).hex.utf8)
    let bytes = stride(from: 0, to: hex.count, by: 2).map { UInt8(digit(hex[$0]) << 4 | digit(hex[$0 + 1])) }
    return "'sha256-\(Base64.encode(bytes))'"
  }

  private static func digit(_ character: UInt8) -> Int {
    Int(character) - (character < 0x3a ? 0x30 : 0x61 - 10)
  }
}
