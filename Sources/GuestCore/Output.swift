import CGuest
import CGuestWire

/// The way of the program's output to a host that reads the output port: a pseudo-terminal, which the program writes to
/// and may spoil, and the init between it and the port. The serial line passes some 70 kB a second under
/// emulation, and every byte of it is an exit of the machine; here a page is.
///
/// A host that does not read stops the program: nothing is dropped, and no more than a buffer is held.
struct Output {
  private var port: Int32 = -1
  private var terminal: Int32 = -1
  /// Where the program writes; the init holds it open, so that no last writer hangs up.
  private(set) var program: Int32 = -1
  /// Bytes that the port has taken, ever.
  private(set) var sent: UInt64 = 0
  private let buffer = UnsafeMutablePointer<UInt8>.allocate(capacity: Output.room)
  private var start = 0
  private var end = 0
  /// What the port takes in one piece.
  private static let room = 32768
  /// Milliseconds. The driver names its ports one after the other, and the control port is the first.
  private static let patience = 1000

  var isOpen: Bool { port >= 0 }

  /// Opens both ends; without them everything stays on the console.
  mutating func open(user: UInt32, group: UInt32) {
    port = openPort("dev.packc.output\n", patience: Output.patience)
    guard port >= 0 else { return }
    terminal = guest_open_terminal(&program)
    guard terminal >= 0 else {
      _ = guest_close(port)
      port = -1
      return
    }
    // For those that open /dev/stdout by name.
    _ = guest_chown_descriptor(program, user, group)
  }

  /// What to wait for: the program's bytes, or the port's readiness for those that wait here.
  var watch: guest_watch {
    start < end
      ? guest_watch(fd: port, for_writing: 1, state: 0) : guest_watch(fd: terminal, for_writing: 0, state: 0)
  }

  /// Moves on what is there, but not for ever: others wait, too. False when there is nothing more to move now.
  @discardableResult mutating func move() -> Bool {
    for _ in 0..<8 {
      fill()
      guard start < end, flush() else { return false }
    }
    return true
  }

  /// Everything that was written before now, as long as the host is there.
  mutating func finish() {
    while isOpen {
      if move() { continue }
      guard start < end else { return }
      var watches = watch
      _ = guest_poll(&watches, 1, 1000)
      if watches.state & Int32(GUEST_HUNG_UP) != 0 { return }
    }
  }

  /// Nobody reads any more: what the program writes from now on is lost, and it is not stopped by that.
  mutating func abandon() {
    guard isOpen else { return }
    _ = guest_close(port)
    port = -1
    start = 0
    end = 0
  }

  /// A terminal gives a page at a time.
  private mutating func fill() {
    guard start == end else { return }
    start = 0
    end = 0
    while end < Output.room {
      let count = guest_read(terminal, buffer + end, Output.room - end)
      guard count > 0 else { return }
      end += count
    }
  }

  private mutating func flush() -> Bool {
    guard isOpen else {
      start = end
      return true
    }
    while start < end {
      let count = guest_write(port, buffer + start, end - start)
      guard count > 0 else { return false }
      start += count
      sent += UInt64(count)
    }
    return true
  }
}
