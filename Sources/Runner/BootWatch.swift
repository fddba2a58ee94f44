internal import Glibc
internal import Kernel
internal import PackCore

/// A machine's start under observation: QEMU waits until it is told over its monitor (QMP) to let the machine go, and
/// when the program is ready, the init is asked for its own stamps.
final class BootWatch {
  var timeline: BootTimeline
  private let monitor: Descriptor
  private var monitorIsOpen = true
  private var hasAsked = false
  /// When a program that does not listen is waited for no longer.
  private(set) var deadline: UInt64?
  private static let patience: UInt64 = 60_000_000_000

  init(_ timeline: BootTimeline, monitor: consuming Descriptor) {
    self.timeline = timeline
    self.monitor = monitor
  }

  var monitorDescriptor: Int32 { monitorIsOpen ? monitor.raw : -1 }

  /// The monitor's greeting means that QEMU has done all that comes before the first instruction. Its answers are not
  /// needed.
  func readMonitor() {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = read(monitor.raw, &buffer, buffer.count)
    guard count > 0 else {
      if count == 0 || (errno != EAGAIN && errno != EINTR) { monitorIsOpen = false }
      return
    }
    guard timeline.released == nil else { return }
    let go = Array("{\"execute\":\"qmp_capabilities\"}{\"execute\":\"cont\"}".utf8)
    timeline.released = HostContext.monotonicClock()
    _ = go.withUnsafeBytes { send(monitor.raw, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
  }

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
