import Glibc
import Kernel
import PackCore
import Runner
import TestSupport
import XCTest

@testable import Deploy

/// What is written down, what is seen, and what follows for the state that is told.
final class StateTests: XCTestCase {
  private static let digest = Digest(of: Array("image".utf8))

  /// What `packc env set` and `unset` did stays done when an older release comes back.
  func testManagedVariablesOutliveARollback() throws {
    let older = try Self.spec()
    let newer = try Self.spec {
      $0.environment = ["A": "2", "C": "3"]
      $0.managed = ["C"]
    }
    let back = older.takingManaged(of: newer)
    XCTAssertEqual(back.environment, ["A": "1", "C": "3"])
    XCTAssertEqual(back.managed, ["C"])
    XCTAssertEqual(older.takingManaged(of: older), older)
  }

  static func spec(_ change: (inout DeploymentSpec) -> Void = { _ in }) throws -> DeploymentSpec {
    var spec = DeploymentSpec(
      image: digest, source: "/home/someone/shop",
      publish: [try PublishedPort(parsing: "8080:80"), try PublishedPort(parsing: "[::1]:5353:53/udp")],
      environment: ["A": "1", "B": "ü\n"], volumes: [AttachedVolume(name: "data", file: "/srv/data.img")], memory: 256,
      cpus: 2, machine: .q35, restart: .onFailure, health: try HealthSpec(parsing: "http:80/healthz"), grace: 3)
    spec.managed = ["B"]
    change(&spec)
    return spec
  }

  func testARecordComesBackAsItWasWritten() throws {
    let place = try TemporaryDirectory()
    let directory = MachineDirectory(path: place.path)
    XCTAssertNil(try DeploymentRecord.read(directory))
    var record = DeploymentRecord(name: "shop", spec: try Self.spec(), now: 7)
    for number in 2...15 {
      record.add(try Self.spec { $0.memory = 100 + number }, why: "deploy", fallback: 1, now: Int64(number))
    }
    try record.write(directory)
    let read = try XCTUnwrap(try DeploymentRecord.read(directory))
    XCTAssertEqual(read, record)
    XCTAssertEqual(read.current, 15)
    // The last ten, and the one that is gone back to.
    XCTAssertEqual(read.releases.map(\.number), [1] + Array(6...15))
    var outcomes = ReleaseOutcomes()
    XCTAssertEqual(read.effective(outcomes).number, 15)
    outcomes[15] = .failed
    try outcomes.write(directory)
    XCTAssertEqual(read.effective(try ReleaseOutcomes.read(directory)).number, 1)
  }

  /// It is said why, by the files that a supervisor leaves.
  func testAFallBackSaysWhyAndWhatIsNext() throws {
    let place = try TemporaryDirectory()
    var record = DeploymentRecord(name: "shop", spec: try Self.spec(), now: 7)
    record.add(try Self.spec { $0.memory = 200 }, why: "deploy", fallback: 1, now: 8)
    func seen(_ outcomes: ReleaseOutcomes) throws -> Deployment {
      let directory = MachineDirectory(path: place.path)
      try outcomes.write(directory)
      return Deployment(
        name: "shop", record: record, state: MachineState(.running, release: 1),
        outcomes: try ReleaseOutcomes.read(directory), failure: nil)
    }
    var outcomes = ReleaseOutcomes()
    outcomes[1] = .ready
    XCTAssertNil(try seen(outcomes).fallBack)
    // As it was written before reasons were kept.
    outcomes[2] = .failed
    XCTAssertEqual(
      try seen(outcomes).fallBack?.text, "release 2 did not become ready, and release 1 was started again")
    outcomes.fail(2, "the program ended: exit code 3")
    let found = try seen(outcomes)
    XCTAssertEqual(
      found.fallBack?.text,
      "release 2 did not become ready, and release 1 was started again: the program ended: exit code 3")
    XCTAssertEqual(found.nextStep, "packc logs shop shows what it said; mend it, and packc deploy again")
    // Another release, and it is over.
    record.add(try Self.spec(), why: "deploy", fallback: 1, now: 9)
    XCTAssertNil(try seen(outcomes).fallBack)
  }

