import CGuest

/// The machine's serial console: what the init itself must say, and the program's output where nobody reads the output
/// port.
struct Console {
  private(set) var descriptor: Int32 = -1

  init(descriptor: Int32 = -1) { self.descriptor = descriptor }

  /// Opens /dev/console and makes its terminal raw, so that not one byte of the program is changed on the way out.
  mutating func open() {
    descriptor = guest_open(StaticString("/dev/console").cString, Int32(GUEST_WRITE))
    restore()
  }

  /// The program writes here: its user owns it, for those that open /dev/stdout by name.
  func give(to user: UInt32, _ group: UInt32) { _ = guest_chown_descriptor(descriptor, user, group) }

  /// As `open` made it, whatever a program has done to it.
  func restore() { _ = guest_raw_terminal(descriptor) }

  func say(_ text: Text) {
    write("packc: ")
    write(text.bytes)
    write("\n")
  }
  func say(_ text: StaticString) {
    write("packc: ")
    write(text)
    write("\n")
  }

  /// For debug: what was done, and how many milliseconds after the kernel's start.
  func show(_ stamps: Stamps) {
    var text = Text()
    for index in 0..<stamps.count {
      text.clear()
      text.append(Int(stamps.time(index) / 1_000_000))
      text.append(" ms: ")
      text.append(stamps.name(index))
      say(text)
    }
    text.release()
  }

  /// Waits until everything has left the machine.
  func drain() { _ = guest_drain_terminal(descriptor) }

  private func write(_ text: StaticString) {
    write(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }
  private func write(_ bytes: UnsafeBufferPointer<UInt8>) {
    var done = 0
    while done < bytes.count {
      let count = guest_write(descriptor, bytes.baseAddress.unsafelyUnwrapped + done, bytes.count - done)
      guard count > 0 else { return }
      done += count
    }
  }
}
