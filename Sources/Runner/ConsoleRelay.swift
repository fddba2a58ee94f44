internal import Glibc
internal import PackCore

/// The program's output on its way to ours: unchanged, with a bounded buffer between, so that a reader that stops stops
/// the program too; and the last lines of it for an error.
struct ConsoleRelay {
  let output: Int32
  private var pending: [UInt8] = []
  /// How much of it has been written.
  private var written = 0
  private var tail: [UInt8] = []
  /// Nobody reads our output any more (EPIPE).
  private(set) var isBroken = false
  private static let room = 1 << 16
  /// POLLOUT promises so much of a pipe (PIPE_BUF).
  private static let piece = 4096
  private static let kept = 8192

  init(output: Int32) { self.output = output }

  var wantsToWrite: Bool { !pending.isEmpty && !isBroken }
  var wantsToRead: Bool { pending.count - written < Self.room }

  mutating func take(_ bytes: ArraySlice<UInt8>) {
    if written >= Self.room {
      pending.removeFirst(written)
      written = 0
    }
    if !isBroken { pending += bytes }
    tail += bytes.suffix(Self.kept)
    if tail.count > 2 * Self.kept { tail.removeFirst(tail.count - Self.kept) }
  }

  /// To be called when poll(2) says that a write does not block.
  mutating func write() {
    let count = pending.withUnsafeBytes {
      Glibc.write(output, $0.baseAddress.map { $0 + written }, min($0.count - written, Self.piece))
    }
    if count > 0 {
      written += count
      guard written == pending.count else { return }
      pending.removeAll(keepingCapacity: true)
      written = 0
    } else if errno != EINTR && errno != EAGAIN {
      isBroken = true
      pending = []
      written = 0
    }
  }

  /// The last lines, without their line ends.
  var lastLines: [String] {
    let text = tail.suffix(Self.kept).split(whereSeparator: { $0 == 0x0a || $0 == 0x0d })
    return text.suffix(20).map { String(decoding: $0, as: UTF8.self) }
  }
}
