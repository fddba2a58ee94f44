internal import Glibc
internal import PackCore

/// Descriptor 3 of a pack: one JSON object a line, `{"event": "note"|"warning", "message": …}`. Other events, and what is
/// not JSON, are ignored; after a megabyte everything is.
final class EventPipe {
  private static let limit = 1 << 20

  let childEnd: Int32
  private let reading: HostThread<Void>
  private var isOpen = true

  convenience init(_ reporter: Reporter) throws {
    try self.init { Self.report($0, reporter) }
  }

  /// `line` is called on a thread of its own, without the newline.
  init(line: @escaping @Sendable ([UInt8]) -> Void) throws {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw Failure.system("open a pipe", errno: errno) }
    let (ours, theirs) = (ends[0], ends[1])
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    childEnd = theirs
    do {
      reading = try HostThread { Self.read(Descriptor(owning: ours), line) }
    } catch {
      close(ours)
      close(theirs)
      throw error
    }
  }

  deinit { finish() }

  /// After the child's end: its last events are handed on.
  func finish() {
    guard isOpen else { return }
    isOpen = false
    close(childEnd)
    try? reading.join()
  }

  private static func read(_ pipe: consuming Descriptor, _ line: ([UInt8]) -> Void) {
    var pending: [UInt8] = []
    var total = 0
    var chunk = [UInt8](repeating: 0, count: 1 << 14)
    while let count = try? chunk.withUnsafeMutableBytes({ try pipe.read(into: $0) }), count > 0 {
      total += count
      if total > limit { continue }
      pending += chunk[..<count]
      while let cut = pending.firstIndex(of: 0x0a) {
        line(Array(pending[..<cut]))
        pending.removeFirst(cut + 1)
      }
    }
  }

  private static func report(_ line: [UInt8], _ reporter: Reporter) {
    guard let event = try? JSONParser.parse(line, name: "event", limits: .init(bytes: 1 << 14, depth: 8)),
      let message = event["message"]?.string
    else { return }
    switch event["event"]?.string {
    case "note": reporter.note(message)
    case "warning": reporter.warn(message)
    default: break
    }
  }
}
