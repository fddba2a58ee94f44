/// What is known of a value while a method is read.
struct ClassValue: Hashable {
  /// The texts (or numbers as texts) that it can be; `isWhole` when it is one of these.
  var texts: [String] = []
  var isWhole = false
  /// The variables of the environment that it can hold.
  var variables: Set<String> = []
  /// The array or object that it is, see `ClassRun.objects`.
  var object: Int?
  /// A class's name, for what no text is known of: `java/lang/StringBuilder`; `null`.
  var type: String?
  /// The texts that it can begin with, where the rest is not known; `beginsWhole` when with one of these.
  var beginnings: [String] = []
  var beginsWhole = false

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
    out.texts = Self.joined(texts, other.texts)
    out.isWhole = isWhole && other.isWhole && texts.count + other.texts.count <= Self.most
    out.beginnings = Self.joined(beginnings, other.beginnings)
    let isKnown = (isWhole || beginsWhole) && (other.isWhole || other.beginsWhole)
    out.beginsWhole = !out.isWhole && isKnown && beginnings.count + other.beginnings.count <= Self.most
    out.variables = variables.union(other.variables)
    if !out.variables.isEmpty { out.isWhole = false }
    return out
  }

  private static func joined(_ a: [String], _ b: [String]) -> [String] {
    Array((a + b.filter { !a.contains($0) }).prefix(most))
  }

  /// The same, which may be something else, too.
  var opened: ClassValue {
    var out = self
    out.isWhole = false
    out.beginsWhole = false
    return out
  }

  /// Both texts in a row. What begins with something known keeps that.
  func followed(by other: ClassValue) -> ClassValue {
    var out = ClassValue()
    if isWhole, other.isWhole, !texts.isEmpty, !other.texts.isEmpty {
      guard let joined = product(other.texts) else { return out }
      out.texts = joined
      out.isWhole = true
      return out
    }
    out.beginnings = beginnings
    out.beginsWhole = isWhole || beginsWhole
    guard !texts.isEmpty else { return out }
    let tails = other.texts + other.beginnings
    if tails.isEmpty || !(other.isWhole || other.beginsWhole) && texts.allSatisfy(Self.stands) {
      out.beginnings = Self.joined(texts, beginnings)
    } else {
      out.beginnings = Self.joined(product(tails) ?? [], beginnings)
      out.beginsWhole = out.beginsWhole && (other.isWhole || other.beginsWhole)
    }
    return out
  }

  private func product(_ tails: [String]) -> [String]? {
    guard texts.count * tails.count <= Self.most else { return nil }
    return texts.flatMap { head in tails.map { head + $0 } }.filter { $0.utf8.count <= 4096 }
  }

  /// Whether it says enough without what follows: a host is cut off.
  private static func stands(_ text: String) -> Bool {
    guard let scheme = text.firstRange(of: "://") else { return !text.isEmpty }
    return text[scheme.upperBound...].contains("/")
  }
}
