public import PackCore
internal import Runner

/// What a deployment is doing.
public enum MachinePhase: String, Sendable, CaseIterable {
  /// Wanted, and not begun.
  case pending
  case building
  /// The machine boots, or the program is not ready yet.
  case starting
  case running
  /// It runs, and its health check fails.
  case unhealthy
  case stopping
  /// The program ended by itself, or was stopped.
  case exited
  /// It could not be started, its machine crashed, or it was given up.
  case failed
  /// Something is not as it should be: a machine without a supervisor, files that cannot be read.
  case broken
  case destroyed

  /// Nothing goes on.
  public var isFinal: Bool { [.exited, .failed, .destroyed].contains(self) }
}

/// One question about a deployment and its own answer: none implies another.
public struct Check: Hashable, Sendable {
  public enum Result: String, Sendable {
    case waiting, pass, fail
    /// There is nothing to ask.
    case none
  }
  public var result: Result
  public var detail: String?

  public init(_ result: Result, _ detail: String? = nil) {
    self.result = result
    self.detail = detail
  }

  var json: JSONValue {
    JSONValue(compact: ["result": .string(result.rawValue), "detail": detail.map(JSONValue.string)])
  }
  init(json reader: JSONReader) throws {
    let word = try reader.required("result")
    guard let result = Result(rawValue: try word.string()) else { throw word.failure("an unknown result") }
    self.result = result
    detail = try reader.optional("detail")?.string()
  }
}

/// Each dimension of readiness by itself.
public struct Readiness: Hashable, Sendable {
  public var machine = Check(.waiting)
  public var process = Check(.waiting)
  public var health = Check(.none)
  public var address = Check(.none)
  public init() {}

  public static let names = ["machine", "process", "health", "address"]
  public var all: [(name: String, check: Check)] {
    [("machine", machine), ("process", process), ("health", health), ("address", address)]
  }
  public var isReady: Bool { all.allSatisfy { $0.check.result == .pass || $0.check.result == .none } }

  /// The machine is over: nothing of it passes any more.
  mutating func end(_ reason: String?) {
    func over(_ check: Check, _ detail: String?) -> Check {
      check.result == .none || check.result == .fail ? check : Check(.fail, detail)
    }
    process = over(process, reason)
    machine = over(machine, "it is over")
    health = over(health, "the machine is over")
    address = over(address, "the machine is over")
  }

  var json: JSONValue { .object(Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0.check.json) })) }
  init(json reader: JSONReader) throws {
    machine = try Check(json: try reader.required("machine"))
    process = try Check(json: try reader.required("process"))
    health = try Check(json: try reader.required("health"))
    address = try Check(json: try reader.required("address"))
  }
}

/// `state.json`: what is. The supervisor writes it, and commands while there is none.
public struct MachineState: Hashable, Sendable {
  /// How the last program ended.
  public enum End: Hashable, Sendable {
    case exited(Int32)
    case signalled(Int32)
    /// The machine ended without a report of the program.
    case crashed
    /// The program could not be started.
    case notStarted
  }

  static let schema: Int64 = 1

  public var phase: MachinePhase
  /// Nanoseconds since the epoch, as all times here.
  public var since: Int64
  public var release: Int
  public var bootID: String
  public var restarts = 0
  public var qemu: ProcessIdentity?
  public var end: End?
  public var isStopped = false
  public var reason: String?
  public var hint: String?
  public var readiness = Readiness()
  public var started: Int64?
  /// Milliseconds from QEMU's start to the program's, and to the first published port that listened.
  public var startMilliseconds: Int64?
  public var readyMilliseconds: Int64?
  /// When it is started again.
  public var nextStart: Int64?

  public init(_ phase: MachinePhase, release: Int, reason: String? = nil, hint: String? = nil) {
    self.phase = phase
    self.release = release
    self.reason = reason
    self.hint = hint
    since = WallClock.now()
    bootID = ProcessIdentity.currentBootID()
  }

  // MARK: - The file

  static func read(_ directory: MachineDirectory) throws -> MachineState? {
    try StoredDocument.read(directory.state, schema: schema) { try MachineState(json: $0) }
  }
  func write(_ directory: MachineDirectory) throws { try StoredDocument.write(json, to: directory.state) }

  var json: JSONValue {
    JSONValue(compact: [
      "schema": .integer(Self.schema), "state": .string(phase.rawValue), "since": .integer(since),
      "release": .integer(Int64(release)), "boot_id": .string(bootID), "restarts": .integer(Int64(restarts)),
      "qemu": qemu?.json, "exit": end?.json, "stopped": .bool(isStopped), "reason": reason.map(JSONValue.string),
      "hint": hint.map(JSONValue.string), "readiness": readiness.json, "started": started.map(JSONValue.integer),
      "start_ms": startMilliseconds.map(JSONValue.integer), "ready_ms": readyMilliseconds.map(JSONValue.integer),
      "next_start": nextStart.map(JSONValue.integer),
    ])
  }

  init(json reader: JSONReader) throws {
    let word = try reader.required("state")
    guard let phase = MachinePhase(rawValue: try word.string()) else { throw word.failure("an unknown state") }
    self.phase = phase
    since = try reader.required("since").integer()
    release = Int(try reader.required("release").integer(in: 1...Int64(Int32.max)))
    bootID = try reader.required("boot_id").string()
    restarts = Int(try reader.required("restarts").integer(in: 0...Int64(Int32.max)))
    qemu = try reader.optional("qemu").map { try ProcessIdentity(json: $0) }
    end = try reader.optional("exit").map { try End(json: $0) }
    isStopped = try reader.required("stopped").bool()
    reason = try reader.optional("reason")?.string()
    hint = try reader.optional("hint")?.string()
    readiness = try Readiness(json: try reader.required("readiness"))
    started = try reader.optional("started")?.integer()
    startMilliseconds = try reader.optional("start_ms")?.integer()
    readyMilliseconds = try reader.optional("ready_ms")?.integer()
    nextStart = try reader.optional("next_start")?.integer()
  }
}

extension MachineState.End {
  public var text: String {
    switch self {
    case .exited(let code): "exit code \(code)"
    case .signalled(let number): "signal \(number)"
    case .crashed: "crashed"
    case .notStarted: "not started"
    }
  }
  public var failed: Bool { self != .exited(0) }

  var json: JSONValue {
    switch self {
    case .exited(let code): ["how": "exited", "code": .integer(Int64(code))]
    case .signalled(let number): ["how": "signalled", "signal": .integer(Int64(number))]
    case .crashed: ["how": "crashed"]
    case .notStarted: ["how": "not_started"]
    }
  }
  init(json reader: JSONReader) throws {
    let range = Int64(Int32.min)...Int64(Int32.max)
    let how = try reader.required("how")
    switch try how.string() {
    case "exited": self = .exited(Int32(try reader.required("code").integer(in: range)))
    case "signalled": self = .signalled(Int32(try reader.required("signal").integer(in: range)))
    case "crashed": self = .crashed
    case "not_started": self = .notStarted
    default: throw how.failure("an unknown end")
    }
  }
}
