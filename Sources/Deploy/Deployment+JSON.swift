public import Kernel
public import PackCore
public import Runner

extension Deployment {
  /// The next step for the state that it is in.
  public var nextStep: String? {
    if let hint = state.hint { return hint }
    switch state.phase {
    case .building: return "packc logs \(name) -f shows the build; packc status \(name)"
    case .pending, .starting: return "packc status \(name) shows when it is ready; packc logs \(name) -f"
    case .running where fallBack != nil: return fallBack?.next
    case .running: return address.map { "open \($0); packc logs \(name) -f" } ?? "packc logs \(name) -f"
    case .unhealthy: return "packc logs \(name); packc restart \(name)"
    case .stopping: return "packc status \(name) shows when it is over"
    case .exited: return "packc start \(name) starts it again; packc destroy \(name) removes it"
    case .failed: return "packc logs \(name) shows what it said; packc start \(name) tries again"
    case .broken: return "packc stop \(name); packc start \(name)"
    case .destroyed: return nil
    }
  }

  /// Where its first published port is found.
  public var address: String? { spec?.publish.first.map { $0.guest.transport == .tcp ? $0.url : $0.description } }

  /// How the last program ended, when it did: `exit code 0`.
  public var endText: String? { state.end?.text }

  /// One entry of `status --json`.
  public func json(_ state: StateDirectory) -> JSONValue {
    let image = spec.flatMap { try? ReleaseStore.Candidate(state.release($0.image)) }
    let meter = self.state.qemu.flatMap { Metering.of($0) }
    return JSONValue(compact: [
      "name": .string(name), "id": (record?.id ?? build?.id).map(JSONValue.string),
      "state": .string(self.state.phase.rawValue),
      "since": .string(WallClock.text(self.state.since)), "reason": self.state.reason.map(JSONValue.string),
      "next": nextStep.map(JSONValue.string), "stopped": .bool(self.state.isStopped), "exit": self.state.end?.json,
      "health": .string(self.state.readiness.health.result.rawValue), "readiness": readinessJSON,
      "ports": JSONValue(strings: spec?.publish.map(\.description) ?? []), "address": address.map(JSONValue.string),
      "release": .integer(Int64(self.state.release)),
      "image": release.map(\.spec).map {
        JSONValue(compact: [
          "unikernel": JSONValue($0.image), "container": $0.container.map { JSONValue($0) },
          "size": image.map { .integer($0.size) },
        ])
      },
      "kernel": image.map { ["release": .string($0.machine.release), "guest": .string($0.machine.guest.rawValue)] },
      "egress": image.map { $0.machine.egress.map { JSONValue(strings: $0) } ?? .null },
      "fell_back": fallBack.map {
        JSONValue(compact: [
          "from": .integer(Int64($0.from)), "to": .integer(Int64($0.to)), "reason": $0.reason.map(JSONValue.string),
          "next": .string($0.next),
        ])
      },
      "build": buildJSON, "balancer": balancer?.json(name), "replica_of": record?.replicaOf.map(JSONValue.string),
      "volumes": spec.map { .array($0.volumes.map { ["name": .string($0.name), "file": JSONValue($0.file)] }) },
      "memory_volumes": JSONValue(
        strings: (image.flatMap { spec?.memoryVolumes(of: $0.machine) } ?? []).map { "\($0.name):\($0.mount.absolute)" }
      ),
      "kept_volumes": spec.map { JSONValue(strings: $0.keptVolumes.map(\.description)) },
      "started": self.state.started.map { .string(WallClock.text($0)) },
      "restarts": .integer(Int64(self.state.restarts)),
      "metering": [
        "cpu_ms": meter.map { .integer($0.cpuMilliseconds) } ?? .null,
        "memory_bytes": meter.map { .integer($0.memory) } ?? .null,
        "start_ms": self.state.startMilliseconds.map(JSONValue.integer) ?? .null,
        "ready_ms": self.state.readyMilliseconds.map(JSONValue.integer) ?? .null,
        "image_bytes": image.map { .integer($0.size) } ?? .null,
      ],
    ])
  }

  /// What its image says of the machine; nil before it was built, and when its files are gone.
  public func machine(_ state: StateDirectory) -> MachineDescription? {
    spec.flatMap { try? ReleaseStore.Candidate(state.release($0.image)) }?.machine
  }

  /// Volumes of its program that end with the machine.
  public func memoryVolumes(_ state: StateDirectory) -> [GuestVolume] {
    guard let spec, let machine = machine(state) else { return [] }
    return spec.memoryVolumes(of: machine)
  }

  /// Each dimension by itself; without a build that is going on or failed, there is one that succeeded.
  private var readinessJSON: JSONValue {
    .object(Dictionary(uniqueKeysWithValues: checks.map { ($0.name, $0.check.json) }))
  }

  public var checks: [(name: String, check: Check)] { [("build", buildCheck)] + state.readiness.all }

  private var buildCheck: Check {
    if failure != nil { return Check(.fail, "its files cannot be read") }
    guard let build else { return Check(.pass) }
    guard let failure = build.failure else { return Check(.waiting, "since \(WallClock.text(build.began))") }
    // What was built is in order; whether it may be deployed is asked.
    if failure.exit == .drift { return Check(.waiting, "built, and not deployed: \(failure.message)") }
    return Check(.fail, failure.message)
  }

  private var buildJSON: JSONValue? {
    build.map {
      JSONValue(compact: [
        "operation": .string($0.operation), "began": .string(WallClock.text($0.began)),
        "state": $0.failure == nil ? "building" : "failed", "error": $0.failure?.json,
      ])
    }
  }

  /// `release list`.
  public var releasesJSON: JSONValue {
    guard let record else { return .array([]) }
    let effective = record.effective(outcomes).number
    return .array(
      record.releases.map { release in
        JSONValue(compact: [
          "number": .integer(Int64(release.number)), "created": .string(WallClock.text(release.created)),
          "why": .string(release.why), "image": JSONValue(release.spec.image),
          "container": release.spec.container.map { JSONValue($0) },
          "outcome": outcomes[release.number].map { .string($0.rawValue) },
          "current": .bool(release.number == effective),
        ])
      })
  }
}
