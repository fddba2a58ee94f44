internal import Glibc
internal import PackCore
internal import Runner

/// Reads a deployment's output over all its files, the oldest first, and follows it.
public struct LogReader {
  private let path: HostPath
  private let deployments: Deployments
  private let name: String

  public init(_ deployments: Deployments, _ name: String) {
    self.deployments = deployments
    self.name = name
    path = deployments.state.machine(name).console
  }

  /// What is asked of the log.
  public struct Choice: Sendable {
    /// The last so many lines; nil for all.
    public var tail: Int?
    /// Nanoseconds since the epoch; what was said in that second or later.
    public var since: Int64?
    public var follows = false
    public init() {}
  }

  /// Writes the chosen part, and with `follows` what comes, until the deployment ends or packc is interrupted.
  public func read(_ choice: Choice, write: ([UInt8]) throws -> Void) throws {
    // Opened before it is looked at: a rotation meanwhile changes names, not what is open.
    var current = try open(path)
    let place = try history(choice, write)
    guard choice.follows else { return }
    var offset = place.map { current?.inode == $0.inode ? $0.offset : 0 } ?? 0
    var wasAlive = true
    while true {
      if Interruption.signal != nil { return }
      if current == nil {
        current = try open(path)
        offset = 0
      }
      if let file = current { offset = try copy(file, from: offset, write) }
      if let found = try open(path), found.inode != current?.inode {
        // It was rotated: what came before that was copied, and the new file begins.
        if let file = current { _ = try copy(file, from: offset, write) }
        current = found
        offset = 0
        continue
      }
      guard wasAlive else { return }
      guard let deployment = try Deployment.read(name, deployments.state) else { return }
      wasAlive = deployment.isAlive
      usleep(wasAlive ? 100_000 : 0)
    }
  }

  private final class OpenLog {
    let file: Descriptor
    let inode: UInt64
    init(_ file: consuming Descriptor, _ inode: UInt64) {
      self.file = file
      self.inode = inode
    }
  }

  private func open(_ path: HostPath) throws -> OpenLog? {
    guard FileSystem.exists(path), let file = try? Descriptor.open(path, O_RDONLY) else { return nil }
    let inode = UInt64(try file.status().st_ino)
    return OpenLog(file, inode)
  }

  /// - Returns: where in the file the copying stopped.
  private func copy(_ log: OpenLog, from start: Int64, _ write: ([UInt8]) throws -> Void) throws -> Int64 {
    var offset = start
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = try buffer.withUnsafeMutableBytes { try log.file.read(into: $0, at: offset) }
      if count == 0 { return offset }
      try write(Array(buffer[..<count]))
      offset += Int64(count)
    }
  }

  // MARK: - What was said

  private func history(
    _ choice: Choice, _ write: ([UInt8]) throws -> Void
  ) throws -> (inode: UInt64, offset: Int64)? {
    var parts: [(log: OpenLog, start: Int64)] = []
    // Oldest first.
    for number in stride(from: 99, through: 0, by: -1) {
      let file = RotatingLog.older(path, number)
      guard let log = try open(file) else { continue }
      guard let since = choice.since else { parts.append((log, 0)); continue }
      if let start = Self.place(since, in: RotatingLog.times(of: file)) { parts.append((log, start)) }
    }
    var seen: Set<UInt64> = []
    parts = parts.reversed().filter { seen.insert($0.log.inode).inserted }.reversed()
    if let tail = choice.tail { parts = try last(tail, of: parts) }
    var end: (UInt64, Int64)?
    for part in parts { end = (part.log.inode, try copy(part.log, from: part.start, write)) }
    if end == nil, let log = try open(path) { end = (log.inode, Int64(try log.file.status().st_size)) }
    return end
  }

  /// Where in a file the second `since` begins; nil when all of it is older.
  private static func place(_ since: Int64, in times: HostPath) -> Int64? {
    guard let bytes = try? FileSystem.readIfPresent(times, limit: 256 << 20) else { return 0 }
    for record in stride(from: 0, to: bytes.count - 15, by: 16) {
      let (time, offset) = bytes.withUnsafeBytes {
        (
          Int64(littleEndian: $0.loadUnaligned(fromByteOffset: record, as: Int64.self)),
          Int64(littleEndian: $0.loadUnaligned(fromByteOffset: record + 8, as: Int64.self))
        )
      }
      if time > since - 1_000_000_000 { return offset }
    }
    return nil
  }

  /// The parts cut down to the last lines, searched from the end.
  private func last(
    _ lines: Int, of parts: [(log: OpenLog, start: Int64)]
  ) throws -> [(log: OpenLog, start: Int64)] {
    guard lines > 0 else { return [] }
    var chosen: [(log: OpenLog, start: Int64)] = []
    var wanted = lines
    var isLast = true
    for part in parts.reversed() {
      var end = Int64(try part.log.file.status().st_size)
      // The line end of the last line ends it, and begins none.
      var skips = isLast
      if end > part.start { isLast = false }
      while end > part.start {
        let begin = max(part.start, end - 65_536)
        var buffer = [UInt8](repeating: 0, count: Int(end - begin))
        let count = try buffer.withUnsafeMutableBytes { try part.log.file.read(into: $0, at: begin) }
        for index in stride(from: count - 1, through: 0, by: -1) where buffer[index] == 0x0a {
          if skips, begin + Int64(index) + 1 == Int64(try part.log.file.status().st_size) {
            skips = false
            continue
          }
          wanted -= 1
          if wanted == 0 {
            chosen.append((part.log, begin + Int64(index) + 1))
            return chosen.reversed()
          }
        }
        end = begin
      }
      chosen.append(part)
    }
    return chosen.reversed()
  }
}
