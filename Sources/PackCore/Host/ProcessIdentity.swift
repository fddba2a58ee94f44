internal import CHost
internal import Glibc

/// A process that is told from every other one that has had or will have its number: by when it was started, and in
/// which boot of the host.
public struct ProcessIdentity: Hashable, Sendable {
  public let pid: Int32
  /// Clock ticks from the host's boot to its start (proc(5), field 22 of stat).
  public let start: UInt64
  public let bootID: String

  public init(pid: Int32, start: UInt64, bootID: String) {
    self.pid = pid
    self.start = start
    self.bootID = bootID
  }

  /// Of a process that lives now; nil for none, and for one that has ended and is not reaped.
  public static func of(_ pid: Int32) -> ProcessIdentity? {
    guard pid > 0, let start = startOfLiving(pid) else { return nil }
    return ProcessIdentity(pid: pid, start: start, bootID: currentBootID())
  }

  public static func currentBootID() -> String {
    let bytes = (try? FileSystem.read("/proc/sys/kernel/random/boot_id", limit: 64)) ?? []
    return String(decoding: bytes.prefix { $0 > 0x20 }, as: UTF8.self)
  }

  public var isAlive: Bool { Self.of(pid) == self }

  /// Sends the signal to this very process.
  /// - Returns: false when it lives no more.
  @discardableResult
  public func signal(_ number: Int32) throws -> Bool {
    let pidfd = chost_pidfd_open(pid)
    guard pidfd >= 0 else { return false }
    let held = Descriptor(owning: pidfd)
    // The number cannot be given to another process between here and the signal: the descriptor is of one process.
    guard isAlive else { return false }
    if chost_pidfd_signal(held.raw, number) == 0 { return true }
    guard errno == ESRCH else { throw Failure.system("signal process \(pid)", errno: errno) }
    return false
  }

  /// Waits for its end.
  /// - Returns: false when it still lives after so many seconds.
  public func waitForEnd(seconds: Double) -> Bool {
    let due = HostContext.monotonicClock() + UInt64(seconds * 1e9)
    let pidfd = chost_pidfd_open(pid)
    guard pidfd >= 0 else { return true }
    let held = Descriptor(owning: pidfd)
    while isAlive {
      let now = HostContext.monotonicClock()
      guard now < due else { return false }
      var watched = pollfd(fd: held.raw, events: Int16(POLLIN), revents: 0)
      _ = poll(&watched, 1, Int32(clamping: (due - now) / 1_000_000 + 1))
    }
    return true
  }

  /// proc(5): `PID (NAME) STATE PPID …`, the start in field 22.
  private static func startOfLiving(_ pid: Int32) -> UInt64? {
    guard let bytes = try? FileSystem.read(HostPath("/proc/\(pid)/stat"), limit: 4096),
      let close = bytes.lastIndex(of: UInt8(ascii: ")"))
    else { return nil }
    let fields = bytes[(close + 1)...].split(separator: 0x20)
    guard fields.count > 19, let state = fields[0].first, state != UInt8(ascii: "Z"), state != UInt8(ascii: "X") else {
      return nil
    }
    return UInt64(String(decoding: fields[19], as: UTF8.self))
  }

  // MARK: - JSON

  public var json: JSONValue {
    ["pid": .integer(Int64(pid)), "start": .integer(Int64(start)), "boot_id": .string(bootID)]
  }
  public init(json reader: JSONReader) throws {
    pid = Int32(try reader.required("pid").integer(in: 1...Int64(Int32.max)))
    start = UInt64(try reader.required("start").integer(in: 0 ... .max))
    bootID = try reader.required("boot_id").string()
  }
}

/// Processes that carry a variable in their environment, which is how those are found whose parent ended before it
/// could write down their numbers.
public enum MarkedProcesses {
  /// Every living one with `NAME=VALUE` in the environment that it was started with, but this one.
  public static func find(_ name: String, _ value: String) -> [ProcessIdentity] {
    let wanted = Array("\(name)=\(value)".utf8)
    let numbers = ((try? DirectoryWalk.names(in: "/proc")) ?? []).compactMap {
      Int32(String(decoding: $0, as: UTF8.self))
    }
    return numbers.sorted().filter { $0 != getpid() }.compactMap { pid in
      guard let bytes = try? FileSystem.read(HostPath("/proc/\(pid)/environ"), limit: 4 << 20),
        bytes.split(separator: 0).contains(where: { $0.elementsEqual(wanted) })
      else { return nil }
      return ProcessIdentity.of(pid)
    }
  }
}
