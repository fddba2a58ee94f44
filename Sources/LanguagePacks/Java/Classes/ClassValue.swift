/// What is known of a value while a method is read.
struct ClassValue: Hashable {
  /// The texts (or numbers as texts) that it can be; `isWhole` when it is one of these.
  var texts: [String] = []
  var isWhole = false
  /// The variable of the environment that it holds.
  var variable: String?
  /// The array or object that it is, see `ClassRun.objects`.
  var object: Int?
  /// A class's name, for what no text is known of: `java/lang/StringBuilder`; `null`.
  var type: String?
  /// The text that it begins with, where the rest is not known.
  var beginning: String?

  static let unknown = ClassValue()
  static func text(_ text: String) -> ClassValue {
    text.utf8.count <= 4096 ? ClassValue(texts: [text], isWhole: true) : .unknown
  }
  static func number(_ number: Int64) -> ClassValue { .text(String(number)) }
  /// Nothing, which adds no text to what it is joined with.
  static let null = ClassValue(isWhole: true, type: "null")
  private static let most = 16

  var only: String? { isWhole && texts.count == 1 ? texts[0] : nil }
  var integer: Int? { only.flatMap { Int($0) } }
  var isNull: Bool { type == "null" }

  /// Either of both, as two ways through a method leave it.
  func or(_ other: ClassValue) -> ClassValue {
    if self == other { return self }
    if isNull { return other.opened }
    if other.isNull { return opened }
    var out = ClassValue()
    out.texts = (texts + other.texts.filter { !texts.contains($0) })
    out.isWhole = isWhole && other.isWhole && out.texts.count <= Self.most
    out.texts = Array(out.texts.prefix(Self.most))
    out.variable = variable ?? other.variable
    if variable != nil || other.variable != nil { out.isWhole = false }
    return out
  }

  var opened: ClassValue {
    var out = self
    out.isWhole = false
    return out
  }

  /// What `bytes` of both texts in a row are.
  func followed(by other: ClassValue) -> ClassValue {
    var out = ClassValue()
    if isWhole, other.isWhole, !texts.isEmpty, !other.texts.isEmpty, texts.count * other.texts.count <= Self.most {
      out.texts = texts.flatMap { head in other.texts.map { head + $0 } }.filter { $0.utf8.count <= 4096 }
      out.isWhole = true
    } else if let head = only ?? beginning {
      out.beginning = head + (only != nil ? other.only ?? other.beginning ?? "" : "")
    }
    return out
  }

  /// The known text at the front.
  var front: (text: String, isWhole: Bool)? {
    if let only { return (only, true) }
    return beginning.map { ($0, false) }
  }
}
