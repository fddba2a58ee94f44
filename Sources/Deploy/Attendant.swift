internal import Glibc
internal import Kernel
internal import PackCore
internal import Runner

/// Follows one run of a machine for its supervisor: keeps `state.json` true, asks the health check, and says when a new
/// release has not become ready in time.
final class Attendant: MachineAttendant {
  private let directory: MachineDirectory
  private let spec: DeploymentSpec
  private let health: HealthCheck?
  private let healthGuest: GuestPort?
  private let events: EventLog
  private let began = HostContext.monotonicClock()
  /// Called once.
  private let becameReady: () -> Void
  private(set) var state: MachineState
  private var listeners: Set<GuestListener> = []
  /// What `state.json` says.
  private var written: MachineState?
  /// When it is tried again, since it could not be written.
  private var retryAt: UInt64?
  private(set) var hasBeenReady = false
  /// When a release that is on trial has failed it; nil for one that has nothing to prove.
  private let deadline: UInt64?
  private(set) var missedDeadline = false

  init(
    _ directory: MachineDirectory, _ spec: DeploymentSpec, state: MachineState, trial seconds: Int?,
    becameReady: @escaping () -> Void
  ) throws {
    self.directory = directory
    self.spec = spec
    self.state = state
    self.becameReady = becameReady
    events = EventLog(directory.events)
    let port = try spec.healthPort()
    health = port.flatMap { port in spec.health.map { HealthCheck($0, port) } }
    healthGuest = port?.guest
    deadline = seconds.map { HostContext.monotonicClock() + UInt64($0) * 1_000_000_000 }
    self.state.readiness = Readiness()
    if health != nil { self.state.readiness.health = Check(.waiting) }
    if !spec.publish.isEmpty { self.state.readiness.address = Check(.waiting, "nothing listens yet") }
  }

  // MARK: - MachineAttendant

  var descriptor: Int32 { health?.descriptor ?? -1 }
  var awaited: Int16 { health?.events ?? 0 }
  var wantsEnd: Bool { missedDeadline }
  var wake: UInt64? { [health?.wake, pendingDeadline, retryAt].compactMap { $0 }.min() }
  private var pendingDeadline: UInt64? { hasBeenReady || missedDeadline ? nil : deadline }

  func take(_ event: MachineEvent) {
    switch event {
    case .spawned(let pid):
      state.qemu = ProcessIdentity.of(pid)
      state.started = WallClock.now()
      ResidentMemory.release()
    case .up: state.readiness.machine = Check(.pass, "its init has answered")
    case .started:
      state.readiness.process = Check(.pass, "the program runs")
      state.startMilliseconds = elapsed
      if spec.publish.isEmpty { health?.begin() }
    case .listening(let listener, let published): listening(listener, published)
    case .listeningInside(let listener): listeningInside(listener)
    case .stoppedListening(let listener): stoppedListening(listener)
    case .ended(let end, let kills): ended(end, kills)
    }
    judge()
  }

  func advance() {
    let now = HostContext.monotonicClock()
    health?.advance()
    if let due = pendingDeadline, now >= due {
      missedDeadline = true
      events.add(["kind": "not_ready", "release": .integer(Int64(state.release))])
    }
    if let due = retryAt, now >= due { save() }
    judge()
  }

  /// The machine is to end; nothing after this is a surprise.
  func stopping() { change(to: .stopping) }

  private var elapsed: Int64 { Int64((HostContext.monotonicClock() - began) / 1_000_000) }

  // MARK: - What listens

  private func listening(_ listener: GuestListener, _ published: PublishedPort?) {
    guard let published else { return elsewhere(listener) }
    listeners.insert(listener)
    if published.guest == healthGuest { health?.begin() }
    let missing = spec.publish.filter { port in
      port.guest.transport == .tcp && !listeners.contains { $0.port == port.guest }
    }
    // The first published port is the address; the others may be for later.
    guard missing.first != spec.publish.first else { return }
    if state.readyMilliseconds == nil { state.readyMilliseconds = elapsed }
    state.readiness.address = Check(.pass, spec.publish[0].guest.transport == .tcp ? spec.publish[0].url : "udp")
  }

  /// At a port that nobody published: the first of several, or the one that was meant.
  private func elsewhere(_ listener: GuestListener) {
    guard let first = spec.publish.first, listener.port.transport == first.guest.transport,
      state.readiness.address.result == .waiting
    else { return }
    state.readiness.address = Check(.waiting, "the program listens on \(listener), and \(first) leads to another port")
    state.hint = "publish the port that it listens on: deploy again with -p \(first.hostPort):\(listener.port)"
  }

  private func listeningInside(_ listener: GuestListener) {
    guard spec.publish.first?.guest == listener.port, state.readiness.address.result != .pass else { return }
    state.readiness.address = Check(
      .fail, "the program listens on \(listener) only, where nobody outside the machine reaches it")
    state.hint = "make it listen on 0.0.0.0 (all addresses), for example by its HOST or --host setting"
  }

  private func stoppedListening(_ listener: GuestListener) {
    listeners.remove(listener)
    guard spec.publish.first?.guest == listener.port, !listeners.contains(where: { $0.port == listener.port }) else {
      return
    }
    state.readiness.address = Check(.waiting, "the program does not listen any more")
    if listener.port == healthGuest { health?.stop("nothing listens") }
  }

  private func ended(_ end: RunOutcome.End, _ kills: Int) {
    switch end {
    case .exited(let code): state.end = .exited(code)
    case .signalled(let signal), .interrupted(let signal): state.end = .signalled(signal)
    }
    if kills > 0 {
      state.reason = "memory ran out, and the machine's kernel ended \(kills) process\(kills == 1 ? "" : "es")"
      state.hint = "give it more: --memory"
    }
    state.readiness.process = Check(.fail, "the program ended: \(state.end?.text ?? "")")
    health?.stop("the program ended")
  }

  // MARK: - The state

  /// What follows for the deployment's state, written when it is news.
  private func judge() {
    if let health { state.readiness.health = health.check }
    if state.readiness.isReady {
      if state.readiness.address.result != .fail { state.hint = nil }
      if !hasBeenReady {
        hasBeenReady = true
        becameReady()
        ResidentMemory.release()
      }
      set(.running)
    } else if hasBeenReady, state.phase == .running || state.phase == .unhealthy {
      set(state.readiness.process.result == .fail ? state.phase : .unhealthy)
    }
    if state != written, retryAt == nil { save() }
  }

  private func set(_ phase: MachinePhase) {
    guard state.phase != phase, state.phase != .stopping else { return }
    state.phase = phase
    state.since = WallClock.now()
    events.add(["kind": "state", "state": .string(phase.rawValue)])
  }

  private func change(to phase: MachinePhase) {
    set(phase)
    save()
  }

  /// A full disk is tried again each second until it takes the state.
  private func save() {
    do {
      try state.write(directory)
      written = state
      retryAt = nil
    } catch {
      retryAt = HostContext.monotonicClock() + 1_000_000_000
    }
  }
}
