internal import Glibc
internal import PackCore

/// The program's output on its way to ours: unchanged, with a bounded buffer between, so that a reader that stops stops
/// the program too; and the last lines of it for an error.
struct ConsoleRelay {
  let output: Int32
  private var pending: [UInt8] = []
  private var tail: [UInt8] = []
  /// Nobody reads our output any more (EPIPE).
  private(set) var isBroken = false
  private static let room = 1 << 16
  private static let kept = 8192

  init(output: Int32) { self.output = output }

  var wantsToWrite: Bool { !pending.isEmpty && !isBroken }
  var wantsToRead: Bool { pending.count < Self.room }

  mutating func take(_ bytes: ArraySlice<UInt8>) {
    if !isBroken { pending += bytes }
    tail += bytes
    if tail.count > 2 * Self.kept { tail.removeFirst(tail.count - Self.kept) }
  }

  /// To be called when poll(2) says that a write does not block; so many bytes are taken by a pipe that has room.
  mutating func write() {
    let count = pending.withUnsafeBytes { Glibc.write(output, $0.baseAddress, min($0.count, 4096)) }
    if count > 0 {
      pending.removeFirst(count)
    } else if errno != EINTR && errno != EAGAIN {
      isBroken = true
      pending = []
    }
  }

  /// The last lines, without their line ends.
  var lastLines: [String] {
    let text = tail.suffix(Self.kept).split(whereSeparator: { $0 == 0x0a || $0 == 0x0d })
    return text.suffix(20).map { String(decoding: $0, as: UTF8.self) }
  }
}
