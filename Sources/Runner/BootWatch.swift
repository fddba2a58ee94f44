internal import Glibc
internal import Kernel
internal import PackCore

/// A machine's start under observation: QEMU waits until it is told over its monitor (QMP) to let the machine go, is then
/// asked every few milliseconds where the processor is, until the init answers; and when the program is ready, the init
/// is asked for its own stamps.
final class BootWatch {
  var timeline: BootTimeline
  private let monitor: Descriptor
  private var monitorIsOpen = true
  /// The last answer of the monitor that is not whole yet.
  private var answer: [UInt8] = []
  /// When the processor is looked at next; nil while an answer is awaited, and when it is no longer of interest.
  private var nextLook: UInt64?
  private var hasAsked = false
  /// When a program that does not listen is waited for no longer.
  private var deadline: UInt64?
  private static let patience: UInt64 = 60_000_000_000
  private static let interval: UInt64 = 4_000_000

  init(_ timeline: BootTimeline, monitor: consuming Descriptor) {
    self.timeline = timeline
    self.monitor = monitor
  }

  var monitorDescriptor: Int32 { monitorIsOpen ? monitor.raw : -1 }
  /// When something is due.
  var wake: UInt64? { [deadline, nextLook].compactMap { $0 }.min() }

  // MARK: - The monitor

  func readMonitor() {
    var buffer = [UInt8](repeating: 0, count: 1 << 14)
    let count = read(monitor.raw, &buffer, buffer.count)
    guard count > 0 else {
      if count == 0 || (errno != EAGAIN && errno != EINTR) { close() }
      return
    }
    let now = HostContext.monotonicClock()
    answer += buffer[..<count]
    while let end = answer.firstIndex(of: 0x0a) {
      take(line: answer[..<end], now)
      answer.removeFirst(end + 1)
    }
    // No answer of QEMU is so long.
    if answer.count > 1 << 20 { close() }
  }

  private func close() {
    monitorIsOpen = false
    nextLook = nil
  }

  private func take(line: ArraySlice<UInt8>, _ now: UInt64) {
    // The greeting means that QEMU has done all that comes before the first instruction.
    guard timeline.released != nil else {
      timeline.released = now
      say("{\"execute\":\"qmp_capabilities\"}{\"execute\":\"cont\"}")
      nextLook = now + Self.interval
      return
    }
    guard let place = Self.processor(line) else { return }
    timeline.takeProcessor(at: place.address, is64Bit: place.is64Bit, now)
    nextLook = timeline.unpacked == nil ? now + Self.interval : nil
  }

  func lookAtProcessor(isUp: Bool) {
    guard let due = nextLook, HostContext.monotonicClock() >= due else { return }
    nextLook = nil
    guard !isUp, monitorIsOpen else { return }
    say("{\"execute\":\"human-monitor-command\",\"arguments\":{\"command-line\":\"info registers\"}}")
  }

  private func say(_ text: String) {
    let bytes = Array(text.utf8)
    _ = bytes.withUnsafeBytes { send(monitor.raw, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
  }

  /// `… RIP=ffffffff81000000 …` in 64-bit code, `EIP=0000fff0` before.
  static func processor(_ line: ArraySlice<UInt8>) -> (address: UInt64, is64Bit: Bool)? {
    for (name, is64Bit) in [("RIP=", true), ("EIP=", false)] {
      guard let found = line.firstRange(of: Array(name.utf8)) else { continue }
      let digits = line[found.upperBound...].prefix { ($0 >= 0x30 && $0 <= 0x39) || ($0 >= 0x61 && $0 <= 0x66) }
      guard let address = UInt64(String(decoding: digits, as: UTF8.self), radix: 16) else { continue }
      return (address, is64Bit)
    }
    return nil
  }

  // MARK: - The init

  /// True when the init is to be asked for its stamps now.
  func take(_ report: GuestControl.Report, _ ready: String?, at now: UInt64) -> Bool {
    timeline.take(report, at: now)
    if let ready { timeline.listens(on: ready, at: now) }
    if case .started = report.event { deadline = now + Self.patience }
    return timeline.isOver && ask()
  }

  /// True, once, when the program has run for so long without listening.
  func takesNoLonger() -> Bool {
    guard let deadline, HostContext.monotonicClock() >= deadline else { return false }
    return ask()
  }

  private func ask() -> Bool {
    guard !hasAsked else { return false }
    hasAsked = true
    deadline = nil
    return true
  }
}
