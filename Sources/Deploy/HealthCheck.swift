internal import Glibc
internal import PackCore
internal import Runner

/// Asks a program over its published port whether it works, without ever blocking: one connection at a time, on the poll(2)
/// of the machine.
final class HealthCheck {
  private enum Stage {
    case idle
    case connecting
    case reading
  }

  private let spec: HealthSpec
  private let port: PublishedPort
  private var stage = Stage.idle
  private var connection: Descriptor?
  private var answer: [UInt8] = []
  private var due: UInt64?
  private var failures = 0
  private(set) var check = Check(.waiting)

  /// Until it passes for the first time; between two after that; for one answer. Nanoseconds.
  private static let eager: UInt64 = 250_000_000
  private static let interval: UInt64 = 10_000_000_000
  private static let patience: UInt64 = 5_000_000_000
  /// QEMU takes every connection itself; one that the guest refuses is closed by then.
  private static let refusal: UInt64 = 200_000_000
  private static let tolerated = 3

  init(_ spec: HealthSpec, _ port: PublishedPort) {
    self.spec = spec
    self.port = port
  }

  var descriptor: Int32 { connection?.raw ?? -1 }
  var events: Int16 { stage == .connecting ? Int16(POLLOUT) : Int16(POLLIN) }
  var wake: UInt64? { due }

  func begin() { if due == nil { due = HostContext.monotonicClock() } }

  func stop(_ detail: String) {
    connection = nil
    stage = .idle
    due = nil
    check = Check(.fail, detail)
  }

  func advance() {
    guard let due else { return }
    let now = HostContext.monotonicClock()
    switch stage {
    case .idle: if now >= due { connect(now) }
    case .connecting:
      if isReady(POLLOUT) { ask(now) } else if now >= due { failed("no connection within 5 s") }
    case .reading:
      if isReady(POLLIN) {
        read(now)
      } else if now >= due {
        if case .tcp = spec { passed("takes connections") } else { failed("no answer within 5 s") }
      }
    }
  }

  private func isReady(_ events: Int32) -> Bool {
    var watched = pollfd(fd: descriptor, events: Int16(events), revents: 0)
    return poll(&watched, 1, 0) > 0
  }

  private func connect(_ now: UInt64) {
    answer = []
    let family = port.isIPv6 ? AF_INET6 : AF_INET
    let raw = socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | O_NONBLOCK, 0)
    guard raw >= 0 else { return failed("no socket (errno \(errno))") }
    connection = Descriptor(owning: raw)
    stage = .connecting
    due = now + Self.patience
    guard port.connect(raw) != 0, errno != EINPROGRESS else { return }
    failed("no connection (errno \(errno))")
  }

  private func ask(_ now: UInt64) {
    stage = .reading
    guard case .http(let path, _) = spec else {
      due = now + Self.refusal
      return
    }
    due = now + Self.patience
    let text = "GET \(path) HTTP/1.1\r\nHost: \(port.hostPort)\r\nUser-Agent: packc\r\nConnection: close\r\n\r\n"
    let bytes = Array(text.utf8)
    guard send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
      return failed("the connection was refused")
    }
  }

  private func read(_ now: UInt64) {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    if count < 0, errno == EAGAIN || errno == EINTR { return }
    if case .tcp = spec { return count > 0 ? passed("takes connections") : failed("the connection was refused") }
    if count > 0 { answer += buffer[..<count] }
    let line = answer.prefix { $0 != 0x0a && $0 != 0x0d }
    guard line.count < answer.count || count <= 0 || answer.count > 4096 else { return }
    // `HTTP/1.1 200 OK`
    let words = String(decoding: line, as: UTF8.self).split(separator: " ")
    guard words.count >= 2, words[0].hasPrefix("HTTP/"), let status = Int(words[1]) else {
      return failed(count <= 0 && answer.isEmpty ? "the connection was closed without an answer" : "no HTTP answer")
    }
    if (200..<400).contains(status) {
      passed("\(spec) answered \(status)")
    } else {
      failed("\(spec) answered \(status)")
    }
  }

  private func passed(_ detail: String) {
    failures = 0
    finish(Check(.pass, detail), after: Self.interval)
  }

  private func failed(_ detail: String) {
    failures += 1
    let hadPassed = check.result == .pass
    if hadPassed, failures < Self.tolerated { return finish(check, after: Self.interval / 10) }
    finish(Check(.fail, detail), after: hadPassed || failures > 40 ? Self.interval / 10 : Self.eager)
  }

  private func finish(_ check: Check, after pause: UInt64) {
    self.check = check
    connection = nil
    stage = .idle
    due = HostContext.monotonicClock() + pause
  }
}
