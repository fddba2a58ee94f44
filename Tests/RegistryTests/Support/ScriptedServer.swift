import Glibc
import PackCore
import XCTest

/// One request as the scripted server read it.
struct SeenRequest: Sendable {
  var method: String
  /// Without the query.
  var path: String
  var query: [String: String]
  var headers: [String: String]
  var body: [UInt8]

  /// `GET /v2/shop/manifests/1`
  var line: String { "\(method) \(path)" }
}

/// What it says back, as bytes to send and what to do then.
struct ScriptedAnswer: Sendable {
  var status = 200
  var headers: [(String, String)] = []
  var body: [UInt8] = []
  /// Overrides the head and body that are made from the above.
  var raw: [UInt8]?
  /// Closes after so many bytes of the whole answer.
  var cutAfter: Int?
  /// Milliseconds before each byte, or before each `dripBytes`.
  var drip: Int32?
  var dripBytes = 1
  /// `Content-Length` that is not the body's.
  var announced: Int?

  init(_ status: Int = 200, _ headers: [(String, String)] = [], _ body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }
  init(_ status: Int, json: String) {
    self.init(status, [("Content-Type", "application/json")], Array(json.utf8))
  }
  static func raw(_ text: String) -> ScriptedAnswer {
    var answer = ScriptedAnswer()
    answer.raw = Array(text.utf8)
    return answer
  }

  func bytes(isHead: Bool) -> [UInt8] {
    if let raw { return raw }
    var head = "HTTP/1.1 \(status) Scripted\r\n"
    for (name, value) in headers { head += "\(name): \(value)\r\n" }
    head += "Content-Length: \(announced ?? body.count)\r\n\r\n"
    return Array(head.utf8) + (isHead ? [] : body)
  }
}

/// A server of HTTP/1.1 on a free port of loopback, one thread a connection; what it says is a function of the request.
final class ScriptedServer: Sendable {
  let port: UInt16
  private let listener: Int32
  private let answer: @Sendable (SeenRequest) -> ScriptedAnswer
  private let seen = Locked<[SeenRequest]>([])
  private let threads = Locked<[HostThread<Void>]>([])
  private let isStopped = Locked(false)
  /// Cuts a request's body after so many bytes, once for each.
  let requestCuts = Locked<[Int]>([])

