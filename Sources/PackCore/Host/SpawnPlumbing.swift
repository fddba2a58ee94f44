internal import CHost
internal import Glibc

/// The descriptors of a child to be, and the call of posix_spawn(3) itself.
struct SpawnPlumbing: Sendable {
  /// (our number, the child's number)
  private var passed: [(ours: Int32, child: Int32)] = []
  private var childEnds: [Int32] = []

  mutating func pass(_ ours: Int32, as child: Int32) { passed.append((ours, child)) }

  mutating func open(_ path: HostPath, _ flags: Int32, as child: Int32) throws {
    let descriptor = try Descriptor.open(path, flags).release()
    childEnds.append(descriptor)
    pass(descriptor, as: child)
  }

  /// Returns our end, which does not block.
  mutating func pipe(childReads: Bool, as child: Int32) throws -> Int32 {
    var ends: [Int32] = [-1, -1]
    guard chost_pipe(&ends) == 0 else { throw Failure.system("open a pipe", errno: errno) }
    let (ours, theirs) = childReads ? (ends[1], ends[0]) : (ends[0], ends[1])
    _ = fcntl(ours, F_SETFL, O_NONBLOCK)
    childEnds.append(theirs)
    pass(theirs, as: child)
    return ours
  }

  mutating func connect(_ output: Command.Output, as child: Int32) throws -> Int32 {
    switch output {
    case .capture:
      return try pipe(childReads: false, as: child)
    case .inherit:
      pass(child, as: child)
    case .discard:
      try open("/dev/null", O_WRONLY, as: child)
    }
    return -1
  }

  mutating func closeChildEnds() {
    for descriptor in childEnds { close(descriptor) }
    childEnds = []
  }

  /// POSIX_SPAWN_SETSID of spawn.h.
  private static let setSession: Int32 = 0x80

  func spawn(_ command: Command) throws -> Child {
    let pid: pid_t
    if let confinement = command.confinement {
      // Of a thread alone, which ends with the call, and of what it starts.
      pid = try HostThread {
        try confinement.apply()
        return try start(command)
      }.join()
    } else {
      pid = try start(command)
    }
    let pidfd = chost_pidfd_open(pid)
    guard pidfd >= 0 else {
      let saved = errno
      kill(pid, SIGKILL)
      waitpid(pid, nil, 0)
      throw Failure.system("watch a child process (pidfd_open)", errno: saved)
    }
    return Child(pid: pid, pidfd: Descriptor(owning: pidfd))
  }

  private func start(_ command: Command) throws -> pid_t {
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    var all = sigset_t()
    sigemptyset(&none)
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    var flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
    if command.ownSession {
      flags |= Self.setSession
    } else if command.ownGroup {
      posix_spawnattr_setpgroup(&attributes, 0)
      flags |= POSIX_SPAWN_SETPGROUP
    }
    posix_spawnattr_setflags(&attributes, Int16(flags))

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    // First out of the way of every target number, then into place: a target may be another one's source.
    let base = (passed.map(\.child).max() ?? 2) + 1
    let clear = max(base, (passed.map(\.ours).max() ?? 2) + 1)
    for (index, pair) in passed.enumerated() {
      posix_spawn_file_actions_adddup2(&actions, pair.ours, clear + Int32(index))
    }
    for (index, pair) in passed.enumerated() {
      posix_spawn_file_actions_adddup2(&actions, clear + Int32(index), pair.child)
    }
    let kept = Set(passed.map(\.child))
    for number in 3..<max(base, 3) where !kept.contains(number) { posix_spawn_file_actions_addclose(&actions, number) }
    chost_spawn_closefrom(&actions, base)
    if let directory = command.directory {
      _ = directory.withCString { chost_spawn_chdir(&actions, $0) }
    }

    let program = try Self.resolve(command)
    var pid = pid_t()
    let code = Self.withArguments(command.argv) { argv in
      Self.withArguments(Self.environment(command)) { environment in
        program.withCString { posix_spawn(&pid, $0, &actions, &attributes, argv, environment) }
      }
    }
    guard code == 0 else { throw SpawnFailure.cannotStart(program, in: command.directory, errno: code) }
    return pid
  }

  /// A name without a slash is looked up in the child's own PATH, in its absolute directories only: the others would
  /// mean something else after the change of directory.
  private static func resolve(_ command: Command) throws -> HostPath {
    guard let name = command.argv.first, !name.isEmpty else { throw SpawnFailure.emptyCommand() }
    for text in command.argv + command.environment.flatMap({ [$0.key, $0.value] }) where text.utf8.contains(0) {
      throw SpawnFailure.containsNUL(name)
    }
    for key in command.environment.keys where key.isEmpty || key.utf8.contains(UInt8(ascii: "=")) {
      throw SpawnFailure.badVariable(key)
    }
    if name.utf8.contains(UInt8(ascii: "/")) { return HostPath(name) }
    let directories = (command.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
    for directory in directories.map({ HostPath(String($0)) })
    where directory.isAbsolute && FileSystem.isExecutableFile(directory / name) {
      return directory / name
    }
    throw SpawnFailure.notInPath(name)
  }

  /// `KEY=value`, sorted by bytes.
  private static func environment(_ command: Command) -> [String] {
    command.environment.map { "\($0.key)=\($0.value)" }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  private static func withArguments<R>(
    _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> R
  ) -> R {
    var pointers = strings.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    return pointers.withUnsafeMutableBufferPointer { body(UnsafePointer($0.baseAddress!)) }
  }
}
