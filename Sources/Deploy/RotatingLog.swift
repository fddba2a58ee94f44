internal import Glibc
public import PackCore
public import Runner

/// A program's output in files of bounded size: `console.log` is written to, `console.log.1` is the one before it, and so
/// on. Beside each lies `….times`: 16 bytes for each second in which something came, the time (nanoseconds since the epoch)
/// and where in the file it began, little endian; that is how `logs --since` finds its place without a change to any byte.
public final class RotatingLog: MachineOutput {
  public struct Limits: Sendable {
    /// Bytes of one file.
    public var size: Int
    /// Files, the one that is written to among them.
    public var count: Int
    public init(size: Int = 10 << 20, count: Int = 5) {
      self.size = size
      self.count = count
    }
  }

  private let path: HostPath
  private let limits: Limits
  private let now: () -> Int64
  private var file: Int32 = -1
  private var times: Int32 = -1
  private var size = 0
  private var stamped: Int64 = 0
  private var tail = OutputTail()
  /// Bytes that the disk did not take.
  public private(set) var lost = 0

  public init(_ path: HostPath, limits: Limits = Limits(), now: @escaping () -> Int64 = WallClock.now) throws {
    self.path = path
    self.limits = limits
    self.now = now
    try open()
  }

  deinit { close() }

  private func close() {
    for descriptor in [file, times] where descriptor >= 0 { _ = Glibc.close(descriptor) }
    (file, times) = (-1, -1)
  }

  private func open() throws {
    let flags = O_WRONLY | O_CREAT | O_APPEND
    file = try Descriptor.open(path, flags, mode: 0o600).release()
    times = try Descriptor.open(Self.times(of: path), flags, mode: 0o600).release()
    size = Int(try FileSystem.status(path)?.size ?? 0)
    stamped = 0
  }

  public static func times(of path: HostPath) -> HostPath { path.parent / "\(path.name).times" }
  public static func older(_ path: HostPath, _ number: Int) -> HostPath {
    number == 0 ? path : path.parent / "\(path.name).\(number)"
  }

  // MARK: - MachineOutput

  public var output: Int32 { -1 }
  public var wantsToWrite: Bool { false }
  public var wantsToRead: Bool { true }
  public var isBroken: Bool { false }
  public func write() {}
  public var lastLines: [String] { tail.lines }

  public func take(_ bytes: ArraySlice<UInt8>) {
    tail.take(bytes)
    if size >= limits.size { rotate() }
    stamp()
    var rest = bytes
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
      if count > 0 {
        size += count
        rest = rest.dropFirst(count)
      } else if count == 0 || errno != EINTR {
        // A full disk must not stop the program; how much is missing is said.
        lost += rest.count
        return
      }
    }
  }

  private func stamp() {
    let time = now()
    guard time < stamped || time - stamped >= 1_000_000_000 else { return }
    stamped = time
    var record = (time.littleEndian, Int64(size).littleEndian)
    _ = withUnsafeBytes(of: &record) { Glibc.write(times, $0.baseAddress, $0.count) }
  }

  private func rotate() {
    close()
    for number in stride(from: limits.count - 1, to: 0, by: -1) {
      let (from, to) = (Self.older(path, number - 1), Self.older(path, number))
      try? FileSystem.rename(from, to: to)
      try? FileSystem.rename(Self.times(of: from), to: Self.times(of: to))
    }
    if limits.count <= 1 { for old in [path, Self.times(of: path)] { try? FileSystem.removeFile(old) } }
    // Without descriptors all is lost, and the next piece tries again.
    do { try open() } catch { size = limits.size }
  }
}
