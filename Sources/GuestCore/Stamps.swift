import CGuest

/// When the init's own steps were done, for a host that asks where the boot's time went.
struct Stamps {
  private static let capacity = 16
  private let names = UnsafeMutablePointer<StaticString>.allocate(capacity: Stamps.capacity)
  private let times = UnsafeMutablePointer<UInt64>.allocate(capacity: Stamps.capacity)
  private(set) var count = 0

  mutating func mark(_ name: StaticString) {
    guard count < Stamps.capacity else { return }
    (names + count).initialize(to: name)
    (times + count).initialize(to: guest_clock())
    count += 1
  }

  func name(_ index: Int) -> StaticString { names[index] }
  func time(_ index: Int) -> UInt64 { times[index] }
}

/// What the kernel said until now: /dev/kmsg gives one record for each read(2).
struct KernelLog {
  private static let longest = 4096
  private let record = UnsafeMutablePointer<UInt8>.allocate(capacity: KernelLog.longest)

  func send(_ control: inout Control) {
    let file = guest_open(StaticString("/dev/kmsg").cString, Int32(GUEST_READ_NOW))
    guard file >= 0 else { return }
    while true {
      let count = guest_read(file, record, KernelLog.longest)
      // A record that was overwritten meanwhile is EPIPE; the next one is there.
      if count == -32 { continue }
      guard count > 0 else { break }
      control.log(UnsafeBufferPointer(start: record, count: count))
    }
    _ = guest_close(file)
  }
}
