internal import PackCore

/// LZ4's legacy frame (lz4: doc/lz4_Frame_format.md, "Legacy frame"), in which kernels are compressed: a magic number, and
/// blocks of at most 8 MiB, each behind its compressed size. It has no checksum and no end but the stream's.
///
///     block     sequences in a row: token, literals, offset, and the match that the offset leads to
///     token     high 4 bits: number of literals; low 4 bits: length of the match, less 4; 15: bytes follow that are added,
///               up to the first that is not 255
///     offset    u16: how far back in the block the match begins; the last sequence has none
public final class LZ4LegacyDecompressor: Decompressor {
  public static let magic: [UInt8] = [0x02, 0x21, 0x4c, 0x18]
  private static let blockLimit = 8 << 20
  /// What a block that cannot be compressed becomes at most.
  private static let compressedLimit = blockLimit + blockLimit / 255 + 16

  private let output: UnsafeMutableRawBufferPointer
  private var pending: [UInt8] = []
  /// Of `pending`, until there is something to do.
  private var needed = LZ4LegacyDecompressor.magic.count
  private var hasBegun = false

  public init() { output = .allocate(byteCount: Self.blockLimit, alignment: 64) }
  deinit { output.deallocate() }

  public func write(_ input: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    pending += input
    guard pending.count >= needed else { return }
    var position = 0
    if !hasBegun {
      guard pending.starts(with: Self.magic) else { throw Self.damaged("it does not begin as a legacy frame") }
      hasBegun = true
      needed = 4
      position = Self.magic.count
    }
    while let size = try blockSize(at: position) {
      needed = 4 + size
      guard pending.count - position >= needed else { break }
      try Interruption.check()
      let start = position + 4
      let count = try pending.withUnsafeBytes {
        try Self.decode(UnsafeRawBufferPointer(rebasing: $0[start..<(start + size)]), into: output)
      }
      try body(UnsafeRawBufferPointer(rebasing: output[..<count]))
      position = start + size
      needed = 4
    }
    pending.removeFirst(position)
  }

  private func blockSize(at position: Int) throws -> Int? {
    guard pending.count - position >= 4 else { return nil }
    let size = (0..<4).reduce(0) { $0 | Int(pending[position + $1]) << (8 * $1) }
    guard (1...Self.compressedLimit).contains(size) else { throw Self.damaged("a block has \(size) bytes") }
    return size
  }

  public func finish() throws {
    guard hasBegun, pending.isEmpty else {
      throw Self.damaged(hasBegun || !pending.isEmpty ? "it ends within a block" : "it is empty")
    }
  }

  private static func damaged(_ why: String) -> Failure { CodecFailure.stream("lz4", why) }

  // MARK: - A block

  /// - Returns: the bytes written.
  private static func decode(
    _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
  ) throws -> Int {
    var (position, count) = (0, 0)
    /// Of a length whose four bits are in the token.
    func length(_ bits: UInt8) throws -> Int {
      var length = Int(bits)
      guard bits == 15 else { return length }
      while true {
        guard position < input.count else { throw damaged("a length is cut off") }
        let byte = input[position]
        position += 1
        length += Int(byte)
        guard byte == 255 else { return length }
      }
    }
    while position < input.count {
      let token = input[position]
      position += 1
      let literals = try length(token >> 4)
      guard literals <= input.count - position, literals <= output.count - count else {
        throw damaged("literals end outside of their block")
      }
      UnsafeMutableRawBufferPointer(rebasing: output[count..<(count + literals)])
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: input[position..<(position + literals)]))
      position += literals
      count += literals
      if position == input.count { return count }
      guard input.count - position >= 2 else { throw damaged("an offset is cut off") }
      let offset = Int(input[position]) | Int(input[position + 1]) << 8
      position += 2
      let match = try length(token & 15) + 4
      guard offset > 0, offset <= count, match <= output.count - count else {
        throw damaged("a match lies outside of its block")
      }
      repeatBytes(of: output, from: offset, at: count, match)
      count += match
    }
    throw damaged("a block does not end with literals")
  }

  /// A match may reach into itself, which repeats it: what is there already is copied, twice as much each time.
  private static func repeatBytes(
    of output: UnsafeMutableRawBufferPointer, from offset: Int, at start: Int, _ length: Int
  ) {
    var done = 0
    while done < length {
      let count = min(length - done, offset + done)
      UnsafeMutableRawBufferPointer(rebasing: output[(start + done)..<(start + done + count)])
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: output[(start - offset)..<(start - offset + count)]))
      done += count
    }
  }
}
