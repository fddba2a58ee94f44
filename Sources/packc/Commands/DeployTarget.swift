internal import Build
internal import Config
internal import Deploy
internal import Kernel
internal import PackCore
internal import Runner

/// What `packc deploy` was given, as an image that can be started and what is known of how.
struct DeployTarget {
  let name: String
  let image: ReleaseStore.Candidate
  var container: Digest?
  var source: String?
  var health: HealthSpec?
  var restart: RestartPolicy?
  /// Nothing had to be built.
  var isUnchanged = false

  static func resolve(_ invocation: Invocation) throws -> DeployTarget {
    let place = invocation.project()
    // The result of a build, by itself.
    if invocation.operands.first != nil, FileSystem.exists(place / "machine.json"), FileSystem.exists(place / "kernel")
    {
      return DeployTarget(name: "app", image: try ReleaseStore.Candidate(place), source: place.description)
    }
    return try build(invocation)
  }

  private static func build(_ invocation: Invocation) throws -> DeployTarget {
    let request = try BuildFlags.request(invocation)
    let result = try Pipeline(context: invocation.context, request: request, reporter: invocation.reporter).build()
    let name = result.json["name"]?.string.flatMap(ProjectName.init(slugifying:))?.description ?? "app"
    var target = DeployTarget(
      name: name, image: try ReleaseStore.Candidate(request.outputDirectory / "unikernel"),
      container: result.json["image"]?["digest"]?.digest, source: request.project.description)
    target.isUnchanged = result.unchanged
    let file = request.configFile ?? request.project / UnikFile.fileName
    if let bytes = try FileSystem.readIfPresent(file, limit: 2 << 20) {
      let run = try UnikFile.parse(bytes: bytes, path: UnikFile.fileName).run
      target.restart = run.restart.flatMap { RestartPolicy(rawValue: $0.rawValue) }
      switch run.health {
      case .http(let path, let port): target.health = .http(path: path, port: port)
      case .tcp(let port): target.health = .tcp(port: port)
      case nil: break
      }
    }
    return target
  }

  /// With the flags over it.
  func spec(_ invocation: Invocation) throws -> DeploymentSpec {
    let published = try MachineFlags.publish(invocation)
    var spec = DeploymentSpec(image: image.digest, container: container, source: source)
    spec.publish =
      published.isEmpty
      ? image.machine.ports.map { PublishedPort(hostPort: $0.number, guest: $0) } : published
    spec.environment = try EnvironmentFlags.read(invocation)
    spec.secrets = try invocation.strings("secret").map { try SecretReference(parsing: $0) }
    // One that is not there is said now, and not by a supervisor.
    _ = try SecretStore(invocation.context).environment(of: spec.secrets)
    spec.volumes = try MachineFlags.volumes(invocation)
    spec.memory = try MachineFlags.memory(invocation)
    spec.cpus = try MachineFlags.cpus(invocation)
    spec.machine = try MachineFlags.machine(invocation)
    spec.restart = try invocation.string("restart").map { try RestartPolicy(parsing: $0) } ?? restart ?? .never
    spec.health = try invocation.string("health").map { try HealthSpec(parsing: $0) } ?? health
    if let grace = try invocation.number("grace", in: 0...3600) { spec.grace = Int(grace) }
    return spec
  }
}
