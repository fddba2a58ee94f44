internal import Glibc
internal import PackCore

/// Results on descriptor 1, errors on descriptor 2, by write(2): nothing is buffered, nothing is lost at exit.
enum StandardOutput {
  static func write(_ bytes: [UInt8]) throws { try write(bytes, to: 1) }

  static func writeError(_ text: String) { try? write(Array(text.utf8), to: 2) }

  private static func write(_ bytes: [UInt8], to raw: Int32) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(raw, $0.baseAddress, $0.count) }
      if count > 0 {
        rest = rest.dropFirst(count)
        continue
      }
      if errno == EINTR { continue }
      if errno == EAGAIN {
        var waiting = pollfd(fd: raw, events: Int16(POLLOUT), revents: 0)
        poll(&waiting, 1, -1)
        continue
      }
      throw Failure(
        "cannot_write", "standard output cannot be written (errno \(errno))",
        hint: "is the reader gone or the disk full?")
    }
  }
}
