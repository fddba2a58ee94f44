import Glibc
import Kernel
import PackCore

/// An initrd as `packc build` writes it, again and again in the same place. A build knows its trees already, so the CPU
/// time is that of the initrd alone.
enum InitrdWork {
  /// DIRECTORY INIT KERNEL DEPENDENCIES APPLICATION
  static func run(_ arguments: [String]) throws {
    let directory = HostPath(arguments[0])
    let kernel = try KernelCatalog(cache: directory / "cache").importFile(HostPath(arguments[2]), modules: nil)
    let base = GuestBase(
      initFile: HostPath(arguments[1]),
      configuration: GuestConfiguration(arguments: ["/app/server"], environment: ["PATH": "/usr/bin"]), kernel: kernel)
    // The keys that the layers' digests are in a build: the first tree stays as it is, the second one is what changes.
    let segments = [
      InitrdSegment(key: Digest(of: Array(arguments[3].utf8)), layer: try Main.layer(arguments[3])),
      InitrdSegment(key: Digest(of: [1]), layer: try Main.layer(arguments[4], role: .application)),
    ]
    let (current, staged) = (directory / "initrd", directory / "initrd.new")
    let before = cpu()
    let written = try InitrdBuilder(cache: directory / "cache/segments").write(
      base: base, segments: segments, to: staged, replacing: current)
    let used = cpu() - before
    try FileSystem.rename(staged, to: current)
    print(
      CanonicalJSON.string([
        "cpu_us": .integer(used), "digest": JSONValue(written.digest), "size": .integer(written.size),
        "reused": .array(written.segments.map { .bool($0.reused) }),
      ]))
  }

  /// Microseconds of this process, all threads.
  private static func cpu() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
  }
}