  func testAStateComesBackAsItWasWritten() throws {
    let place = try TemporaryDirectory()
    let directory = MachineDirectory(path: place.path)
    var state = MachineState(.unhealthy, release: 3, reason: "because", hint: "do this")
    state.qemu = ProcessIdentity.of(getpid())
    state.started = 5
    state.nextStart = 6
    state.startMilliseconds = 7
    state.readyMilliseconds = 8
    state.readiness.health = Check(.fail, "503")
    for end in [MachineState.End.exited(3), .signalled(9), .crashed, .notStarted] {
      state.end = end
      try state.write(directory)
      XCTAssertEqual(try MachineState.read(directory), state)
    }
  }

  func testNewerAndDamagedFilesAreNamedAndLeftAlone() throws {
    let place = try TemporaryDirectory()
    let state = StateDirectory(root: place.path)
    try state.create()
    let file = try place.write(#"{"schema": 2, "name": "shop"}"#, to: "machines/shop/machine.json")
    let newer = assertFailure("state_newer", exit: .badInput) { try DeploymentRecord.read(state.machine("shop")) }
    XCTAssertTrue(newer?.message.contains(file.description) ?? false)
    for text in ["", "{", "[]", #"{"schema": "1"}"#, #"{"schema": 1}"#, "\u{0}"] {
      try place.write(text, to: "machines/shop/machine.json")
      let failure = assertFailure("state_damaged", exit: .badInput, text) {
        try DeploymentRecord.read(state.machine("shop"))
      }
      XCTAssertTrue(failure?.message.contains(file.description) ?? false, text)
      XCTAssertNotNil(failure?.hint)
      // The others are still told of.
      let all = try Deployment.all(state)
      XCTAssertEqual(all.map(\.name), ["shop"])
      XCTAssertEqual(all.map(\.state.phase), [.broken])
      XCTAssertEqual(try FileSystem.read(file), Array(text.utf8))
    }
  }

  /// Whatever stands in the file, reading it is an answer or a failure that names it.
  func testMutatedRecordsAreReadOrRefused() throws {
    let place = try TemporaryDirectory()
    let directory = MachineDirectory(path: place.path)
    let good = CanonicalJSON.encodePretty(DeploymentRecord(name: "shop", spec: try Self.spec(), now: 7).json)
    let seed = Fuzzing.seed(6)
    var random = SeededRandom(seed: seed)
    for round in 0..<Fuzzing.rounds(300) {
      var bytes = good
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let index = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes[index] = UInt8.random(in: 0 ... .max, using: &random)
        case 1: bytes.remove(at: index)
        default: bytes.insert(UInt8(ascii: "0"), at: index)
        }
      }
      try FileSystem.writeAtomically(bytes, to: directory.record, durable: false)
      do {
        guard let record = try DeploymentRecord.read(directory) else {
          XCTFail("seed \(seed) round \(round): nothing was read")
          continue
        }
        XCTAssertNotNil(record.release(record.current), "seed \(seed) round \(round)")
      } catch let failure as Failure {
        XCTAssertTrue(
          ["state_damaged", "state_newer"].contains(failure.code), "seed \(seed) round \(round): \(failure)")
      }
    }
  }

  func testWhatIsToldFollowsFromWhatIsSeen() throws {
    let here = ProcessIdentity.currentBootID()
    func told(
      _ phase: MachinePhase?, lives: Bool = false, busy: Bool = false, boot: String? = nil, orphans: [Int32] = []
    ) -> MachineState {
      Deployment.state(
        phase.map { MachineState($0, release: 1) }, release: 1,
        .init(supervisorLives: lives, isBusy: busy, bootID: boot ?? here, orphans: orphans), name: "shop")
    }
    for phase in MachinePhase.allCases {
      XCTAssertEqual(told(phase, lives: true).phase, phase, "a supervisor that lives is believed")
      let alone = told(phase).phase
      XCTAssertEqual(alone, phase.isFinal ? phase : .failed, "\(phase)")
      XCTAssertEqual(told(phase, orphans: [77]).phase, phase.isFinal ? phase : .broken, "\(phase)")
      XCTAssertEqual(told(phase, busy: true).phase, phase, "somebody is about to start it")
      // After a boot of the host nothing of before is alive, whatever has the number now.
      XCTAssertEqual(told(phase, boot: "another", orphans: [77]).phase, phase.isFinal ? phase : .failed, "\(phase)")
    }
    // A full disk keeps a supervisor from saying it.
    for phase in MachinePhase.allCases {
      let seen = Deployment.state(
        MachineState(phase, release: 1), release: 1,
        .init(supervisorLives: true, machineIsGone: true, isBusy: false, bootID: here, orphans: []), name: "shop")
      XCTAssertEqual(seen.phase, [.running, .unhealthy].contains(phase) ? .stopping : phase, "\(phase)")
    }
    XCTAssertEqual(told(nil).phase, .failed)
    XCTAssertEqual(told(nil, busy: true).phase, .pending)
    XCTAssertEqual(told(.running, boot: "another").reason, "the host was started anew")
    XCTAssertTrue(told(.running, orphans: [77]).reason?.contains("process 77") ?? false)
    for state in [told(.running), told(.running, orphans: [77]), told(nil)] {
      XCTAssertTrue(state.hint?.contains("shop") ?? false, "no next step")
    }
  }

  func testAMarkedProcessWithoutASupervisorIsBrokenAndCanBeEnded() throws {
    let place = try TemporaryDirectory()
    let state = StateDirectory(root: place.path)
    try state.create()
    let directory = state.machine("shop")
    try FileSystem.createDirectory(directory.path)
    let record = DeploymentRecord(name: "shop", spec: try Self.spec(), now: 7)
    try record.write(directory)
    try MachineState(.running, release: 1).write(directory)
    let machine = try RunningProcess.start(
      Command(["/bin/sleep", "100"], environment: [DeploymentRecord.mark: record.id]))
    let processes = MachineProcesses(directory: directory, id: record.id)
    // The kernel shows a process without its environment for a moment of execve(2).
    for _ in 0..<500 where processes.marked().isEmpty { usleep(10_000) }
    XCTAssertEqual(try Deployment.read("shop", state)?.state.phase, .broken)
    XCTAssertEqual(processes.marked().map(\.pid), [machine.pid])
    XCTAssertTrue(try processes.end(grace: 0, name: "shop"))
    XCTAssertEqual(processes.marked(), [])
    XCTAssertEqual(try Deployment.read("shop", state)?.state.phase, .failed)
    XCTAssertFalse(try processes.end(grace: 0, name: "shop"), "there is nothing to end any more")
  }

  func testARecycledNumberIsNotKilled() throws {
    let other = try RunningProcess.start(Command(["/bin/sleep", "100"]))
    let now = try XCTUnwrap(ProcessIdentity.of(other.pid))
    for stale in [
      ProcessIdentity(pid: other.pid, start: now.start - 1, bootID: now.bootID),
      ProcessIdentity(pid: other.pid, start: now.start, bootID: "another"),
    ] {
      XCTAssertFalse(stale.isAlive)
      XCTAssertFalse(try stale.signal(SIGKILL))
      XCTAssertTrue(stale.waitForEnd(seconds: 0))
    }
    XCTAssertTrue(now.isAlive)
    XCTAssertFalse(now.waitForEnd(seconds: 0.01))
    XCTAssertTrue(try now.signal(SIGKILL))
    XCTAssertTrue(now.waitForEnd(seconds: 5), "a zombie counts as ended")
    XCTAssertFalse(now.isAlive)
  }

  func testALockIsKnownWithoutBeingTaken() throws {
    let place = try TemporaryDirectory()
    let file = place / "lock"
    XCTAssertFalse(try FileLock.isHeld(file))
    XCTAssertFalse(FileSystem.exists(file), "asking makes no file")
    var lock = try FileLock.attempt(file)
    XCTAssertNotNil(lock)
    XCTAssertTrue(try FileLock.isHeld(file))
    XCTAssertNil(try FileLock.attempt(file))
    lock = nil
    XCTAssertFalse(try FileLock.isHeld(file))
    XCTAssertNotNil(try FileLock.attempt(file))
  }

  func testNamesAndChecksAreParsedStrictly() throws {
    for text in ["a", "shop-2", String(repeating: "x", count: 63)] {
      XCTAssertEqual("\(try DeploymentName(text))", text)
    }
    for text in ["", "-a", "a-", "A", "a_b", "a/b", "..", String(repeating: "x", count: 64), "ü"] {
      assertFailure("bad_name", exit: .usage, text) { try DeploymentName(text) }
    }
    let checks: [(String, HealthSpec)] = [
      ("http:/healthz", .http(path: "/healthz", port: nil)), ("http:8080/x", .http(path: "/x", port: 8080)),
      ("http:8080", .http(path: "/", port: 8080)), ("tcp:9", .tcp(port: 9)), ("tcp", .tcp(port: nil)),
    ]
    for (text, spec) in checks {
      XCTAssertEqual(try HealthSpec(parsing: text), spec, text)
      XCTAssertEqual(try HealthSpec(parsing: spec.description), spec, text)
    }
    for text in ["", "udp:1", "http:0/", "tcp:x", "http:99999/", "http:/a b"] {
      assertFailure("bad_health", exit: .usage, text) { try HealthSpec(parsing: text) }
    }
    XCTAssertEqual(try RestartPolicy(parsing: "no"), .never)
    assertFailure("bad_restart", exit: .usage) { try RestartPolicy(parsing: "sometimes") }
  }

  func testRestartsWaitLongerEachTimeAndStop() {
    var backoff = RestartBackoff()
    let delays = (0..<11).map { _ in backoff.delay(afterRun: 1_000_000_000).map { $0 / 1_000_000_000 } }
    XCTAssertEqual(delays, [1, 2, 4, 8, 16, 32, 60, 60, 60, 60, nil])
    XCTAssertEqual(backoff.delay(afterRun: 60_000_000_000), 1_000_000_000, "it lasted, and begins anew")
    XCTAssertEqual(
      [RestartPolicy.never, .onFailure, .always].map { $0.restarts(failed: false) }, [false, false, true])
    XCTAssertEqual([RestartPolicy.never, .onFailure, .always].map { $0.restarts(failed: true) }, [false, true, true])
  }

  func testDriftIsWhatOthersRelyOn() throws {
    let old = ReleaseChange(try Self.spec(), image: nil)
    func change(_ body: (inout DeploymentSpec) -> Void) throws -> (drift: [String], other: [String]) {
      ReleaseChange(try Self.spec(body), image: nil).differences(from: old)
    }
    XCTAssertEqual(try change { _ in }.drift + change { _ in }.other, [])
    let drifting: [(inout DeploymentSpec) throws -> Void] = [
      { $0.source = "/elsewhere" }, { $0.publish.removeLast() }, { $0.volumes = [] }, { $0.environment["A"] = nil },
      { $0.publish[0] = try PublishedPort(parsing: "8081:80") },
    ]
    for (index, body) in drifting.enumerated() {
      XCTAssertFalse(try change { try? body(&$0) }.drift.isEmpty, "\(index)")
    }
    let others: [(inout DeploymentSpec) -> Void] = [
      { $0.image = Digest(of: [1]) }, { $0.memory = 1 }, { $0.environment["C"] = "secret" },
      { $0.environment["A"] = "2" },
      { $0.restart = .always }, { $0.health = nil }, { $0.grace = 9 }, { $0.cpus = nil }, { $0.machine = nil },
    ]
    for (index, body) in others.enumerated() {
      let found = try change(body)
      XCTAssertTrue(found.drift.isEmpty, "\(index)")
      XCTAssertEqual(found.other.count, 1, "\(index)")
      XCTAssertFalse(found.other[0].contains("secret"))
    }
  }
}
