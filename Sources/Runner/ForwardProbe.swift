internal import Glibc
internal import Kernel
internal import PackCore

/// Whether something listens in the machine at a published port, seen from outside. QEMU's user network accepts every
/// connection, whether or not the guest does: so one is made, and QEMU's monitor (QMP, `info usernet`) says how far the
/// guest has come with it.
///
///     Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ
///     TCP[ESTABLISHED]   18       127.0.0.1  8080       10.0.2.15  8080     0     0
final class ForwardProbe {
  private let port: PublishedPort?
  private let monitor: Descriptor
  private var monitorIsOpen = true
  private var answer: [UInt8] = []
  private var hasGreeted = false
  private var connection: Descriptor?
  /// How often QEMU was asked about it.
  private var looks = 0
  /// When QEMU is asked about the connection; nil while an answer is awaited.
  private var nextLook: UInt64?
  private(set) var isReady = false

  private static let interval: UInt64 = 50_000_000
  /// A connection that the guest has not taken by then was begun before it had a network, and is tried again by QEMU after
  /// seconds only.
  private static let looksLimit = 3

  init(_ port: PublishedPort?, monitor: consuming Descriptor) {
    self.port = port
    self.monitor = monitor
  }

  var monitorDescriptor: Int32 { monitorIsOpen ? monitor.raw : -1 }
  var wake: UInt64? { nextLook }

  func readMonitor() {
    var buffer = [UInt8](repeating: 0, count: 1 << 14)
    let count = read(monitor.raw, &buffer, buffer.count)
    guard count > 0 else {
      if count == 0 || (errno != EAGAIN && errno != EINTR) { monitorIsOpen = false }
      return
    }
    answer += buffer[..<count]
    while let end = answer.firstIndex(of: 0x0a) {
      take(line: answer[..<end])
      answer.removeFirst(end + 1)
    }
    // No answer of QEMU is so long.
    if answer.count > 1 << 20 { monitorIsOpen = false }
  }

  private func take(line: ArraySlice<UInt8>) {
    guard hasGreeted else {
      hasGreeted = true
      say("{\"execute\":\"qmp_capabilities\"}{\"execute\":\"cont\"}")
      if port != nil { connect() }
      return
    }
    guard let port, !isReady, let text = (try? JSONParser.parse(Array(line)))?["return"]?.string else { return }
    isReady = Self.isEstablished(text, port.guest.number)
    nextLook = isReady ? nil : HostContext.monotonicClock() + Self.interval
    looks += 1
    if isReady { connection = nil } else if looks == Self.looksLimit { connect() }
  }

  static func isEstablished(_ text: String, _ port: UInt16) -> Bool {
    text.split(whereSeparator: \.isNewline).contains { line in
      let fields = line.split(separator: " ")
      return fields.count >= 6 && fields[0] == "TCP[ESTABLISHED]" && fields[5] == "\(port)"
    }
  }

  func advance() {
    guard let due = nextLook, HostContext.monotonicClock() >= due else { return }
    nextLook = nil
    say("{\"execute\":\"human-monitor-command\",\"arguments\":{\"command-line\":\"info usernet\"}}")
  }

  private func connect() {
    looks = 0
    nextLook = HostContext.monotonicClock() + Self.interval
    let raw = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | O_NONBLOCK, 0)
    guard let port, raw >= 0 else { return }
    connection = Descriptor(owning: raw)
    var place = sockaddr_in()
    place.sin_family = sa_family_t(AF_INET)
    place.sin_port = port.hostPort.bigEndian
    inet_pton(AF_INET, port.address == "0.0.0.0" ? "127.0.0.1" : port.address, &place.sin_addr)
    _ = withUnsafePointer(to: &place) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(raw, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }

  private func say(_ text: String) {
    let bytes = Array(text.utf8)
    _ = bytes.withUnsafeBytes { send(monitor.raw, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
  }
}
