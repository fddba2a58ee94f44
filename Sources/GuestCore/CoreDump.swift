import CGuest
import CGuestWire

/// The program's core dump on its way to the host (debug). The kernel writes it to a file of memory, which ends with the
/// machine.
struct CoreDump {
  private static let pattern: StaticString = "/tmp/core.%p"
  private var path = Text()

  /// Says to the kernel where dumps go.
  mutating func prepare() {
    path.clear()
    path.append(CoreDump.pattern)
    path.append("\n")
    _ = writeFile(StaticString("/proc/sys/kernel/core_pattern").cString, path.bytes, create: false)
  }

  /// The dump of that process in pieces, without its holes, then one empty piece at its end.
  mutating func send(of process: Int32, _ control: inout Control) {
    path.clear()
    path.append("/tmp/core.")
    path.append(Int(process))
    let file = guest_open(path.cString, Int32(GUEST_READ))
    guard file >= 0 else { return }
    let piece = UnsafeMutablePointer<UInt8>.allocate(capacity: Int(WIRE_CORE_PIECE))
    var offset: UInt64 = 0
    while control.isOpen {
      let next = guest_next_data(file, offset)
      guard guest_seek(file, next) >= 0 else { break }
      offset = next
      let count = guest_read(file, piece, Int(WIRE_CORE_PIECE))
      guard count > 0 else { break }
      control.core(UnsafeBufferPointer(start: piece, count: count), at: offset)
      offset += UInt64(count)
    }
    control.core(UnsafeBufferPointer(start: piece, count: 0), at: offset)
    piece.deallocate()
    _ = guest_close(file)
  }
}
