internal import Glibc
internal import PackCore

/// Gives memory back that only the start needed: a supervisor lives long and does little. Its code is mapped from a file,
/// and the kernel brings the few pages that it goes on with back when they are used.
enum ResidentMemory {
  static func release() {
    guard let bytes = try? FileSystem.read("/proc/self/maps", limit: 1 << 20) else { return }
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
      // `55d0c0a00000-55d0c1200000 r-xp 00100000 fd:01 1234 /usr/bin/packc`; code alone is never written to.
      let fields = line.split(separator: " ", omittingEmptySubsequences: true)
      guard fields.count == 6, fields[1] == "r-xp", fields[5].hasPrefix("/") else { continue }
      let ends = fields[0].split(separator: "-").compactMap { UInt(String($0), radix: 16) }
      guard ends.count == 2, ends[0] < ends[1], let start = UnsafeMutableRawPointer(bitPattern: ends[0]) else {
        continue
      }
      _ = madvise(start, Int(ends[1] - ends[0]), Int32(MADV_DONTNEED))
    }
  }
}
