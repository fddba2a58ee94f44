import CGuest

/// The kernel's counts of sockets (/proc/net/sockstat, proc_pid_net(5)). A socket that begins to listen changes them, and
/// reading them costs a fraction of walking through the tables of all sockets: programs start while this init looks.
struct SocketCounts {
  private static let capacity = 1024
  private var files: (Int32, Int32)
  private let text = UnsafeMutablePointer<UInt8>.allocate(capacity: SocketCounts.capacity)
  private var seen: UInt64 = 0

  init() {
    files = (
      guest_open(StaticString("/proc/net/sockstat").cString, Int32(GUEST_READ)),
      guest_open(StaticString("/proc/net/sockstat6").cString, Int32(GUEST_READ))
    )
  }

  /// Whether they are not what they were at the call before; true where there are none.
  mutating func changed() -> Bool {
    guard files.0 >= 0 else { return true }
    // FNV-1a: of a few lines, so that none of them needs to be understood.
    var sum: UInt64 = 0xcbf2_9ce4_8422_2325
    add(files.0, to: &sum)
    if files.1 >= 0 { add(files.1, to: &sum) }
    defer { seen = sum }
    return sum != seen
  }

  private func add(_ file: Int32, to sum: inout UInt64) {
    guard guest_seek(file, 0) == 0 else { return }
    let count = guest_read(file, text, SocketCounts.capacity)
    guard count > 0 else { return }
    for index in 0..<count { sum = (sum ^ UInt64(text[index])) &* 0x100_0000_01b3 }
  }
}
