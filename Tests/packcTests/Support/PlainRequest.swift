import Glibc
import PackCore

/// A request by this process itself: whatever runs another program ends what supervisors started, see `DetachedCall`.
enum PlainRequest {
  /// The body of `http://127.0.0.1:PORT/`; nil without an answer.
  static func get(_ port: Int) -> String? {
    let raw = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    let file = Descriptor(owning: raw)
    var place = sockaddr_in()
    place.sin_family = sa_family_t(AF_INET)
    place.sin_port = UInt16(port).bigEndian
    inet_pton(AF_INET, "127.0.0.1", &place.sin_addr)
    let code = withUnsafePointer(to: &place) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(file.raw, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard code == 0 else { return nil }
    var patience = timeval(tv_sec: 20, tv_usec: 0)
    setsockopt(file.raw, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    let request = Array("GET / HTTP/1.0\r\n\r\n".utf8)
    _ = send(file.raw, request, request.count, Int32(MSG_NOSIGNAL))
    var answer: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = recv(file.raw, &buffer, buffer.count, 0)
      if count <= 0 { break }
      answer += buffer[..<count]
    }
    return String(decoding: answer, as: UTF8.self).split(separator: "\r\n").last.map(String.init)
  }
}
