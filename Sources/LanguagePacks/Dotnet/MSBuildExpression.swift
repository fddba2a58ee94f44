/// Properties of MSBuild as far as they can be known from the files alone, by names that do not heed case.
struct MSBuildProperties {
  /// nil: something that packc does not evaluate decides it.
  private var values: [String: String?] = [:]

  subscript(name: String) -> String?? {
    get { values[name.lowercased()] }
    set { values[name.lowercased()] = newValue }
  }

  /// The value when it is known and not empty.
  func known(_ name: String) -> String? {
    guard let value = values[name.lowercased()], let value, !value.isEmpty else { return nil }
    return value
  }
  func isTrue(_ name: String) -> Bool { known(name)?.lowercased() == "true" }
  func isFalse(_ name: String) -> Bool { known(name)?.lowercased() == "false" }

  /// `$(Name)` replaced by its value; nil when a value is not known or a function is called.
  func expand(_ text: String) -> String? {
    guard text.contains("$(") else { return text }
    var out = ""
    var rest = text[...]
    while let start = rest.firstRange(of: "$(") {
      out += rest[..<start.lowerBound]
      guard let end = Self.closing(rest, from: start.upperBound) else { return nil }
      let inner = String(rest[start.upperBound..<end])
      guard let value = value(of: inner) else { return nil }
      out += value
      rest = rest[rest.index(after: end)...]
      if out.utf8.count > 1 << 16 { return nil }
    }
    return out + rest
  }

  private static func closing(_ text: Substring, from start: Substring.Index) -> Substring.Index? {
    var depth = 1
    var index = start
    while index < text.endIndex {
      if text[index] == "(" { depth += 1 }
      if text[index] == ")" {
        depth -= 1
        if depth == 0 { return index }
      }
      index = text.index(after: index)
    }
    return nil
  }

  private func value(of inner: String) -> String? {
    if inner.utf8.allSatisfy({ Self.isName($0) }) { return (self[inner] ?? "") }
    // The one function that decides what is built for Linux.
    let call = inner.lowercased().filter { !$0.isWhitespace }
    for prefix in ["[msbuild]::isosplatform(", "[msbuild]::isosunixlike("] where call.hasPrefix(prefix) {
      return prefix.contains("unixlike") || call.contains("linux") ? "true" : "false"
    }
    return nil
  }

  private static func isName(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte) || byte == 0x5f
      || byte == 0x2d
  }
}

/// A condition of MSBuild (learn.microsoft.com, "MSBuild conditions"), with three answers: nil when a part that packc does
/// not evaluate decides.
struct MSBuildCondition {
  private enum Token: Equatable {
    case open, close, comma, not, and, or
    case compare(String)
    /// A quoted text or a bare word.
    case text(String)
    case call(String)
  }
  private let properties: MSBuildProperties
  private let exists: (String) -> Bool
  private var tokens: ArraySlice<Token> = []
  private var failed = false

  private static let maximumLength = 4096

  static func holds(_ text: String, _ properties: MSBuildProperties, exists: (String) -> Bool) -> Bool? {
    withoutActuallyEscaping(exists) { exists in
      var condition = MSBuildCondition(properties: properties, exists: exists)
      guard text.utf8.count <= maximumLength, let tokens = tokenize(text) else { return nil }
      if tokens.isEmpty { return true }
      condition.tokens = tokens[...]
      let value = condition.either(depth: 0)
      return condition.failed || !condition.tokens.isEmpty ? nil : value
    }
  }

  private init(properties: MSBuildProperties, exists: @escaping (String) -> Bool) {
    self.properties = properties
    self.exists = exists
  }

  // MARK: Words

