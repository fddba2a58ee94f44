internal import ELF
internal import Glibc
internal import PackCore

/// Two files of this host, compared byte by byte in bounded memory.
struct FilePair {
  let before: HostPath
  let after: HostPath

  private static let block = 1 << 18
  /// Bytes of each side that are shown, and how many of them lie before the difference.
  private static let shown = 32
  private static let lead = 8
  /// Bytes of each side, before and after the difference, in which a cause is looked for.
  private static let context = 96

  /// Nil when the bytes are the same.
  func difference() throws -> ByteDifference? {
    let a = try Descriptor.open(before, O_RDONLY)
    let b = try Descriptor.open(after, O_RDONLY)
    let sizes = (Int64(try a.status().st_size), Int64(try b.status().st_size))
    var left = [UInt8](repeating: 0, count: Self.block)
    var right = left
    var position: Int64 = 0
    var first: Int64?
    // A digest of the file in the file itself says that something else differs, if it does.
    let digests = ownDigests()
    var firstElsewhere: Int64?
    // How often each byte occurs, once on either side: zero in all when only the order differs.
    var balance = [Int64](repeating: 0, count: 256)
    while position < max(sizes.0, sizes.1) {
      try Interruption.check()
      let counts = (try Self.fill(&left, a, position), try Self.fill(&right, b, position))
      if counts.0 == 0, counts.1 == 0 { break }
      if counts.0 != counts.1 || memcmp(left, right, counts.0) != 0 {
        if first == nil { first = Self.difference(left, right, counts, at: position, outside: []) }
        if firstElsewhere == nil {
          firstElsewhere = Self.difference(left, right, counts, at: position, outside: digests)
        }
        for byte in left[..<counts.0] { balance[Int(byte)] += 1 }
        for byte in right[..<counts.1] { balance[Int(byte)] -= 1 }
      }
      position += Int64(Self.block)
    }
    guard let first = firstElsewhere ?? first else { return nil }
    func window(_ file: borrowing Descriptor, from start: Int64, _ count: Int) throws -> [UInt8] {
      var bytes = [UInt8](repeating: 0, count: count)
      let filled = try Self.fill(&bytes, file, start)
      return Array(bytes[..<filled])
    }
    let start = max(0, first - Int64(Self.lead))
    let wide = max(0, first - Int64(Self.context))
    return ByteDifference(
      offset: first, sizes: sizes,
      window: (start, try window(a, from: start, Self.shown), try window(b, from: start, Self.shown)),
      context: (try window(a, from: wide, 2 * Self.context), try window(b, from: wide, 2 * Self.context)),
      part: try part(at: first, window(a, from: 0, 512)),
      isReordered: sizes.0 == sizes.1 && balance.allSatisfy { $0 == 0 })
  }

  private static func fill(_ buffer: inout [UInt8], _ file: borrowing Descriptor, _ offset: Int64) throws -> Int {
    var filled = 0
    while filled < buffer.count {
      let count = try buffer.withUnsafeMutableBytes {
        try file.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[filled...]), at: offset + Int64(filled))
      }
      if count == 0 { break }
      filled += count
    }
    return filled
  }

  /// The build-id, and the checksum of the file with the debug information.
  private func ownDigests() -> [Range<Int64>] {
    guard let map = try? ELFSectionMap(before) else { return [] }
    return map.ranges(of: ".note.gnu.build-id") + map.ranges(of: ".gnu_debuglink")
  }

  private static func difference(
    _ a: [UInt8], _ b: [UInt8], _ counts: (Int, Int), at position: Int64, outside ranges: [Range<Int64>]
  ) -> Int64? {
    let common = min(counts.0, counts.1)
    for index in 0..<common where a[index] != b[index] {
      let offset = position + Int64(index)
      if !ranges.contains(where: { $0.contains(offset) }) { return offset }
    }
    return counts.0 == counts.1 ? nil : position + Int64(common)
  }

  private func part(at offset: Int64, _ head: [UInt8]) throws -> String? {
    if head.starts(with: [0x7f, 0x45, 0x4c, 0x46]) {
      return (try? ELFSectionMap(before))?.part(at: UInt64(offset)) ?? "between sections"
    }
    return HeaderField.name(at: offset, head: head) ?? zipPart(at: offset, head)
  }

  /// Of a zip or jar file: which member, and what of it. Looked for among the last bytes before the difference.
  private func zipPart(at offset: Int64, _ head: [UInt8]) -> String? {
    guard head.starts(with: [0x50, 0x4b, 0x03, 0x04]), let file = try? Descriptor.open(before, O_RDONLY) else {
      return nil
    }
    let start = max(0, offset - Int64(Self.block) + 64)
    var bytes = [UInt8](repeating: 0, count: Self.block)
    guard let filled = try? Self.fill(&bytes, file, start) else { return nil }
    return ZipMember.part(at: Int(offset - start), in: Array(bytes[..<filled]))
  }
}
