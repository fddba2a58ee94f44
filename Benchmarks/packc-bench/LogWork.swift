import Deploy
import Glibc
import PackCore
import Runner

/// A program's output as a supervisor keeps it: pieces of 64 KiB through files that are rotated.
enum LogWork {
  /// FILE MEGABYTES
  static func run(_ arguments: [String]) throws {
    guard let megabytes = Int(arguments[1]), megabytes > 0 else {
      throw Failure("usage", "how many megabytes?", exit: .usage)
    }
    // Lines of eighty bytes, as a program has them.
    let line = Array(String(repeating: "x", count: 79).utf8) + [0x0a]
    let piece = Array(Array(repeating: line, count: 820).joined().prefix(65_536))
    let log = try RotatingLog(HostPath(arguments[0]))
    let began = HostContext.monotonicClock()
    for _ in 0..<(megabytes * 1_000_000 / piece.count) { log.take(piece[...]) }
    let nanoseconds = HostContext.monotonicClock() - began
    print(
      CanonicalJSON.string([
        "lost": .integer(Int64(log.lost)), "milliseconds": .integer(Int64(nanoseconds / 1_000_000)),
      ]))
  }
}
