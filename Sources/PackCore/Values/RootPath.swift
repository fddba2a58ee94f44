/// A path inside a root (an image's file system, a project): no leading slash, no `.` or `..`, no empty component, no NUL.
/// It cannot leave its root by its text. The root itself is the empty path. Sorted by bytes.
public struct RootPath: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// `usr/bin/python3`, any byte but NUL.
  public let bytes: [UInt8]

  public static let root = RootPath(unchecked: [])
  private static let slash = UInt8(ascii: "/")

  private init(unchecked bytes: [UInt8]) { self.bytes = bytes }

  /// Takes `a/b`, `/a/b` and `a/b/`; nil for `.` and `..` components, doubled slashes and NUL.
  public init?(bytes raw: some Sequence<UInt8>) {
    var slice = Array(raw)[...]
    if slice.first == Self.slash { slice.removeFirst() }
    if slice.last == Self.slash { slice.removeLast() }
    if slice.isEmpty {
      self = .root
      return
    }
    guard !slice.contains(0) else { return nil }
    let dot = UInt8(ascii: ".")
    for part in slice.split(separator: Self.slash, omittingEmptySubsequences: false)
    where part.isEmpty || part == [dot] || part == [dot, dot] {
      return nil
    }
    bytes = Array(slice)
  }

  public init?(_ text: String) { self.init(bytes: text.utf8) }

  /// For paths written in this source; a wrong one is found by the first test that reaches it.
  public init(literal: StaticString) {
    var text = Array("\(literal)".utf8)
    if text.first == Self.slash { text.removeFirst() }
    bytes = text
  }

  /// `/usr/bin/python3`, as people and image configs write it.
  public var absolute: String { "/" + String(decoding: bytes, as: UTF8.self) }
  public var description: String { String(decoding: bytes, as: UTF8.self) }
  public var utf8: String? { String(validating: bytes, as: UTF8.self) }
  public var isRoot: Bool { bytes.isEmpty }

  public var components: [ArraySlice<UInt8>] { bytes.split(separator: Self.slash) }
  public var nameBytes: ArraySlice<UInt8> {
    bytes.lastIndex(of: Self.slash).map { bytes[($0 + 1)...] } ?? bytes[...]
  }
  public var name: String { String(decoding: nameBytes, as: UTF8.self) }

  /// The directory that holds it; nil for the root.
  public var parent: RootPath? {
    if isRoot { return nil }
    guard let cut = bytes.lastIndex(of: Self.slash) else { return .root }
    return RootPath(unchecked: Array(bytes[..<cut]))
  }

  public func appending(_ other: RootPath) -> RootPath {
    if isRoot { return other }
    return other.isRoot ? self : RootPath(unchecked: bytes + [Self.slash] + other.bytes)
  }
  /// `self` with one more component, or nil when `name` is not one.
  public func appending(component name: some Collection<UInt8>) -> RootPath? {
    guard let first = name.first, name.allSatisfy({ $0 != Self.slash && $0 != 0 }) else { return nil }
    let dot = UInt8(ascii: ".")
    if first == dot, name.count == 1 || (name.count == 2 && name.dropFirst().first == dot) { return nil }
    var joined: [UInt8] = []
    joined.reserveCapacity(bytes.count + 1 + name.count)
    if !isRoot {
      joined += bytes
      joined.append(Self.slash)
    }
    joined += name
    return RootPath(unchecked: joined)
  }

  /// True when `self` is `ancestor` or lies below it.
  public func isInside(_ ancestor: RootPath) -> Bool {
    ancestor.isRoot || bytes == ancestor.bytes
      || (bytes.count > ancestor.bytes.count && bytes.starts(with: ancestor.bytes)
        && bytes[ancestor.bytes.count] == Self.slash)
  }

  public static func < (a: RootPath, b: RootPath) -> Bool { ByteOrder.precedes(a.bytes, b.bytes) }
}
