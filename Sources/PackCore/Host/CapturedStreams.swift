internal import CHost
internal import Glibc

/// The pipes between packc and one child: standard input written, standard output and error read, all without blocking.
struct CapturedStreams {
  /// One stream's bytes: split into lines for the handler, and a bounded part kept.
  struct Capture {
    var descriptor: Int32 = -1
    var kept: [UInt8] = []
    private var pending: [UInt8] = []
    private let limit: Int
    private let head: Bool

    init(limit: Int, head: Bool) {
      self.limit = limit
      self.head = head
    }

    mutating func take(_ bytes: ArraySlice<UInt8>, line: (String) -> Void) {
      if head {
        kept += bytes.prefix(max(0, limit - kept.count))
      } else {
        kept += bytes
        if kept.count > 2 * limit { kept.removeFirst(kept.count - limit) }
      }
      var rest = bytes
      while let cut = rest.firstIndex(of: 0x0a) {
        line(String(decoding: pending + rest[..<cut], as: UTF8.self))
        pending.removeAll(keepingCapacity: true)
        rest = rest[(cut + 1)...]
      }
      pending += rest
      if pending.count >= 1 << 16 {
        line(String(decoding: pending, as: UTF8.self))
        pending.removeAll(keepingCapacity: true)
      }
    }

    mutating func finish(line: (String) -> Void) {
      if !pending.isEmpty { line(String(decoding: pending, as: UTF8.self)) }
      pending = []
      if !head, kept.count > limit { kept.removeFirst(kept.count - limit) }
    }
  }

  var output: Capture
  var error: Capture
  private var input: ArraySlice<UInt8>
  private var inputDescriptor: Int32 = -1
  private var buffer = [UInt8](repeating: 0, count: 1 << 16)

  init(command: Command) {
    output = Capture(limit: command.keep, head: command.keepHead)
    error = Capture(limit: command.keep, head: command.keepHead)
    input = if case .bytes(let bytes) = command.input { bytes[...] } else { [] }
  }

  /// Opens the pipes and starts the child.
  mutating func spawn(_ command: Command) throws -> Child {
    var plumbing = SpawnPlumbing()
    defer { plumbing.closeChildEnds() }
    do {
      switch command.input {
      case .none: try plumbing.open("/dev/null", O_RDONLY, as: 0)
      case .inherit: plumbing.pass(0, as: 0)
      case .bytes:
        Self.ignoreBrokenPipes
        inputDescriptor = try plumbing.pipe(childReads: true, as: 0)
      }
      output.descriptor = try plumbing.connect(command.standardOutput, as: 1)
      error.descriptor = try plumbing.connect(command.standardError, as: 2)
      for pair in command.descriptors { plumbing.pass(pair.ours, as: pair.child) }
      return try plumbing.spawn(command)
    } catch {
      closeAll()
      throw error
    }
  }

  /// A child that ends before it has read its input must not end packc by SIGPIPE; evaluated once.
  private static let ignoreBrokenPipes: Void = { _ = signal(SIGPIPE, SIG_IGN) }()

  private mutating func closeAll() {
    for descriptor in [inputDescriptor, output.descriptor, error.descriptor] where descriptor >= 0 { close(descriptor) }
    inputDescriptor = -1
    output.descriptor = -1
    error.descriptor = -1
  }

  /// Waits for bytes, for room, for the child's end or the time, and moves what can be moved.
  mutating func poll(pidfd: Int32, interrupt: Int32, milliseconds: Int32, line: (OutputStream, String) -> Void) {
    var watched = [
      pollfd(fd: pidfd, events: Int16(POLLIN), revents: 0),
      pollfd(fd: inputDescriptor, events: Int16(POLLOUT), revents: 0),
      pollfd(fd: output.descriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: error.descriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: interrupt, events: Int16(POLLIN), revents: 0),
    ]
    guard Glibc.poll(&watched, nfds_t(watched.count), milliseconds) > 0 else { return }
    if watched[1].revents != 0 { writeInput() }
    if watched[2].revents != 0 { _ = Self.read(&output, &buffer) { line(.output, $0) } }
    if watched[3].revents != 0 { _ = Self.read(&error, &buffer) { line(.error, $0) } }
  }

  /// After the child's end: what already lies in the pipes, and no more.
  mutating func drainWithoutWaiting(line: (OutputStream, String) -> Void) {
    while Self.read(&output, &buffer, { line(.output, $0) }) {}
    while Self.read(&error, &buffer, { line(.error, $0) }) {}
    output.finish { line(.output, $0) }
    error.finish { line(.error, $0) }
    closeAll()
  }

  private mutating func writeInput() {
    let count = input.withUnsafeBytes { write(inputDescriptor, $0.baseAddress, $0.count) }
    if count > 0 { input = input.dropFirst(count) }
    // EPIPE: the child does not want it; that is for its exit code to say.
    if input.isEmpty || (count < 0 && errno != EAGAIN && errno != EINTR) {
      close(inputDescriptor)
      inputDescriptor = -1
    }
  }

  /// True while there may be more to read.
  private static func read(_ capture: inout Capture, _ buffer: inout [UInt8], _ line: (String) -> Void) -> Bool {
    guard capture.descriptor >= 0 else { return false }
    let count = buffer.withUnsafeMutableBytes { Glibc.read(capture.descriptor, $0.baseAddress, $0.count) }
    if count > 0 {
      capture.take(buffer[..<count], line: line)
      return true
    }
    if count == 0 || (errno != EAGAIN && errno != EINTR) {
      close(capture.descriptor)
      capture.descriptor = -1
    }
    return false
  }
}
