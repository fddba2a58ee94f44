public import Kernel
public import PackCore
public import Runner

/// Everything that decides what a machine is: two that are equal are the same release.
public struct DeploymentSpec: Hashable, Sendable {
  /// Of the unikernel image's `machine.json`.
  public var image: Digest
  /// The digest of the container image that was built with it, where there is one.
  public var container: Digest?
  /// The project that it was built from, or the file.
  public var source: String?
  public var publish: [PublishedPort]
  public var environment: [String: String]
  /// Those of the variables that `packc env` has set: a further deploy keeps them. Sorted.
  public var managed: [String] = []
  /// Named only: their values are read for each start.
  public var secrets: [SecretReference] = []
  public var volumes: [AttachedVolume]
  /// Volumes that packc keeps: locked at each start, as long as the machine lives.
  public var keptVolumes: [VolumeReference] = []
  /// MiB; nil for the image's own.
  public var memory: Int?
  public var cpus: Int?
  public var machine: QEMUMachine?
  public var restart: RestartPolicy
  public var health: HealthSpec?
  /// Seconds from SIGTERM to SIGKILL.
  public var grace: Int

  public init(
    image: Digest, container: Digest? = nil, source: String? = nil, publish: [PublishedPort] = [],
    environment: [String: String] = [:], volumes: [AttachedVolume] = [], memory: Int? = nil, cpus: Int? = nil,
    machine: QEMUMachine? = nil, restart: RestartPolicy = .never, health: HealthSpec? = nil, grace: Int = 10
  ) {
    self.image = image
    self.container = container
    self.source = source
    self.publish = publish
    self.environment = environment
    self.volumes = volumes
    self.memory = memory
    self.cpus = cpus
    self.machine = machine
    self.restart = restart
    self.health = health
    self.grace = grace
  }

  /// Where the health check goes: the published port that leads to its port, or to the first of TCP.
  public func healthPort() throws -> PublishedPort? {
    guard let health else { return nil }
    let candidates = publish.filter { $0.guest.transport == .tcp }
    guard let found = candidates.first(where: { health.port == nil || $0.guest.number == health.port }) else {
      throw DeployFailure.healthPort(health.port ?? 0)
    }
    return found
  }

  /// Volumes of the program that lie in memory and end with the machine, as no disk is attached.
  public func memoryVolumes(of machine: MachineDescription) -> [GuestVolume] {
    machine.volumes.filter { declared in
      !volumes.contains { $0.name == declared.name } && !keptVolumes.contains { $0.mount == declared.mount }
    }
  }

  public var hasVolumes: Bool { !volumes.isEmpty || !keptVolumes.isEmpty }

  /// What the supervisor of `name` runs, with the secrets' values of now, and its volumes in nobody else's hands.
  func request(_ name: String, _ state: StateDirectory, _ context: HostContext, reporter: Reporter) throws -> RunRequest
  {
    var request = RunRequest(
      image: state.release(image), publish: publish, environment: environment, memory: memory, cpus: cpus,
      machine: machine)
    request.volumes = volumes
    if !keptVolumes.isEmpty {
      let declared = try UnikernelImage.open(request.image).machine.volumes
      for reference in keptVolumes {
        let (volume, lock) = try VolumeStore(context).attach(
          reference, to: declared, user: "the deployment \(name)", reporter: reporter)
        request.volumes.append(volume)
        request.locks.append(lock)
      }
    }
    request.secrets = try SecretStore(context).environment(of: secrets)
    return request
  }

  // MARK: - JSON

  var json: JSONValue {
    JSONValue(compact: [
      "image": JSONValue(image), "container": container.map { JSONValue($0) }, "source": source.map(JSONValue.string),
      "publish": JSONValue(strings: publish.map(\.description)), "env": JSONValue(strings: environment),
      "managed_env": managed.isEmpty ? nil : JSONValue(strings: managed),
      "secrets": secrets.isEmpty ? nil : JSONValue(strings: secrets.map(\.description)),
      "volumes": .array(volumes.map { ["name": .string($0.name), "file": JSONValue($0.file)] }),
      "kept_volumes": keptVolumes.isEmpty ? nil : JSONValue(strings: keptVolumes.map(\.description)),
      "memory_mib": memory.map { .integer(Int64($0)) }, "cpus": cpus.map { .integer(Int64($0)) },
      "machine": machine.map { .string($0.rawValue) }, "restart": .string(restart.rawValue),
      "health": health.map { JSONValue($0) }, "grace_seconds": .integer(Int64(grace)),
    ])
  }

  init(json reader: JSONReader) throws {
    image = try reader.required("image").digest()
    container = try reader.optional("container")?.digest()
    source = try reader.optional("source")?.string()
    publish = try reader.required("publish").strings().map { try PublishedPort(parsing: $0) }
    environment = try reader.required("env").stringMap()
    managed = try reader.optional("managed_env")?.strings() ?? []
    secrets = try reader.optional("secrets")?.strings().map { try SecretReference(parsing: $0) } ?? []
    volumes = try reader.required("volumes").array().map {
      AttachedVolume(name: try $0.required("name").string(), file: HostPath(try $0.required("file").string()))
    }
    keptVolumes =
      try reader.optional("kept_volumes").map { list in
        try list.array().map { entry in
          guard let reference = try VolumeReference(parsing: try entry.string()) else {
            throw entry.failure("not a volume and its path")
          }
          return reference
        }
      } ?? []
    memory = try reader.optional("memory_mib").map { Int(try $0.integer(in: 1...(1 << 30))) }
    cpus = try reader.optional("cpus").map { Int(try $0.integer(in: 1...256)) }
    machine = try reader.optional("machine").map {
      guard let machine = QEMUMachine(rawValue: try $0.string()) else { throw $0.failure("an unknown machine") }
      return machine
    }
    restart = try RestartPolicy(parsing: try reader.required("restart").string())
    health = try reader.optional("health").map { try HealthSpec(parsing: try $0.string()) }
    grace = Int(try reader.required("grace_seconds").integer(in: 0...86_400))
  }
}

extension DeploymentSpec {
  /// As `packc env set` and `unset` have left the variables since.
  func takingManaged(of newer: DeploymentSpec) -> DeploymentSpec {
    var spec = self
    for name in managed where !newer.managed.contains(name) { spec.environment[name] = nil }
    for name in newer.managed { spec.environment[name] = newer.environment[name] }
    spec.managed = newer.managed
    return spec
  }

  /// Variables that `packc env set` gave the deployment stay, unless this has others of these names.
  func keepingManaged(of old: DeploymentSpec?) -> DeploymentSpec {
    guard let old else { return self }
    var spec = self
    spec.managed = old.managed
    for name in old.managed where environment[name] == nil { spec.environment[name] = old.environment[name] }
    return spec
  }
}
