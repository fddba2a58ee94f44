internal import Glibc
internal import PackCore

/// The wire between a machine and its network, with a filter on it: two stream sockets that carry frames with their length
/// before them (four bytes, big-endian), and a thread that hands on what may pass. It ends with either side.
final class FilteredLink: Sendable {
  private let thread: HostThread<Void>
  private let stop: Descriptor

  /// - Parameters:
  ///   - machine: connected to QEMU's end; not blocking.
  ///   - network: connected to passt's.
  init(
    machine: consuming Descriptor, network: consuming Descriptor, filter: EgressFilter, reporter: Reporter
  ) throws {
    let end = try SocketPair().release()
    stop = Descriptor(owning: end.ours)
    let (first, second) = (machine.release(), network.release())
    thread = try HostThread {
      var wire = Wire(
        machine: Descriptor(owning: first), network: Descriptor(owning: second), stop: Descriptor(owning: end.theirs),
        filter: filter, reporter: reporter)
      wire.run()
    }
  }

  deinit {
    shutdown(stop.raw, Int32(SHUT_RDWR))
    try? thread.join()
  }
}

/// What the thread owns.
private struct Wire: ~Copyable {
  let machine: Descriptor
  let network: Descriptor
  let stop: Descriptor
  var filter: EgressFilter
  let reporter: Reporter
  private var fromMachine = FrameQueue()
  private var fromNetwork = FrameQueue()
  private var toMachine = Outbox()
  private var toNetwork = Outbox()
  private var buffer = [UInt8](repeating: 0, count: 1 << 17)
  private var told: Set<String> = []
  private static let toldLimit = 32

  init(
    machine: consuming Descriptor, network: consuming Descriptor, stop: consuming Descriptor, filter: EgressFilter,
    reporter: Reporter
  ) {
    self.machine = machine
    self.network = network
    self.stop = stop
    self.filter = filter
    self.reporter = reporter
  }

  mutating func run() {
    while true {
      // Who does not take what is for them is not read from what the other sends.
      func events(_ reads: Bool, _ writes: Bool) -> Int16 { Int16((reads ? POLLIN : 0) | (writes ? POLLOUT : 0)) }
      var watched = [
        pollfd(fd: machine.raw, events: events(!toNetwork.isFull && !toMachine.isFull, !toMachine.isEmpty), revents: 0),
        pollfd(fd: network.raw, events: events(!toMachine.isFull, !toNetwork.isEmpty), revents: 0),
        pollfd(fd: stop.raw, events: Int16(POLLIN), revents: 0),
      ]
      guard poll(&watched, 3, -1) >= 0 else {
        if errno == EINTR { continue }
        return
      }
      if watched[2].revents != 0 { return }
      let over = Int16(POLLHUP | POLLERR | POLLNVAL)
      if watched[0].revents & Int16(POLLIN) != 0 {
        guard readMachine() else { return }
      } else if watched[0].revents & over != 0 {
        return
      }
      if watched[1].revents & Int16(POLLIN) != 0 {
        guard readNetwork() else { return }
      } else if watched[1].revents & over != 0 {
        return
      }
      guard toNetwork.write(to: network.raw), toMachine.write(to: machine.raw) else { return }
    }
  }

  private mutating func readMachine() -> Bool {
    guard let count = Self.receive(machine.raw, &buffer) else { return false }
    fromMachine.append(buffer[..<count])
    let now = HostContext.monotonicClock()
    while let frame = fromMachine.next() {
      switch filter.judge(frame, now: now) {
      case .pass: toNetwork.append(frame)
      case .drop: break
      case .refuse(let answer, let place):
        toMachine.append(answer[...])
        if let place { tell(place) }
      }
    }
    return !fromMachine.isBroken
  }

  private mutating func readNetwork() -> Bool {
    guard let count = Self.receive(network.raw, &buffer) else { return false }
    fromNetwork.append(buffer[..<count])
    let now = HostContext.monotonicClock()
    while let frame = fromNetwork.next() {
      filter.observe(frame, now: now)
      toMachine.append(frame)
    }
    return !fromNetwork.isBroken
  }

  /// Each place once.
  private mutating func tell(_ place: String) {
    guard told.count < Self.toldLimit, told.insert(place).inserted else { return }
    reporter.warn(
      "the program may not reach \(place): contract.egress does not declare it",
      hint: told.count == Self.toldLimit ? "further ones are refused without a word" : nil)
  }

  /// Nil at the end.
  private static func receive(_ file: Int32, _ buffer: inout [UInt8]) -> Int? {
    let count = recv(file, &buffer, buffer.count, Int32(MSG_DONTWAIT))
    if count > 0 { return count }
    return count < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : nil
  }
}

/// Cuts a stream into frames.
struct FrameQueue {
  private var bytes: [UInt8] = []
  private var start = 0
  /// True after a length that no frame has.
  private(set) var isBroken = false
  /// QEMU's largest, with offloads, has 65,550 bytes.
  private static let limit = 1 << 17

  mutating func append(_ more: ArraySlice<UInt8>) {
    if start > 0 {
      bytes.removeFirst(start)
      start = 0
    }
    bytes += more
  }

  mutating func next() -> ArraySlice<UInt8>? {
    guard !isBroken, bytes.count - start >= 4 else { return nil }
    let length = bytes[start..<(start + 4)].reduce(0) { $0 << 8 | Int($1) }
    guard length <= Self.limit else {
      isBroken = true
      return nil
    }
    guard bytes.count - start >= 4 + length else { return nil }
    defer { start += 4 + length }
    return bytes[(start + 4)..<(start + 4 + length)]
  }
}

/// Frames that the other side has not taken yet.
private struct Outbox {
  private var bytes: [UInt8] = []
  private var start = 0
  private static let limit = 1 << 20

  var isEmpty: Bool { start == bytes.count }
  var isFull: Bool { bytes.count - start >= Self.limit }

  mutating func append(_ frame: ArraySlice<UInt8>) {
    let length = UInt32(frame.count)
    bytes += [UInt8(length >> 24), UInt8(length >> 16 & 0xff), UInt8(length >> 8 & 0xff), UInt8(length & 0xff)]
    bytes += frame
  }

  /// False when nobody takes it any more.
  mutating func write(to file: Int32) -> Bool {
    while !isEmpty {
      let count = bytes[start...].withUnsafeBytes {
        send(file, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
      }
      guard count > 0 else { return count < 0 && (errno == EAGAIN || errno == EINTR) }
      start += count
    }
    bytes.removeAll(keepingCapacity: true)
    start = 0
    return true
  }
}
