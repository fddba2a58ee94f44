internal import Glibc
internal import PackCore

/// The right to do a build's heavy work. Of all builds with one cache two for each processor work at once, the others wait:
/// together they would be no faster, take memory for all of them, and leave no pack time to answer.
///
///     <cache>/turns    one locked byte for each build that works (fcntl(2), F_OFD_SETLK)
///
/// The kernel takes the lock away with the process, however that ends. Who waits for a turn holds nothing but the lock of
/// the project (`ProjectState`), and who has a turn never waits for one of those: so all get theirs.
final class BuildTurn {
  /// Four at least, so that one long build on a small machine does not keep the others waiting.
  static func places(processors: Int = sysconf(Int32(_SC_NPROCESSORS_ONLN))) -> Int { max(processors * 2, 4) }

  private static let pause: UInt32 = 50_000
  /// F_OFD_SETLK, which <fcntl.h> has with _GNU_SOURCE only: the same on every architecture of Linux.
  private static let setLock: Int32 = 37
  private let lock: Descriptor
  /// Whether the turn came later than at once: what was seen before may have changed.
  private(set) var waited = false

  /// Waits for a turn, and says so.
  init(cache: HostPath, places: Int = BuildTurn.places(), reporter: Reporter) throws {
    let file = cache / "turns"
    try FileSystem.createDirectory(cache)
    lock = try Descriptor.open(file, O_RDWR | O_CREAT)
    while try !take(file, places) {
      if !waited { reporter.note("\(places) other builds are at work; waiting until one of them ends") }
      waited = true
      try Interruption.check()
      usleep(Self.pause)
    }
  }

  private func take(_ file: HostPath, _ places: Int) throws -> Bool {
    for place in 0..<places {
      var range = Glibc.flock()
      range.l_type = Int16(F_WRLCK)
      range.l_whence = Int16(SEEK_SET)
      (range.l_start, range.l_len) = (off_t(place), 1)
      if fcntl(lock.raw, Self.setLock, &range) == 0 { return true }
      guard [EAGAIN, EACCES, EINTR].contains(errno) else { throw Failure.system("lock", file, errno: errno) }
    }
    return false
  }
}
