import Glibc
import PackCore
import TestSupport
import XCTest

/// A call of packc that goes on while the test looks at it. Dropped, it is ended with all its children.
final class Background {
  private var process: RunningProcess
  let log: HostPath
  private let site: Site

  /// - Parameter shell: a script to be run in the place of packc, which it finds as `$PACKC`.
  init(_ site: Site, _ arguments: [String], environment: [String: String] = [:], shell: String? = nil) throws {
    self.site = site
    log = site.directory / "log.\(UInt32.random(in: 0 ... .max))"
    var command = try site.command(arguments, environment: environment)
    if let shell {
      command.environment["PACKC"] = command.argv[0]
      command.argv = ["/bin/sh", "-c", shell]
    }
    // `exec`: the process is packc itself.
    command.argv = ["/bin/sh", "-c", "log=$1; shift; exec \"$@\" >\"$log\" 2>&1", "sh", log.description] + command.argv
    command.standardOutput = .discard
    command.standardError = .discard
    process = try RunningProcess.start(command)
  }

  var output: String { (try? FileSystem.read(log)).map { String(decoding: $0, as: UTF8.self) } ?? "" }
  func signal(_ number: Int32) { process.signal(number) }
  func hasEnded() throws -> CommandResult.End? { try process.reapIfEnded() }

  /// How it ended; nil when it still runs after `seconds`.
  func end(within seconds: Double) throws -> CommandResult.End? {
    let deadline = HostContext.monotonicClock() + UInt64(seconds * 1e9)
    while HostContext.monotonicClock() < deadline {
      if let end = try process.reapIfEnded() { return end }
      usleep(10_000)
    }
    return try process.reapIfEnded()
  }

  /// The body of `http://127.0.0.1:PORT/` as soon as there is one.
  func answer(
    port: UInt16, within seconds: Double = 90, file: StaticString = #filePath, line: UInt = #line
  ) throws -> String {
    let deadline = HostContext.monotonicClock() + UInt64(seconds * 1e9)
    while HostContext.monotonicClock() < deadline {
      let result = try Tools.run("curl", ["-s", "-f", "--max-time", "5", "http://127.0.0.1:\(port)/"])
      if result.succeeded { return result.outputText }
      if let end = try process.reapIfEnded() {
        XCTFail("ended with \(end) before it answered:\n\(output)", file: file, line: line)
        return ""
      }
      usleep(100_000)
    }
    XCTFail("no answer on port \(port) within \(seconds) s:\n\(output)", file: file, line: line)
    return ""
  }
}

enum Ports {
  /// One that nobody listens on now.
  static func free() throws -> UInt16 {
    let descriptor = Descriptor(owning: socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
    var place = sockaddr_in()
    place.sin_family = sa_family_t(AF_INET)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    return try withUnsafeMutablePointer(to: &place) { pointer in
      try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        guard bind(descriptor.raw, $0, length) == 0, getsockname(descriptor.raw, $0, &length) == 0 else {
          throw Failure.system("find a port", errno: errno)
        }
      }
      return UInt16(bigEndian: pointer.pointee.sin_port)
    }
  }
}

/// Processes that have to do with a site: by their arguments, their environment, or what is mounted where they are (the
/// steps of a build see nothing of the site but its mounts).
enum Leftovers {
  static func of(_ site: Site) throws -> [String] {
    let mark = Array(site.mark.utf8)
    return try DirectoryWalk.names(in: "/proc").compactMap { name in
      guard let pid = Int32(String(decoding: name, as: UTF8.self)), pid != getpid() else { return nil }
      let process = "/proc" / HostPath(bytes: name)
      let seen = ["cmdline", "environ", "mountinfo"].contains { file in
        (try? FileSystem.read(process / file, limit: 4 << 20)).map { contains($0, mark) } ?? false
      }
      guard seen, let line = try? FileSystem.read(process / "cmdline", limit: 1 << 20), !line.isEmpty else {
        return nil
      }
      return "\(pid): " + String(decoding: line.map { $0 == 0 ? 0x20 : $0 }, as: UTF8.self)
    }
  }

  /// None may be left; what the kernel is still taking down gets a moment.
  static func assertNone(
    _ site: Site, _ note: String = "", within seconds: Double = 2, file: StaticString = #filePath, line: UInt = #line
  ) throws {
    let deadline = HostContext.monotonicClock() + UInt64(seconds * 1e9)
    var left = try of(site)
    while !left.isEmpty, HostContext.monotonicClock() < deadline {
      usleep(50_000)
      left = try of(site)
    }
    XCTAssertEqual(left, [], "processes are left \(note)", file: file, line: line)
  }

  private static func contains(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
    guard bytes.count >= part.count, let first = part.first else { return false }
    return bytes.withUnsafeBufferPointer { bytes in
      (0...(bytes.count - part.count)).contains { start in
        bytes[start] == first && bytes[start..<(start + part.count)].elementsEqual(part)
      }
    }
  }
}