  init(_ answer: @escaping @Sendable (SeenRequest) -> ScriptedAnswer) throws {
    signal(SIGPIPE, SIG_IGN)
    self.answer = answer
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let listener = self.listener
    let code = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, size) | listen(listener, 64) | getsockname(listener, $0, &size)
      }
    }
    guard code == 0 else { throw Failure.system("listen on loopback", errno: errno) }
    port = UInt16(bigEndian: address.sin_port)
    let thread = try HostThread { self.accept() }
    threads.withLock { $0.append(thread) }
  }

  var host: String { "127.0.0.1:\(port)" }
  var requests: [SeenRequest] { seen.withLock { $0 } }
  var lines: [String] { requests.map(\.line) }
  func forget() { seen.withLock { $0 = [] } }

  /// Ends the threads; to be called by the test that made it.
  func stop() {
    isStopped.withLock { $0 = true }
    shutdown(listener, Int32(SHUT_RDWR))
    while let thread = threads.withLock({ $0.popLast() }) { try? thread.join() }
    close(listener)
  }

  private func accept() {
    while true {
      let connection = Glibc.accept(listener, nil, nil)
      if connection < 0 {
        if errno == EINTR || errno == ECONNABORTED { continue }
        return
      }
      var timeout = timeval(tv_sec: 5, tv_usec: 0)
      setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
      var on: Int32 = 1
      setsockopt(connection, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
      guard let thread = try? HostThread({ self.serve(connection) }) else { continue }
      threads.withLock { $0.append(thread) }
    }
  }

  private func serve(_ connection: Int32) {
    defer { close(connection) }
    var reader = RequestReader(connection: connection)
    while !isStopped.withLock({ $0 }), var request = reader.head() {
      let length = Int(request.headers["content-length"] ?? "") ?? 0
      let cut = length > 0 ? requestCuts.withLock { $0.popLast() } : nil
      request.body = reader.body(min(length, cut ?? .max))
      seen.withLock { $0.append(request) }
      let answer = self.answer(request)
      if cut != nil { return abort(connection) }
      guard send(answer, to: connection, isHead: request.method == "HEAD") else { return }
    }
  }

  /// RST instead of FIN: what a crash looks like.
  private func abort(_ connection: Int32) {
    var hard = linger(l_onoff: 1, l_linger: 0)
    setsockopt(connection, SOL_SOCKET, SO_LINGER, &hard, socklen_t(MemoryLayout<linger>.size))
  }

  /// False when the connection is to be closed.
  private func send(_ answer: ScriptedAnswer, to connection: Int32, isHead: Bool) -> Bool {
    var bytes = answer.bytes(isHead: isHead)[...]
    if let cut = answer.cutAfter { bytes = bytes.prefix(cut) }
    while !bytes.isEmpty {
      if let drip = answer.drip {
        _ = poll(nil, 0, drip)
        if isStopped.withLock({ $0 }) { return false }
      }
      let count = bytes.prefix(answer.drip == nil ? 1 << 16 : answer.dripBytes).withUnsafeBytes {
        Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count <= 0 { return false }
      bytes = bytes.dropFirst(count)
    }
    return answer.cutAfter == nil && answer.raw == nil
  }
}

/// Reads requests from one connection.
private struct RequestReader {
  let connection: Int32
  private var buffer: [UInt8] = []

  init(connection: Int32) { self.connection = connection }

  private mutating func fill() -> Bool {
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    let count = recv(connection, &chunk, chunk.count, 0)
    guard count > 0 else { return false }
    buffer += chunk[..<count]
    return true
  }

  /// Nil at the end of the connection, and for what is no HTTP: TLS's first byte.
  mutating func head() -> SeenRequest? {
    let end = Array("\r\n\r\n".utf8)
    while true {
      if buffer.first == 0x16 { return nil }
      if let cut = buffer.firstRange(of: end) {
        let text = String(decoding: buffer[..<cut.lowerBound], as: UTF8.self)
        buffer.removeFirst(cut.upperBound)
        return parse(text.split(separator: "\r\n").map(String.init))
      }
      if buffer.count > 1 << 20 || !fill() { return nil }
    }
  }

  mutating func body(_ count: Int) -> [UInt8] {
    while buffer.count < count, fill() {}
    let body = Array(buffer.prefix(count))
    buffer.removeFirst(body.count)
    return body
  }

  private func parse(_ lines: [String]) -> SeenRequest? {
    let words = (lines.first ?? "").split(separator: " ")
    guard words.count == 3 else { return nil }
    let target = words[1].split(separator: "?", maxSplits: 1)
    var request = SeenRequest(
      method: String(words[0]), path: String(target[0]), query: [:], headers: [:], body: [])
    for pair in (target.count == 2 ? target[1] : "").split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1).map { Self.decoded(String($0)) }
      request.query[parts[0]] = parts.count == 2 ? parts[1] : ""
    }
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      request.headers[line[..<colon].lowercased()] = line[line.index(after: colon)...].drop { $0 == " " }.description
    }
    return request
  }

  private static func decoded(_ text: String) -> String {
    var out: [UInt8] = []
    var bytes = Array(text.utf8)[...]
    while let byte = bytes.popFirst() {
      if byte == UInt8(ascii: "%"), let value = UInt8(String(decoding: bytes.prefix(2), as: UTF8.self), radix: 16) {
        out.append(value)
        bytes = bytes.dropFirst(2)
      } else {
        out.append(byte)
      }
    }
    return String(decoding: out, as: UTF8.self)
  }
}
