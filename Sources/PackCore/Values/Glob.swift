/// A shell pattern over the bytes of a relative path, as gitignore(5) reads it: `*` and `?` stop at a slash, `**/` is any
/// number of directories, `/**` everything below, `[a-z]` and `[!a-z]` classes, `\` takes the next byte as it is.
public struct Glob: Hashable, Sendable {
  private enum Token: Hashable, Sendable {
    case byte(UInt8)
    case anyByte
    case anyRun
    /// `**/`: nothing, or whole directories with their slash.
    case directories
    /// A `**` at the end: everything.
    case everything
    case oneOf([ClosedRange<UInt8>], negated: Bool)
  }
  private let tokens: [Token]

  public init(_ pattern: some Collection<UInt8>) {
    tokens = Self.parse(Array(pattern))
  }
  public init(_ pattern: String) { self.init(pattern.utf8) }

  private static let slash = UInt8(ascii: "/")

  private static func parse(_ pattern: [UInt8]) -> [Token] {
    var tokens: [Token] = []
    var index = 0
    while index < pattern.count {
      let byte = pattern[index]
      index += 1
      switch byte {
      case UInt8(ascii: "*"):
        let startsComponent = index == 1 || pattern[index - 2] == slash
        if startsComponent, index < pattern.count, pattern[index] == byte {
          if index + 1 == pattern.count {
            tokens.append(.everything)
            index += 1
            continue
          }
          if pattern[index + 1] == slash {
            tokens.append(.directories)
            index += 2
            continue
          }
        }
        if tokens.last != .anyRun { tokens.append(.anyRun) }
      case UInt8(ascii: "?"): tokens.append(.anyByte)
      case UInt8(ascii: "\\") where index < pattern.count:
        tokens.append(.byte(pattern[index]))
        index += 1
      case UInt8(ascii: "["):
        if let (token, end) = classToken(pattern, from: index) {
          tokens.append(token)
          index = end
        } else {
          tokens.append(.byte(byte))
        }
      default: tokens.append(.byte(byte))
      }
    }
    return tokens
  }

  /// The class that starts after `[`, and the index after its `]`; nil when it is not closed.
  private static func classToken(_ pattern: [UInt8], from start: Int) -> (Token, Int)? {
    var index = start
    var negated = false
    if index < pattern.count, pattern[index] == UInt8(ascii: "!") || pattern[index] == UInt8(ascii: "^") {
      negated = true
      index += 1
    }
    var ranges: [ClosedRange<UInt8>] = []
    var first = true
    while index < pattern.count, first || pattern[index] != UInt8(ascii: "]") {
      first = false
      let low = pattern[index]
      if index + 2 < pattern.count, pattern[index + 1] == UInt8(ascii: "-"), pattern[index + 2] != UInt8(ascii: "]") {
        let high = pattern[index + 2]
        if low <= high { ranges.append(low...high) }
        index += 3
      } else {
        ranges.append(low...low)
        index += 1
      }
    }
    guard index < pattern.count else { return nil }
    return (.oneOf(ranges, negated: negated), index + 1)
  }

  public func matches(_ path: some Collection<UInt8>) -> Bool {
    let text = Array(path)
    // Dynamic programming over positions: linear in pattern times text, whatever the pattern.
    var reachable = [Bool](repeating: false, count: text.count + 1)
    reachable[0] = true
    for token in tokens { reachable = Self.step(token, from: reachable, text) }
    return reachable[text.count]
  }
  public func matches(_ path: RootPath) -> Bool { matches(path.bytes) }

  private static func step(_ token: Token, from reachable: [Bool], _ text: [UInt8]) -> [Bool] {
    var next = [Bool](repeating: false, count: reachable.count)
    var running = false
    for position in 0...text.count {
      switch token {
      case .byte(let byte):
        if position > 0, reachable[position - 1], text[position - 1] == byte { next[position] = true }
      case .anyByte:
        if position > 0, reachable[position - 1], text[position - 1] != slash { next[position] = true }
      case .oneOf(let ranges, let negated):
        if position > 0, reachable[position - 1], text[position - 1] != slash,
          ranges.contains(where: { $0.contains(text[position - 1]) }) != negated
        {
          next[position] = true
        }
      case .anyRun:
        if position > 0, text[position - 1] == slash { running = false }
        running = running || reachable[position]
        next[position] = running
      case .everything:
        running = running || reachable[position]
        next[position] = running
      case .directories:
        next[position] = reachable[position] || (running && position > 0 && text[position - 1] == slash)
        running = running || reachable[position]
      }
    }
    return next
  }
}
