import Glibc
import PackCore

/// `/bin/true` as a step is started, in the sandbox and without one, in turn: what the sandbox of a step costs.
enum SandboxWork {
  /// Microseconds.
  private struct Times {
    var wall: [Int64] = []
    var cpu: [Int64] = []

    /// The median, by the clock and in CPU time.
    var json: JSONValue {
      ["wall_us": .integer(wall.sorted()[wall.count / 2]), "cpu_us": .integer(cpu.sorted()[cpu.count / 2])]
    }
  }

  /// ROUNDS
  static func run(_ arguments: [String]) throws {
    guard let rounds = Int(arguments[0]), rounds > 0 else { throw Failure("wrong_usage", "ROUNDS is a number") }
    let context = try HostContext.current()
    guard let bubblewrap = Bubblewrap.find(context) else {
      throw Failure("no_sandbox", "bubblewrap does not work here")
    }
    var (inside, outside) = (Times(), Times())
    for _ in 0..<rounds {
      try measure(&outside) { ["/bin/true"] }
      try measure(&inside) {
        try bubblewrap.wrap(
          ["/bin/true"], directory: "/", network: false, mounts: [.writable("/tmp", at: "/packc/work")],
          searchPath: context.searchPath)
      }
    }
    print(CanonicalJSON.string(["plain": outside.json, "sandboxed": inside.json]))
  }

  /// The making of the command line included.
  private static func measure(_ times: inout Times, _ argv: () throws -> [String]) throws {
    let (started, before) = (HostContext.monotonicClock(), cpu())
    let result = try ProcessRunner().run(Command(try argv(), standardOutput: .discard, standardError: .discard))
    guard result.succeeded else { throw Failure("failed", "/bin/true ended with \(result.end)") }
    times.wall.append(Int64((HostContext.monotonicClock() - started) / 1000))
    times.cpu.append(cpu() - before)
  }

  /// Microseconds of this process and of those that it waited for.
  private static func cpu() -> Int64 {
    // RUSAGE_SELF and RUSAGE_CHILDREN, which Swift does not see as the numbers that getrusage(2) takes.
    ([0, -1] as [Int32]).reduce(into: Int64(0)) { sum, whose in
      var usage = rusage()
      getrusage(whose, &usage)
      for time in [usage.ru_utime, usage.ru_stime] { sum += Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_usec) }
    }
  }
}
