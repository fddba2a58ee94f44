import CGuest

/// The first process of a container: starts the program as it stands (user, directory, streams and rights are the
/// runtime's doing), hands signals on, reaps orphans, and ends as the program ended. Without it the program would be
/// process 1, which the kernel shields from its own abort(3) and from a SIGTERM that it does not handle.
///
/// On descriptor 3, when there is one, it reports start and end in the frames of the control channel, so that a program
/// that could not be executed is told from one that failed. When packc hangs up there, which it does when it was killed,
/// nobody stops the container any more: the program gets SIGTERM, and a second later SIGKILL.
struct ContainerInit {
  private var control = Control()
  private var process: Int32 = 0
  /// Descriptor 3 while it is worth watching.
  private var host: Int32 = -1
  private var killAt: UInt64?
  private static let grace: UInt64 = 1_000_000_000

  /// Returns the exit code: the program's, 128 and the number of the signal that ended it, 127 or 126 for one that was
  /// not found or cannot be executed.
  mutating func run(
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>,
    _ environment: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  ) -> Int32 {
    // Before anything else takes the number. Only the init reports: the program does not get the descriptor.
    if guest_close_on_exec(3) >= 0 { control = Control(descriptor: 3) }
    let signals = guest_signals()
    var program = guest_program()
    program.arguments = UnsafePointer(arguments)
    program.environment = UnsafePointer(environment)
    program.as_it_is = 1
    var step: CString?
    process = guest_start(&program, &step)
    guard process > 0 else { return fail(arguments[0], -process) }
    control.started(process)
    host = control.descriptor
    let watches = UnsafeMutablePointer<guest_watch>.allocate(capacity: 2)
    while true {
      watches[0] = guest_watch(fd: signals, for_writing: 0, state: 0)
      watches[1] = guest_watch(fd: host, for_writing: 0, state: 0)
      _ = guest_poll(watches, 2, wake())
      let hostState = watches[1].state
      handOn(signals)
      if hostState != 0 { look(hostState) }
      if let due = killAt, guest_clock() >= due {
        _ = guest_signal(process, 9)
        killAt = nil
      }
      if let code = reap() { return code }
    }
  }

  private mutating func fail(_ name: UnsafeMutablePointer<CChar>?, _ error: Int32) -> Int32 {
    var text = Text()
    text.append("execute ")
    if let name { text.append(CString(name)) }
    control.startFailed(error, text)
    return error == 2 ? 127 : 126
  }

  /// Milliseconds until the program is killed; -1 for never.
  private func wake() -> Int32 {
    guard let killAt else { return -1 }
    let now = guest_clock()
    return killAt <= now ? 0 : Int32(truncatingIfNeeded: (killAt - now) / 1_000_000 + 1)
  }

  /// packc only listens: what can be read is not its socket, and is not looked at again.
  private mutating func look(_ state: Int32) {
    host = -1
    guard state & Int32(GUEST_HUNG_UP) != 0 else { return }
    control.close()
    _ = guest_signal(process, 15)
    killAt = guest_clock() + ContainerInit.grace
  }

  private func handOn(_ signals: Int32) {
    while true {
      let signal = guest_next_signal(signals)
      if signal == 0 { return }
      if signal != 17 { _ = guest_signal(process, signal) }
    }
  }

  /// Reaps whatever ended; the exit code after the program itself.
  private mutating func reap() -> Int32? {
    while true {
      var code: Int32 = 0
      var signalled: Int32 = 0
      let ended = guest_reap(&code, &signalled)
      if ended == 0 { return nil }
      guard ended == process else { continue }
      control.exited(code: code, signalled: signalled != 0, memoryKills: 0)
      return signalled != 0 ? 128 + code : code
    }
  }
}
