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

  /// The byte by which everything that matches ends; nil when that is not one byte.
  var lastByte: UInt8? {
    if case .byte(let byte)? = tokens.last { byte } else { nil }
  }

  public func matches(_ path: some Collection<UInt8>) -> Bool {
    path.withContiguousStorageIfAvailable(matches) ?? Array(path).withUnsafeBufferPointer(matches)
  }
  public func matches(_ path: RootPath) -> Bool { matches(path.bytes) }

  /// Dynamic programming over positions: linear in pattern times text, whatever the pattern. `reachable[n]` says whether
  /// the tokens so far can take the first n bytes.
  private func matches(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    withUnsafeTemporaryAllocation(of: Bool.self, capacity: text.count + 1) { reachable in
      reachable.initialize(repeating: false)
      reachable[0] = true
      for token in tokens where !Self.advance(token, reachable, text) { return false }
      return reachable[text.count]
    }
  }

  /// Takes one token; false when no position can be reached any more.
  private static func advance(
    _ token: Token, _ reachable: UnsafeMutableBufferPointer<Bool>, _ text: UnsafeBufferPointer<UInt8>
  ) -> Bool {
    switch token {
    case .byte(let byte): return takeByte(reachable, text) { $0 == byte }
    case .anyByte: return takeByte(reachable, text) { $0 != slash }
    case .oneOf(let ranges, let negated):
      return takeByte(reachable, text) { byte in
        byte != slash && ranges.contains { $0.contains(byte) } != negated
      }
    case .anyRun, .everything, .directories: return takeRun(token, reachable, text)
    }
  }

  /// From the end, so that each position is read before it is written.
  @inline(__always)
  private static func takeByte(
    _ reachable: UnsafeMutableBufferPointer<Bool>, _ text: UnsafeBufferPointer<UInt8>, _ fits: (UInt8) -> Bool
  ) -> Bool {
    var any = false
    var position = text.count
    while position > 0 {
      let hit = reachable[position - 1] && fits(text[position - 1])
      reachable[position] = hit
      any = any || hit
      position -= 1
    }
    reachable[0] = false
    return any
  }

  private static func takeRun(
    _ token: Token, _ reachable: UnsafeMutableBufferPointer<Bool>, _ text: UnsafeBufferPointer<UInt8>
  ) -> Bool {
    var running = false
    for position in 0...text.count {
      let afterSlash = position > 0 && text[position - 1] == slash
      let here = reachable[position]
      if token == .directories {
        reachable[position] = here || (running && afterSlash)
        running = running || here
      } else {
        if token == .anyRun, afterSlash { running = false }
        running = running || here
        reachable[position] = running
      }
    }
    // No token of this kind takes away what could be reached.
    return true
  }
}
