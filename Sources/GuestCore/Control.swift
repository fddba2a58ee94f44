import CGuest
import CGuestWire

/// The control channel's guest side; frames as `CGuestWire.h` draws them.
struct Control {
  private(set) var descriptor: Int32 = -1
  /// The host answered, so it will read the exit report and acknowledge it.
  var hostIsThere = false
  private var input = UnsafeMutablePointer<UInt8>.allocate(capacity: Int(WIRE_HEADER + WIRE_PAYLOAD_LIMIT))
  private var filled = 0
  private var output = UnsafeMutablePointer<UInt8>.allocate(capacity: Control.outputLimit)
  private static let outputLimit = Int(WIRE_HEADER + WIRE_GUEST_LIMIT)

  var isOpen: Bool { descriptor >= 0 }

  init(descriptor: Int32 = -1) { self.descriptor = descriptor }

  mutating func open() { descriptor = openPort("dev.packc.control\n", patience: Control.patience) }

  /// Milliseconds.
  private static let patience = 1000

  mutating func close() {
    _ = guest_close(descriptor)
    descriptor = -1
    hostIsThere = false
  }

  // MARK: - To the host

  mutating func hello() { send(Int32(WIRE_GUEST_HELLO)) { $0.put32(UInt32(WIRE_VERSION)) } }
  mutating func started(_ process: Int32) {
    send(Int32(WIRE_GUEST_STARTED)) { $0.put32(UInt32(bitPattern: process)) }
  }
  mutating func startFailed(_ error: Int32, _ what: Text) {
    send(Int32(WIRE_GUEST_START_FAILED)) {
      $0.put32(UInt32(bitPattern: error))
      $0.put(what.bytes)
    }
  }
  mutating func exited(code: Int32, signalled: Bool, memoryKills: UInt32) {
    send(Int32(WIRE_GUEST_EXIT)) {
      $0.put8(UInt8(signalled ? WIRE_EXIT_SIGNAL : WIRE_EXIT_CODE))
      $0.put32(UInt32(bitPattern: code))
      $0.put32(memoryKills)
    }
  }
  mutating func hasIPv6() { send(Int32(WIRE_GUEST_IPV6)) { _ in } }
  mutating func wrote(_ bytes: UInt64) { send(Int32(WIRE_GUEST_OUTPUT)) { $0.put64(bytes) } }
  mutating func problem(_ text: Text, ends: Bool) {
    send(Int32(WIRE_GUEST_PROBLEM)) {
      $0.put8(ends ? 1 : 0)
      $0.put(text.bytes)
    }
  }
  mutating func listens(_ socket: ListeningSocket, there: Bool) {
    send(Int32(WIRE_GUEST_LISTEN)) {
      $0.put8(there ? 1 : 0)
      $0.put8(socket.transport)
      $0.put8(socket.family)
      $0.put8(0)
      $0.put8(UInt8(socket.port >> 8))
      $0.put8(UInt8(socket.port & 0xff))
      for index in 0..<16 { $0.put8(socket.byte(index)) }
    }
  }

  mutating func core(_ bytes: UnsafeBufferPointer<UInt8>, at offset: UInt64) {
    send(Int32(WIRE_GUEST_CORE)) {
      $0.put64(offset)
      $0.put(bytes)
    }
  }
  mutating func stamp(_ name: StaticString, at time: UInt64) {
    send(Int32(WIRE_GUEST_STAMP), at: time) {
      $0.put(UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount))
    }
  }
  mutating func log(_ record: UnsafeBufferPointer<UInt8>) { send(Int32(WIRE_GUEST_LOG)) { $0.put(record) } }
  mutating func told() { send(Int32(WIRE_GUEST_TOLD)) { _ in } }

  /// A payload that is being written behind its header.
  struct Frame {
    let start: UnsafeMutablePointer<UInt8>
    var count: Int
    mutating func put8(_ byte: UInt8) {
      guard count < Control.outputLimit else { return }
      start[count] = byte
      count += 1
    }
    mutating func put32(_ number: UInt32) {
      guard count + 4 <= Control.outputLimit else { return }
      wire_put32(start + count, number)
      count += 4
    }
    mutating func put64(_ number: UInt64) {
      put32(UInt32(truncatingIfNeeded: number))
      put32(UInt32(truncatingIfNeeded: number >> 32))
    }
    mutating func put(_ bytes: UnsafeBufferPointer<UInt8>) {
      let length = min(bytes.count, Control.outputLimit - count)
      guard length > 0, let source = bytes.baseAddress else { return }
      (start + count).update(from: source, count: length)
      count += length
    }
  }

  private mutating func send(_ type: Int32, at time: UInt64? = nil, _ fill: (inout Frame) -> Void) {
    guard isOpen else { return }
    var frame = Frame(start: output, count: Int(WIRE_HEADER) + 8)
    wire_put64(output + Int(WIRE_HEADER), time ?? guest_clock())
    fill(&frame)
    wire_put32(output, UInt32(bitPattern: type))
    wire_put32(output + 4, UInt32(frame.count - Int(WIRE_HEADER)))
    write(frame.count)
  }

  /// A host that does not read for five seconds is not waited for: the program matters more than the report.
  private func write(_ count: Int) {
    var done = 0
    while done < count {
      let written = guest_write(descriptor, output + done, count - done)
      if written > 0 {
        done += written
      } else if guest_wait_writable(descriptor, 5000) == 0 {
        return
      }
    }
  }

  // MARK: - From the host

  /// A message of the host; the payload is valid until the next call.
  struct Message {
    let type: Int
    let payload: UnsafeMutablePointer<UInt8>
    let count: Int
    var number: UInt32 { count >= 4 ? wire_get32(payload) : 0 }
  }

  /// The next whole message that has arrived, or nil. A frame that no host of ours sends closes the channel.
  mutating func receive() -> Message? {
    guard isOpen, fill(to: Int(WIRE_HEADER)) else { return nil }
    let count = Int(wire_get32(input + 4))
    guard count <= Int(WIRE_PAYLOAD_LIMIT) else {
      close()
      return nil
    }
    guard fill(to: Int(WIRE_HEADER) + count) else { return nil }
    filled = 0
    return Message(type: Int(input[0]), payload: input + Int(WIRE_HEADER), count: count)
  }

  /// Reads until so many bytes are there; false when they have not come yet.
  private mutating func fill(to wanted: Int) -> Bool {
    while filled < wanted {
      let count = guest_read(descriptor, input + filled, wanted - filled)
      guard count > 0 else { return false }
      filled += count
    }
    return true
  }
}
