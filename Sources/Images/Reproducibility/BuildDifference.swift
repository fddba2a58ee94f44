/// One thing that two builds of a project have differently.
public struct BuildDifference: Hashable, Sendable {
  public enum Aspect: String, Sendable {
    case content, mode, owner, link, type, attributes, time, missing, value, stored
  }

  /// Where it is, from the outside to the inside: `image`, `layer application`, `/app/server`.
  public let chain: [String]
  public let aspect: Aspect
  /// What the two sides have, where that is short.
  public let before: String?
  public let after: String?
  /// Of contents: where they part.
  public let bytes: ByteDifference?

  public init(
    _ chain: [String], _ aspect: Aspect, before: String? = nil, after: String? = nil, bytes: ByteDifference? = nil
  ) {
    self.chain = chain
    self.aspect = aspect
    self.before = before
    self.after = after
    self.bytes = bytes
  }

  /// The same for the same thing in another pair of builds.
  public var key: String { chain.joined(separator: "\u{0}") + "\u{0}" + aspect.rawValue }
}

/// Where the bytes of two files part.
public struct ByteDifference: Hashable, Sendable {
  /// Of the first byte that is another. Bytes.
  public let offset: Int64
  public let sizeBefore: Int64
  public let sizeAfter: Int64
  /// Where `before` and `after` begin: a little before `offset`.
  public let windowOffset: Int64
  /// At most 32 bytes of each side.
  public let before: [UInt8]
  public let after: [UInt8]
  /// `.rodata` of an ELF file; `gzip header, time`.
  public let part: String?
  /// The two files hold the same bytes, in another order.
  public let isReordered: Bool
  /// A larger window, for whoever looks for a cause.
  let context: (before: [UInt8], after: [UInt8])

  init(
    offset: Int64, sizes: (Int64, Int64), window: (offset: Int64, before: [UInt8], after: [UInt8]),
    context: (before: [UInt8], after: [UInt8]), part: String?, isReordered: Bool
  ) {
    self.offset = offset
    (sizeBefore, sizeAfter) = sizes
    (windowOffset, before, after) = window
    self.context = context
    self.part = part
    self.isReordered = isReordered
  }

  public static func == (a: ByteDifference, b: ByteDifference) -> Bool {
    a.offset == b.offset && a.sizeBefore == b.sizeBefore && a.sizeAfter == b.sizeAfter && a.before == b.before
      && a.after == b.after
  }
  public func hash(into hasher: inout Hasher) {
    hasher.combine(offset)
    hasher.combine(before)
    hasher.combine(after)
  }
}

extension BuildDifference {
  /// What the second build has where the two part, as text.
  public var shownAfter: String? {
    bytes.map { ByteDifference.printable($0.context.after) } ?? after
  }
}
