internal import Glibc

/// A child that lives on when packc has ended: in a session of its own, without a terminal, and nobody's to clean up.
public enum DetachedProcess {
  /// Starts `command`. Its standard error is added to the file `errors`, its standard output goes nowhere.
  ///
  /// - Returns: how it is known from now on; nil when it has already ended.
  public static func start(_ command: Command, errors: HostPath) throws -> ProcessIdentity? {
    var command = command
    command.ownSession = true
    var plumbing = SpawnPlumbing()
    defer { plumbing.closeChildEnds() }
    try plumbing.open("/dev/null", O_RDONLY, as: 0)
    try plumbing.open("/dev/null", O_WRONLY, as: 1)
    try plumbing.open(errors, O_WRONLY | O_CREAT | O_APPEND, as: 2)
    for pair in command.descriptors { plumbing.pass(pair.ours, as: pair.child) }
    let child = try Strays.adopt { try plumbing.spawn(command) }
    return ProcessIdentity.of(child.pid)
  }
}
