internal import Build
internal import Config
internal import Deploy
internal import Images
internal import Kernel
internal import OCI
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
  /// Of a bundle: what holds where no flag says otherwise.
  var settings: DeploymentSpec?
  /// Where the image was put together; gone with the value.
  var held: WorkDirectory?

  static func resolve(_ invocation: Invocation) throws -> DeployTarget {
    let place = invocation.project()
    // The result of a build, by itself.
    if invocation.operands.first != nil, FileSystem.exists(place / "machine.json"), FileSystem.exists(place / "kernel")
    {
      return DeployTarget(name: "app", image: try ReleaseStore.Candidate(place), source: place.description)
    }
    guard let given = invocation.operands.first else { return try build(invocation) }
    if FileSystem.isDirectory(place) {
      return FileSystem.exists(place / "oci-layout") ? try package(invocation, given) : try build(invocation)
    }
    if Parcel.begins(place) { return try bundle(invocation, place) }
    if try FileSystem.head(place, count: 4) == [0x7f, 0x45, 0x4c, 0x46] { return try binary(invocation, place) }
    // What looks like a path is no name of an image.
    guard !given.hasPrefix("/"), !given.hasPrefix(".") || FileSystem.exists(place) else { return try build(invocation) }
    return try package(invocation, given)
  }

  private static func build(_ invocation: Invocation) throws -> DeployTarget {
    try build(invocation, BuildFlags.request(invocation))
  }

  /// A static program becomes a project of its own, which needs no build.
  private static func binary(_ invocation: Invocation, _ file: HostPath) throws -> DeployTarget {
    let held = try WorkDirectory(in: invocation.context.cacheDirectory() / "work", prefix: "deploy")
    let name = ProjectName(slugifying: file.name)?.description ?? "app"
    try FileSystem.copyFile(file, to: held.path / "program", mode: 0o755)
    let text = "version: 1\nname: \(name)\npack: unik\nartifact: {path: program}\n"
    try FileSystem.writeAtomically(Array(text.utf8), to: held.path / UnikFile.fileName)
    var request = try BuildFlags.request(invocation)
    request.project = FileSystem.resolve(held.path) ?? held.path
    request.makesImage = false
    var target = try build(invocation, request)
    target.source = file.description
    target.held = held
    return target
  }

  private static func bundle(_ invocation: Invocation, _ file: HostPath) throws -> DeployTarget {
    let held = try WorkDirectory(in: invocation.context.cacheDirectory() / "work", prefix: "deploy")
    let bundle = try Bundle.unpack(file, to: held.path)
    return DeployTarget(
      name: "\(bundle.name)", image: try ReleaseStore.Candidate(bundle.image), container: bundle.spec.container,
      settings: bundle.spec, held: held)
  }

  /// An image for machines (`…-vm`) of the store, a layout, an archive or a registry.
  private static func package(_ invocation: Invocation, _ reference: String) throws -> DeployTarget {
    let locator = try ImageFlags.locator(invocation)
    let held = try WorkDirectory(in: locator.temporary, prefix: "deploy")
    let located = try locator.locate(reference)
    let files = try MachineFiles.unpack(located, platform: nil, to: held.path / "image")
    guard let description = files.description else {
      throw Failure(
        "no_machine_image", "\(located.name) does not say what machine it needs",
        hint: "build it again with this packc",
        exit: .badInput)
    }
    let place = held.path / "unikernel"
    try FileSystem.createDirectory(place)
    let machine = try MachineDescription(json: try JSONParser.parse(description, name: located.name))
    try FileSystem.rename(files.kernel, to: place / machine.kernel.name)
    try FileSystem.rename(files.initrd, to: place / machine.initrd.name)
    // The label is for networks that packc does not know.
    let dynamic = " ip=dhcp"
    let line = files.cmdline.hasSuffix(dynamic) ? String(files.cmdline.dropLast(dynamic.count)) : files.cmdline
    try FileSystem.writeAtomically(Array((line + "\n").utf8), to: place / machine.cmdline.name)
    try FileSystem.writeAtomically(description, to: place / "machine.json")
    let base = reference.split(separator: "/").last.map(String.init)?.split(separator: ":").first.map(String.init)
    let name = base.flatMap(ProjectName.init(slugifying:))?.description ?? "app"
    return DeployTarget(
      name: name.hasSuffix("-vm") ? String(name.dropLast(3)) : name, image: try ReleaseStore.Candidate(place),
      source: reference, held: held)
  }

  private static func build(_ invocation: Invocation, _ request: BuildRequest) throws -> DeployTarget {
    let result = try Pipeline(context: invocation.context, request: request, reporter: invocation.reporter).build()
    let name = result.json["name"]?.string.flatMap(ProjectName.init(slugifying:))?.description ?? "app"
    var target = DeployTarget(
      name: name, image: try ReleaseStore.Candidate(request.outputDirectory / "unikernel"),
      container: result.json["image"]?["digest"]?.digest, source: request.project.description)
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

  /// What holds without any flag.
  var general: DeploymentSpec {
    if let settings { return settings }
    return DeploymentSpec(
      image: image.digest, container: container,
      publish: image.machine.ports.map { PublishedPort(hostPort: $0.number, guest: $0) }, restart: restart ?? .never,
      health: health)
  }

  /// With the flags over it.
  func spec(_ invocation: Invocation) throws -> DeploymentSpec {
    var spec = general
    spec.source = source
    let published = try MachineFlags.publish(invocation)
    if !published.isEmpty { spec.publish = published }
    spec.environment = try EnvironmentFlags.read(invocation)
    spec.secrets = try invocation.strings("secret").map { try SecretReference(parsing: $0) }
    // One that is not there is said now, and not by a supervisor.
    _ = try SecretStore(invocation.context).environment(of: spec.secrets)
    for volume in try VolumeFlags.read(invocation) {
      switch volume {
      case .file(let attached): spec.volumes.append(attached)
      case .kept(let reference):
        _ = try reference.place(in: image.machine.volumes)
        spec.keptVolumes.append(reference)
      }
    }
    spec.memory = try MachineFlags.memory(invocation) ?? spec.memory
    spec.cpus = try MachineFlags.cpus(invocation) ?? spec.cpus
    spec.machine = try MachineFlags.machine(invocation) ?? spec.machine
    spec.restart = try invocation.string("restart").map { try RestartPolicy(parsing: $0) } ?? spec.restart
    spec.health = try invocation.string("health").map { try HealthSpec(parsing: $0) } ?? spec.health
    if let grace = try invocation.number("grace", in: 0...3600) { spec.grace = Int(grace) }
    return spec
  }
}
