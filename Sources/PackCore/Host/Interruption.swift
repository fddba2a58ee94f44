internal import CHost
internal import Glibc
internal import Synchronization

/// SIGINT, SIGTERM and SIGHUP to packc itself: children are told at once, the work in progress is undone by the errors that
/// `check()` throws, and packc ends with 128 + the signal's number.
public enum Interruption {
  private static let received = Atomic<Int32>(0)
  /// The two ends of the pipe that the handler writes to.
  private static let bell = Atomic<Int32>(-1)
  private static let listener = Atomic<Int32>(-1)

  /// The signal that came, if one did.
  public static var signal: Int32? {
    let number = received.load(ordering: .acquiring)
    return number == 0 ? nil : number
  }

  /// Throws once a signal came. Called between steps and in every long loop.
  public static func check() throws {
    guard let signal else { return }
    throw Failure(
      "interrupted", "interrupted by signal \(signal); nothing half done was kept",
      hint: "run it again: what was finished is reused", exit: .signal(signal))
  }

  /// Readable once a signal came; -1 when no handlers are installed. For poll(2), which a signal that came a moment
  /// earlier would not end.
  static var wakeDescriptor: Int32 { listener.load(ordering: .acquiring) }

  /// Installs the handlers; SIGPIPE is ignored. `main` calls it once.
  public static func install() {
    var ends: [Int32] = [-1, -1]
    if chost_pipe(&ends) == 0 {
      for end in ends { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
      listener.store(ends[0], ordering: .releasing)
      bell.store(ends[1], ordering: .releasing)
    }
    Glibc.signal(SIGPIPE, SIG_IGN)
    var action = sigaction()
    // The handler stores a number and rings the bell, both safe there (signal-safety(7)).
    action.__sigaction_handler.sa_handler = { number in
      let saved = errno
      Interruption.received.store(number, ordering: .releasing)
      var one: UInt8 = 1
      _ = write(Interruption.bell.load(ordering: .acquiring), &one, 1)
      errno = saved
    }
    for number in [SIGINT, SIGTERM] { sigaction(number, &action, nil) }
    // Ignored at the start means nohup(1), and so it stays.
    var hangup = sigaction()
    sigaction(SIGHUP, nil, &hangup)
    if unsafeBitCast(hangup.__sigaction_handler.sa_handler, to: Int.self) != 1 { sigaction(SIGHUP, &action, nil) }
  }
}
