import CGuest

/// What /proc says of the machine's memory and processes.
struct Memory {
  private var file = FileBuffer(capacity: 8192)

  /// How many processes the kernel has ended for want of memory (`oom_kill` in /proc/vmstat).
  mutating func kills() -> UInt32 {
    UInt32(truncatingIfNeeded: number(in: "/proc/vmstat", after: "oom_kill ") ?? 0)
  }

  /// Bytes that can be used, and those of them that nobody uses yet.
  mutating func total() -> UInt64 { (number(in: "/proc/meminfo", after: "MemTotal:") ?? 0) << 10 }
  mutating func available() -> UInt64 { (number(in: "/proc/meminfo", after: "MemAvailable:") ?? 0) << 10 }

  /// Processes and threads, those of the kernel too: the number behind the `/` of /proc/loadavg.
  mutating func processes() -> UInt64 {
    guard file.read(StaticString("/proc/loadavg").cString) else { return 0 }
    var at = file.cString
    while at[0] != 0x2f {
      if at[0] == 0 { return 0 }
      at += 1
    }
    return Memory.leadingNumber(at + 1)
  }

  /// The number that follows `name` at the beginning of a line.
  private mutating func number(in path: StaticString, after name: StaticString) -> UInt64? {
    guard file.read(path.cString) else { return nil }
    var line = file.cString
    while line[0] != 0 {
      if starts(line, with: name) {
        line += name.utf8CodeUnitCount
        while line[0] == 0x20 { line += 1 }
        return Memory.leadingNumber(line)
      }
      while line[0] != 0x0a && line[0] != 0 { line += 1 }
      if line[0] == 0x0a { line += 1 }
    }
    return nil
  }

  private static func leadingNumber(_ text: CString) -> UInt64 {
    var value: UInt64 = 0
    var index = 0
    while text[index] >= 0x30 && text[index] <= 0x39 {
      value = value &* 10 &+ UInt64(text[index] - 0x30)
      index += 1
    }
    return value
  }
}

/// How many processes and threads there may be: so few that a program which only forks runs into this limit, which it
/// can see, and not out of memory, where the kernel would choose a victim.
struct ProcessLimit {
  /// For the program's user.
  let user: UInt64
  private static let bytesOfOne: UInt64 = 256 << 10
  private static let least: UInt64 = 256
  /// The kernel's own threads.
  private static let reserve: UInt64 = 256

  init(memory: UInt64) { user = max(ProcessLimit.least, memory / ProcessLimit.bytesOfOne) }

  /// For all users: one with the number 0 is not bound by RLIMIT_NPROC.
  func apply() {
    var text = Text()
    text.append(Int(user + ProcessLimit.reserve))
    text.append("\n")
    _ = writeFile(StaticString("/proc/sys/kernel/threads-max").cString, text.bytes, create: false)
  }

  func isReached(_ processes: UInt64) -> Bool { processes >= user }
}