  private static func tokenize(_ text: String) -> [Token]? {
    var tokens: [Token] = []
    var rest = Array(text)[...]
    while let letter = rest.first {
      switch letter {
      case _ where letter.isWhitespace: rest.removeFirst()
      case "(": tokens.append(.open); rest.removeFirst()
      case ")": tokens.append(.close); rest.removeFirst()
      case ",": tokens.append(.comma); rest.removeFirst()
      case "=", "!", "<", ">":
        rest.removeFirst()
        if rest.first == "=" {
          rest.removeFirst()
          tokens.append(.compare("\(letter)="))
        } else if letter == "!" {
          tokens.append(.not)
        } else if letter == "=" {
          return nil
        } else {
          tokens.append(.compare(String(letter)))
        }
      case "'":
        rest.removeFirst()
        guard let end = rest.firstIndex(of: "'") else { return nil }
        tokens.append(.text(String(rest[..<end])))
        rest = rest[(end + 1)...]
      default:
        guard let token = word(&rest) else { return nil }
        tokens.append(token)
      }
    }
    return tokens
  }

  /// A bare word, or `$(…)` with the brackets inside of it.
  private static func word(_ rest: inout ArraySlice<Character>) -> Token? {
    var word = ""
    var depth = 0
    while let letter = rest.first {
      if depth == 0, letter != "$", !word.hasSuffix("$"), letter.isWhitespace || "()',=!<>".contains(letter) { break }
      if letter == "(" { depth += 1 }
      if letter == ")" { depth -= 1 }
      word.append(letter)
      rest.removeFirst()
    }
    guard depth == 0, !word.isEmpty else { return nil }
    switch word.lowercased() {
    case "and": return .and
    case "or": return .or
    case "exists", "hastrailingslash": return .call(word.lowercased())
    default: return .text(word)
    }
  }

  // MARK: Grammar

  private mutating func either(depth: Int) -> Bool? {
    var value = both(depth: depth)
    while tokens.first == .or {
      tokens.removeFirst()
      let next = both(depth: depth)
      value = value == true || next == true ? true : value == nil || next == nil ? nil : false
    }
    return value
  }

  private mutating func both(depth: Int) -> Bool? {
    var value = term(depth: depth)
    while tokens.first == .and {
      tokens.removeFirst()
      let next = term(depth: depth)
      value = value == false || next == false ? false : value == nil || next == nil ? nil : true
    }
    return value
  }

  private mutating func term(depth: Int) -> Bool? {
    guard depth < 32, let token = tokens.popFirst() else { return fail() }
    switch token {
    case .not: return term(depth: depth + 1).map { !$0 }
    case .open:
      let value = either(depth: depth + 1)
      guard tokens.popFirst() == .close else { return fail() }
      return value
    case .call(let name):
      guard tokens.popFirst() == .open, case .text(let path)? = tokens.popFirst(), tokens.popFirst() == .close else {
        return fail()
      }
      guard let path = properties.expand(path) else { return nil }
      return name == "exists" ? exists(path) : path.hasSuffix("/") || path.hasSuffix("\\")
    case .text(let left):
      guard case .compare(let sign)? = tokens.first else { return Self.truth(properties.expand(left)) }
      tokens.removeFirst()
      guard case .text(let right)? = tokens.popFirst() else { return fail() }
      return compare(properties.expand(left), sign, properties.expand(right))
    default: return fail()
    }
  }

  private mutating func fail() -> Bool? {
    failed = true
    return nil
  }

  private static func truth(_ text: String?) -> Bool? {
    switch text?.lowercased() {
    case "true", "yes", "on": true
    case "false", "no", "off": false
    default: nil
    }
  }

  private func compare(_ left: String?, _ sign: String, _ right: String?) -> Bool? {
    guard let left, let right else { return nil }
    switch sign {
    case "==": return left.lowercased() == right.lowercased()
    case "!=": return left.lowercased() != right.lowercased()
    default:
      guard let a = Self.numbers(left), let b = Self.numbers(right) else { return nil }
      switch sign {
      case "<": return a.lexicographicallyPrecedes(b)
      case ">": return b.lexicographicallyPrecedes(a)
      case "<=": return !b.lexicographicallyPrecedes(a)
      case ">=": return !a.lexicographicallyPrecedes(b)
      default: return nil
      }
    }
  }

  /// A number or a version, padded so that `8` and `8.0` are equal.
  private static func numbers(_ text: String) -> [Int]? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
    guard (1...4).contains(parts.count), !parts.contains(nil) else { return nil }
    return parts.compactMap { $0 } + Array(repeating: 0, count: 4 - parts.count)
  }
}
