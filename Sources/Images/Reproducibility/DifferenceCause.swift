/// Why two builds differ.
public enum DifferenceCause: String, Sendable, CaseIterable {
  case time, path, home, user, hostname, locale, timezone, umask, cpus, order, random
  case buildID = "build-id"
  /// Of a rebuild: it was not made of what the image was made of.
  case inputs

  /// For people.
  public var title: String {
    switch self {
    case .time: "the time of the build"
    case .path: "the directory that it is built in"
    case .home: "the home directory"
    case .user: "the user who builds"
    case .hostname: "the host's name"
    case .locale: "the locale"
    case .timezone: "the time zone"
    case .umask: "the umask"
    case .cpus: "the number of CPUs"
    case .order: "the order in which files are listed or finished"
    case .random: "random bytes, or a race between parts of the build"
    case .buildID: "the build-id that the linker makes"
    case .inputs: "the source, the tools or packc itself are not those of the image"
    }
  }
}

/// A cause read from the bytes that differ, for differences that come with no variation: two builds under the same
/// conditions had them, too.
public struct CauseEvidence: Sendable {
  /// Seconds since 1970: between the first build's start and the last one's end, whatever the clocks said.
  let times: ClosedRange<Int64>

  public init(times: ClosedRange<Int64>) { self.times = times }

  public func cause(of difference: BuildDifference) -> DifferenceCause {
    if difference.aspect == .time { return .time }
    if let bytes = difference.bytes {
      if bytes.part == ".note.gnu.build-id" { return .buildID }
      if bytes.part?.contains("time") == true { return .time }
      if isTime(bytes) { return .time }
      return bytes.isReordered ? .order : .random
    }
    if let before = difference.before, let after = difference.after,
      holdsTime(Array(before.utf8)), holdsTime(Array(after.utf8))
    {
      return .time
    }
    return .random
  }

  private func isTime(_ bytes: ByteDifference) -> Bool {
    if holdsTime(bytes.context.before), holdsTime(bytes.context.after) { return true }
    // A binary time stamp begins up to seven bytes before its lowest byte that differs.
    let place = Int(bytes.offset - bytes.windowOffset)
    return (max(0, place - 7)...place).contains { start in
      [false, true].contains { isBig in
        guard let a = word(bytes.before, start, isBig), let b = word(bytes.after, start, isBig) else { return false }
        return a != b && times.contains(a) && times.contains(b)
      }
    }
  }

  private func word(_ bytes: [UInt8], _ start: Int, _ isBig: Bool) -> Int64? {
    guard start + 4 <= bytes.count else { return nil }
    let four = bytes[start..<start + 4]
    // Four letters make a number in these years, too.
    guard four.contains(where: { !(0x20..<0x7f).contains($0) }) else { return nil }
    return (isBig ? Array(four) : four.reversed()).reduce(0) { $0 << 8 | Int64($1) }
  }

  /// Seconds, milliseconds or nanoseconds since 1970 in digits, a clock time (`12:34:56`), or a date of these days.
  func holdsTime(_ text: [UInt8]) -> Bool {
    digitRuns(text).contains { run in
      let count = run.count
      guard let number = Int64(String(decoding: text[run], as: UTF8.self)) else { return false }
      switch count {
      case 10: return times.contains(number)
      case 13: return times.contains(number / 1000)
      case 16: return times.contains(number / 1_000_000)
      case 19: return times.contains(number / 1_000_000_000)
      case 8, 12, 14: return years.contains(Int(String(decoding: text[run].prefix(4), as: UTF8.self)) ?? 0)
      case 4: return years.contains(Int(number)) && isDate(text, run)
      case 2: return isClock(text, run)
      default: return false
      }
    }
  }

  private var years: ClosedRange<Int> {
    (1970 + Int(times.lowerBound / 31_556_952))...(1970 + Int(times.upperBound / 31_556_952))
  }

  private func digitRuns(_ text: [UInt8]) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    var start: Int?
    for (index, byte) in (text + [0]).enumerated() {
      if (0x30...0x39).contains(byte) {
        if start == nil { start = index }
      } else if let first = start {
        if index - first <= 19 { runs.append(first..<index) }
        start = nil
      }
    }
    return runs
  }

  /// `2026-12-01`, `Dec  1 2026`.
  private func isDate(_ text: [UInt8], _ run: Range<Int>) -> Bool {
    let around = String(
      decoding: text[max(0, run.lowerBound - 12)..<min(text.count, run.upperBound + 6)], as: UTF8.self)
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    return months.contains { around.contains($0) }
      || (run.upperBound + 3 < text.count && [0x2d, 0x2f].contains(text[run.upperBound])
        && (0x30...0x31).contains(text[run.upperBound + 1]))
  }

  /// The hours of `12:34:56`.
  private func isClock(_ text: [UInt8], _ run: Range<Int>) -> Bool {
    let end = run.upperBound
    guard end + 6 <= text.count, text[end] == 0x3a, text[end + 3] == 0x3a else { return false }
    return [1, 2, 4, 5].allSatisfy { (0x30...0x39).contains(text[end + $0]) }
  }
}
