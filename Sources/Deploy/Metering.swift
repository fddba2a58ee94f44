internal import Glibc
public import PackCore

/// What a machine takes of this host now, from proc(5).
public struct Metering: Hashable, Sendable {
  /// Milliseconds of processor time since QEMU's start.
  public let cpuMilliseconds: Int64
  /// Bytes of memory that are resident.
  public let memory: Int64

  /// Nil when the process is gone.
  public static func of(_ process: ProcessIdentity) -> Metering? {
    guard process.isAlive, let stat = try? FileSystem.read(HostPath("/proc/\(process.pid)/stat"), limit: 4096),
      let close = stat.lastIndex(of: UInt8(ascii: ")")),
      let pages = try? FileSystem.read(HostPath("/proc/\(process.pid)/statm"), limit: 4096)
    else { return nil }
    let fields = stat[(close + 1)...].split(separator: 0x20).map { String(decoding: $0, as: UTF8.self) }
    // utime and stime are fields 14 and 15; here the third is the first.
    guard fields.count > 12, let user = Int64(fields[11]), let system = Int64(fields[12]),
      let resident = pages.split(separator: 0x20).dropFirst().first.flatMap({
        Int64(String(decoding: $0, as: UTF8.self))
      })
    else { return nil }
    return Metering(
      cpuMilliseconds: (user + system) * 1000 / Int64(sysconf(Int32(_SC_CLK_TCK))),
      memory: resident * Int64(sysconf(Int32(_SC_PAGESIZE))))
  }
}
