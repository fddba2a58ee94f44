/// A path on the host, as the bytes that the kernel takes: any byte but NUL, not necessarily UTF-8.
///
/// A path of a directory tree shares the memory of the tree's root and of its own path below it: there may be hundreds of
/// thousands, and each would be a second copy of what is already there.
public struct HostPath: Hashable, Sendable, Comparable, CustomStringConvertible, ExpressibleByStringLiteral {
  private let head: [UInt8]
  /// What follows `head` and a slash; empty when `head` is all.
  private let tail: [UInt8]

  private init(head: [UInt8], tail: [UInt8]) {
    self.head = head
    self.tail = tail
  }
  public init(_ text: String) { self.init(head: Array(text.utf8), tail: []) }
  public init(stringLiteral value: String) { self.init(value) }
  public init(bytes: some Sequence<UInt8>) { self.init(head: Array(bytes), tail: []) }

  private var hasSeparator: Bool { !tail.isEmpty && head.last != Self.slash }
  public var byteCount: Int { head.count + tail.count + (hasSeparator ? 1 : 0) }

  public var bytes: [UInt8] {
    if tail.isEmpty { return head }
    var joined: [UInt8] = []
    joined.reserveCapacity(byteCount)
    append(to: &joined)
    return joined
  }

  /// Appends `bytes` to `out`, without an array between.
  public func append(to out: inout [UInt8]) {
    out += head
    if hasSeparator { out.append(Self.slash) }
    out += tail
  }

  private static let slash = UInt8(ascii: "/")

  /// For people; bytes that are not UTF-8 show as U+FFFD. `utf8` tells whether that happened.
  public var description: String { String(decoding: bytes, as: UTF8.self) }
  /// The path as a string, or nil when it is not UTF-8.
  public var utf8: String? { String(validating: bytes, as: UTF8.self) }
  public var isAbsolute: Bool { bytes.first == Self.slash }

  /// The last component, without a trailing slash; empty for `/`.
  public var name: String { String(decoding: nameBytes, as: UTF8.self) }
  public var nameBytes: ArraySlice<UInt8> {
    let trimmed = trimmedBytes
    guard let cut = trimmed.lastIndex(of: Self.slash) else { return trimmed }
    return trimmed[(cut + 1)...]
  }

  /// The directory that holds it: `/` for `/a` and for `/` itself, `.` for `a`.
  public var parent: HostPath {
    let trimmed = trimmedBytes
    if trimmed.isEmpty, isAbsolute { return "/" }
    guard let cut = trimmed.lastIndex(of: Self.slash) else { return "." }
    return cut == trimmed.startIndex ? "/" : HostPath(bytes: trimmed[..<cut])
  }

  private var trimmedBytes: ArraySlice<UInt8> {
    var slice = bytes[...]
    while slice.count > 1, slice.last == Self.slash { slice.removeLast() }
    return slice == [Self.slash] ? [] : slice
  }

  /// `self/component`; an absolute component replaces the path.
  public func appending(_ component: HostPath) -> HostPath {
    if component.isAbsolute || bytes.isEmpty { return component }
    if component.bytes.isEmpty { return self }
    return HostPath(bytes: bytes.last == Self.slash ? bytes + component.bytes : bytes + [Self.slash] + component.bytes)
  }
  public static func / (base: HostPath, component: HostPath) -> HostPath { base.appending(component) }
  public static func / (base: HostPath, component: String) -> HostPath { base.appending(HostPath(component)) }
  public static func / (base: HostPath, path: RootPath) -> HostPath {
    if path.isRoot { return base }
    let head = base.bytes
    return head.isEmpty ? HostPath(head: path.bytes, tail: []) : HostPath(head: head, tail: path.bytes)
  }

  /// `.`, `..` and repeated slashes resolved as text, without asking the file system.
  public var lexicallyNormalized: HostPath {
    var parts: [ArraySlice<UInt8>] = []
    for part in bytes.split(separator: Self.slash) where part != [UInt8(ascii: ".")] {
      if part == Array("..".utf8)[...] {
        if let last = parts.last, last != Array("..".utf8)[...] {
          parts.removeLast()
        } else if !isAbsolute {
          parts.append(part)
        }
      } else {
        parts.append(part)
      }
    }
    let joined = Array(parts.joined(separator: [Self.slash]))
    if isAbsolute { return HostPath(bytes: [Self.slash] + joined) }
    return joined.isEmpty ? "." : HostPath(bytes: joined)
  }

  /// The rest of this path below `base`, or nil when it does not lie there; compared as text.
  public func relative(to base: HostPath) -> RootPath? {
    let prefix = base.bytes.last == Self.slash ? base.bytes : base.bytes + [Self.slash]
    if bytes == base.bytes { return .root }
    guard bytes.starts(with: prefix) else { return nil }
    return RootPath(bytes: bytes.dropFirst(prefix.count))
  }

  /// Calls `body` with the NUL-terminated path.
  public func withCString<R>(_ body: (UnsafePointer<CChar>) throws -> R) rethrows -> R {
    try withUnsafeTemporaryAllocation(of: UInt8.self, capacity: byteCount + 1) { buffer in
      var end = buffer.initialize(fromContentsOf: head)
      if hasSeparator {
        buffer.initializeElement(at: end, to: Self.slash)
        end += 1
      }
      end = buffer[end...].initialize(fromContentsOf: tail)
      buffer.initializeElement(at: end, to: 0)
      return try buffer.withMemoryRebound(to: CChar.self) { try body(UnsafePointer($0.baseAddress.unsafelyUnwrapped)) }
    }
  }

  public static func < (a: HostPath, b: HostPath) -> Bool { ByteOrder.precedes(a.bytes, b.bytes) }
  /// However the bytes are shared.
  public static func == (a: HostPath, b: HostPath) -> Bool {
    a.byteCount == b.byteCount && ((a.head == b.head && a.tail == b.tail) || a.bytes == b.bytes)
  }
  public func hash(into hasher: inout Hasher) { hasher.combine(bytes) }
}
