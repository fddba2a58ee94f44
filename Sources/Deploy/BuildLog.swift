internal import Glibc
public import PackCore

/// `build.log`: what the last build for a deployment said, a line each. The builder's standard error is this file.
public struct BuildLog {
  private let path: HostPath
  private var offset: Int64 = 0
  /// What came without a line's end.
  private var rest: [UInt8] = []

  public init(_ path: HostPath) { self.path = path }

  /// What came since the last call, in whole lines; `toTheEnd`: also one that has no end.
  mutating func lines(toTheEnd: Bool) -> [String] {
    rest += read()
    var parts = rest.split(separator: 0x0a, omittingEmptySubsequences: false)
    rest = parts.popLast().map(Array.init) ?? []
    if toTheEnd, !rest.isEmpty {
      parts.append(rest[...])
      rest = []
    }
    return parts.map { String(decoding: $0, as: UTF8.self) }
  }

  private mutating func read() -> [UInt8] {
    guard let file = try? Descriptor.open(path, O_RDONLY) else { return [] }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while let count = try? buffer.withUnsafeMutableBytes({ try file.read(into: $0, at: offset) }), count > 0 {
      bytes += buffer[..<count]
      offset += Int64(count)
    }
    return bytes
  }

  /// Writes the last `tail` lines (nil: all), and with `follows` what comes while `goesOn`.
  public mutating func copy(
    tail: Int?, follows: Bool, goesOn: () throws -> Bool, write: ([UInt8]) throws -> Void
  ) throws {
    var bytes = read()
    if let tail { bytes = Self.last(tail, of: bytes) }
    try write(bytes)
    while follows, Interruption.signal == nil {
      // Asked before the last look at the file.
      let more = try goesOn()
      try write(read())
      guard more else { return }
      usleep(100_000)
    }
  }

  static func last(_ lines: Int, of bytes: [UInt8]) -> [UInt8] {
    guard lines > 0 else { return [] }
    var wanted = lines
    for index in bytes.indices.dropLast().reversed() where bytes[index] == 0x0a {
      wanted -= 1
      if wanted == 0 { return Array(bytes[(index + 1)...]) }
    }
    return bytes
  }

  /// What of a step's own lines goes into it, in bytes; a build that floods shall not fill the disk.
  private static let limit = 8 << 20

  /// Passes on what belongs into the log.
  public static func bounded(_ reporter: Reporter) -> Reporter {
    let said = Locked(0)
    return Reporter { event in
      if case .stepLine(_, let text) = event {
        let before = said.withLock { count in
          defer { count += text.utf8.count + 1 }
          return count
        }
        guard before < limit else { return }
        if before + text.utf8.count >= limit { reporter.note("further lines of this build's steps are left out here") }
      }
      reporter.send(event)
    }
  }
}
