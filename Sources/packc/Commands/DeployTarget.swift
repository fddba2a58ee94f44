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
  /// The project's own `unik.yaml`.
  var config: UnikFile?
  /// Of a bundle: what holds where no flag says otherwise.
  var settings: DeploymentSpec?
  /// Of a project's build.
  var review: ContractReview?
  /// Where the image was put together; gone with the value.
  var held: WorkDirectory?

  /// What the argument names.
  enum Argument {
    case project
    /// The result of a build, by itself.
    case unikernel(HostPath)
    case binary(HostPath)
    case bundle(HostPath)
    /// An image of the store, a layout, an archive or a registry.
    case package(String)
  }

  static func argument(_ invocation: Invocation) throws -> Argument {
    let place = invocation.project()
    guard let given = invocation.operands.first else { return .project }
    if FileSystem.exists(place / "machine.json"), FileSystem.exists(place / "kernel") { return .unikernel(place) }
    if FileSystem.isDirectory(place) { return FileSystem.exists(place / "oci-layout") ? .package(given) : .project }
    if Parcel.begins(place) { return .bundle(place) }
    if try FileSystem.head(place, count: 4) == [0x7f, 0x45, 0x4c, 0x46] { return .binary(place) }
    // What looks like a path is no name of an image.
    guard !given.hasPrefix("/"), !given.hasPrefix(".") || FileSystem.exists(place) else { return .project }
    return .package(given)
  }

  static func resolve(_ argument: Argument, _ invocation: Invocation) throws -> DeployTarget {
    switch argument {
    case .project: try ProjectBuild(invocation).build()
    case .unikernel(let place):
      DeployTarget(name: "app", image: try ReleaseStore.Candidate(place), source: place.description)
    case .binary(let file): try binary(invocation, file)
    case .bundle(let file): try bundle(invocation, file)
    case .package(let reference): try package(invocation, reference)
    }
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
    var target = try ProjectBuild(invocation, request).build()
    target.source = file.description
    // Its project is made for this once, and has no ledger.
    target.review = nil
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

  func spec(_ invocation: Invocation) throws -> DeploymentSpec {
    try Self.draft(invocation, source: source, config: config, settings: settings).complete(image, container: container)
  }

  /// What holds without any flag.
  func general() throws -> DeploymentSpec {
    try Self.draft(publish: [], source: source, config: config, settings: settings).complete(
      image, container: container)
  }

  /// With the flags over what a bundle or `unik.yaml` says.
  static func draft(
    _ invocation: Invocation, source: String?, config: UnikFile?, settings: DeploymentSpec? = nil
  ) throws -> DeployDraft {
    var draft = try draft(publish: MachineFlags.publish(invocation), source: source, config: config, settings: settings)
    try apply(invocation, to: &draft.spec)
    return draft
  }

  private static func draft(
    publish: [PublishedPort], source: String?, config: UnikFile?, settings: DeploymentSpec?
  ) throws -> DeployDraft {
    var spec = settings ?? DeploymentSpec(image: DeployDraft.noImage)
    spec.source = source
    if settings == nil {
      spec.restart = config?.run.restart.flatMap { RestartPolicy(rawValue: $0.rawValue) } ?? .never
      spec.health = health(config)
      // Those of the image may be others.
      spec.publish = try (config?.run.ports ?? []).map { try PublishedPort(parsing: "\($0.number):\($0)") }
    }
    if !publish.isEmpty { spec.publish = publish }
    return DeployDraft(spec: spec, takesImagePorts: publish.isEmpty && settings == nil)
  }

  private static func apply(_ invocation: Invocation, to spec: inout DeploymentSpec) throws {
    spec.environment = try EnvironmentFlags.read(invocation)
    spec.secrets = try invocation.strings("secret").map { try SecretReference(parsing: $0) }
    // One that is not there is said now, and not by a supervisor.
    _ = try SecretStore(invocation.context).environment(of: spec.secrets)
    for volume in try VolumeFlags.read(invocation) {
      switch volume {
      case .file(let attached): spec.volumes.append(attached)
      case .kept(let reference): spec.keptVolumes.append(reference)
      }
    }
    spec.memory = try MachineFlags.memory(invocation) ?? spec.memory
    spec.cpus = try MachineFlags.cpus(invocation) ?? spec.cpus
    spec.machine = try MachineFlags.machine(invocation) ?? spec.machine
    spec.restart = try invocation.string("restart").map { try RestartPolicy(parsing: $0) } ?? spec.restart
    spec.health = try invocation.string("health").map { try HealthSpec(parsing: $0) } ?? spec.health
    if let grace = try invocation.number("grace", in: 0...3600) { spec.grace = Int(grace) }
  }

  private static func health(_ config: UnikFile?) -> HealthSpec? {
    switch config?.run.health {
    case .http(let path, let port): .http(path: path, port: port)
    case .tcp(let port): .tcp(port: port)
    case nil: nil
    }
  }
}
