internal import CHost
internal import Glibc

/// Descendants that left their process group (setsid(2)). packc is their subreaper (PR_SET_CHILD_SUBREAPER), so they
/// become its children when their parent ends; every child that packc did not start itself is such a stray.
enum Strays {
  private struct Known {
    var isSubreaper = false
    var children: Set<pid_t> = []
  }
  private static let known = Locked(Known())

  /// Starts a child and remembers it in one step, so that nobody takes it for a stray in between.
  static func adopt(_ spawn: () throws -> Child) throws -> Child {
    try known.withLock { known in
      if !known.isSubreaper { known.isSubreaper = chost_become_subreaper() == 0 }
      let child = try spawn()
      known.children.insert(child.pid)
      return child
    }
  }

  /// The child `pid` has been reaped: ends and reaps what it left behind.
  static func end(after pid: pid_t) {
    known.withLock { known in
      known.children.remove(pid)
      // Killing one may bring its own children to us; each round ends a generation. What still runs under a child
      // that packc knows is not ours yet and is not touched.
      for _ in 0..<64 {
        let strays = childrenOfThisProcess().subtracting(known.children)
        if strays.isEmpty { return }
        for stray in strays {
          kill(stray, SIGKILL)
          waitpid(stray, nil, 0)
        }
      }
    }
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
