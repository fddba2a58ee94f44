internal import Glibc
internal import PackCore

/// The program's output on its way to ours: unchanged, with a bounded buffer between, so that a reader that stops stops
/// the program too; and the last lines of it for an error.
struct ConsoleRelay: MachineOutput {
  let output: Int32
  private var pending: [UInt8] = []
  /// How much of it has been written.
  private var written = 0
  private var tail = OutputTail()
  /// Nobody reads our output any more (EPIPE).
  private(set) var isBroken = false
  private static let room = 1 << 16
  /// POLLOUT promises so much of a pipe (PIPE_BUF).
  private static let piece = 4096

  init(output: Int32) { self.output = output }

  var wantsToWrite: Bool { !pending.isEmpty && !isBroken }
  var wantsToRead: Bool { pending.count - written < Self.room }

  mutating func take(_ bytes: ArraySlice<UInt8>) {
    if written >= Self.room {
      pending.removeFirst(written)
      written = 0
    }
    if !isBroken { pending += bytes }
    tail.take(bytes)
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

  var lastLines: [String] { tail.lines }
}

/// The end of what a program has said, for an error.
public struct OutputTail: Sendable {
  private var bytes: [UInt8] = []
  private static let kept = 8192

  public init() {}

  public mutating func take(_ more: ArraySlice<UInt8>) {
    bytes += more.suffix(Self.kept)
    if bytes.count > 2 * Self.kept { bytes.removeFirst(bytes.count - Self.kept) }
  }

  /// At most twenty, without their line ends.
  public var lines: [String] {
    let text = bytes.suffix(Self.kept).split(whereSeparator: { $0 == 0x0a || $0 == 0x0d })
    return text.suffix(20).map { String(decoding: $0, as: UTF8.self) }
  }
}
