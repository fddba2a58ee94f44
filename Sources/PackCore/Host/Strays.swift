internal import CHost
internal import Glibc

/// Descendants that left their process group (setsid(2)). packc is their subreaper (PR_SET_CHILD_SUBREAPER), so they
/// become its children when their parent ends; every child that packc did not start itself is such a stray.
enum Strays {
  private struct Known {
    var isPrepared = false
    var children: Set<pid_t> = []
    /// Strays of other users, which may not be killed.
    var untouchable: Set<pid_t> = []
  }
  private static let known = Locked(Known())

  /// Starts a child and remembers it in one step, so that nobody takes it for a stray in between.
  static func adopt(_ spawn: () throws -> Child) throws -> Child {
    try known.withLock { known in
      if !known.isPrepared {
        // Whoever started packc may have left SIGCHLD ignored, and then there would be nothing to wait for.
        signal(SIGCHLD, SIG_DFL)
        known.isPrepared = chost_become_subreaper() == 0
      }
      let child = try spawn()
      known.children.insert(child.pid)
      return child
    }
  }

  /// The child `pid` has ended: reaps it, ends and reaps what it left behind, and says how it ended.
  static func reap(_ pid: pid_t) -> CommandResult.End {
    known.withLock { known in
      var status: Int32 = 0
      while waitpid(pid, &status, 0) < 0, errno == EINTR {}
      known.children.remove(pid)
      // Killing one may bring its own children to us; each round ends a generation. What still runs under a child
      // that packc knows is not ours yet and is not touched.
      for _ in 0..<64 {
        let strays = childrenOfThisProcess().subtracting(known.children).subtracting(known.untouchable)
        if strays.isEmpty { break }
        for stray in strays { end(stray, &known) }
      }
      let signal = status & 0x7f
      return signal == 0 ? .exited((status >> 8) & 0xff) : .signalled(signal)
    }
  }

  /// Names of the strays that are alive: children of a child that has ended and is not reaped yet. What is on its way out
  /// (the rest of a pipeline) gets a moment for it.
  static func leftovers() -> [String] {
    for round in 0... {
      let names = known.withLock { known in
        childrenOfThisProcess().subtracting(known.children).subtracting(known.untouchable).compactMap(livingName)
      }
      if names.isEmpty || round == 20 { return names.sorted() }
      usleep(10_000)
    }
    return []
  }

  /// proc(5): `PID (NAME) STATE …`; nil for a zombie.
  private static func livingName(_ pid: pid_t) -> String? {
    guard let bytes = try? FileSystem.read(HostPath("/proc/\(pid)/stat")),
      let open = bytes.firstIndex(of: UInt8(ascii: "(")),
      let close = bytes.lastIndex(of: UInt8(ascii: ")")), close > open, bytes.count > close + 2,
      bytes[close + 2] != UInt8(ascii: "Z"), bytes[close + 2] != UInt8(ascii: "X")
    else { return nil }
    return String(decoding: bytes[(open + 1)..<close], as: UTF8.self)
  }

  private static func end(_ stray: pid_t, _ known: inout Known) {
    // A process that changed its user (sudo) cannot be killed, and waiting for it could take for ever.
    let mayKill = kill(stray, SIGKILL) == 0
    if !mayKill { known.untouchable.insert(stray) }
    while waitpid(stray, nil, mayKill ? 0 : WNOHANG) < 0, errno == EINTR {}
  }

  /// proc(5): /proc/self/task/TID/children of every thread.
  private static func childrenOfThisProcess() -> Set<pid_t> {
    var children: Set<pid_t> = []
    for thread in (try? DirectoryWalk.names(in: "/proc/self/task")) ?? [] {
      let list = (try? FileSystem.read("/proc/self/task" / HostPath(bytes: thread) / "children")) ?? []
      children.formUnion(list.split(separator: 0x20).compactMap { pid_t(String(decoding: $0, as: UTF8.self)) })
    }
    return children
  }
}
