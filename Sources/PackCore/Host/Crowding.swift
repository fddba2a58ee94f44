internal import Glibc

/// How many threads want each processor at this moment: a time limit that was meant for an idle machine has to be
/// longer by that on a crowded one. Decides how long packc waits, never what it makes.
///
/// The load average says nothing here: it comes a minute late, after the crowd and long after its end.
public enum Crowding {
  /// From 1 to 60; 1 where the kernel does not say. The fourth field of /proc/loadavg is RUNNABLE/ALL (proc(5)).
  public static func factor() -> Double {
    guard let text = try? FileSystem.read("/proc/loadavg", limit: 256) else { return 1 }
    return factor(String(decoding: text, as: UTF8.self), processors: sysconf(Int32(_SC_NPROCESSORS_ONLN)))
  }

  static func factor(_ loadavg: String, processors: Int) -> Double {
    let fields = loadavg.split(separator: " ")
    guard fields.count >= 4, let runnable = fields[3].split(separator: "/").first.flatMap({ Double($0) }),
      runnable.isFinite
    else { return 1 }
    return min(max(runnable / Double(max(processors, 1)), 1), 60)
  }
}
