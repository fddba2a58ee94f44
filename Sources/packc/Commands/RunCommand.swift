internal import OCI
internal import PackCore
internal import Runner

/// `packc run`: the built image in the foreground, as a machine or (with `--oci`) as a container.
enum RunCommand {
  /// What a machine is given in the foreground.
  static let machineFlags =
    MachineFlags.all + [
      Flag("debug", help: "the kernel says on the console what it does"),
      Flag("output", value: "DIR", help: "where the results of the build are (default: DIR/.packc)"),
    ]

  static let definition = CommandDefinition(
    "run", summary: "run what was built: boot it under QEMU, or --oci under runc", operands: "[DIR|BUNDLE]",
    count: 0...1,
    flags: machineFlags + [
      Flag("oci", help: "run the image's root filesystem under runc, on the host's network"),
      Flag("boot-report", help: "boot, show where the time went, and end"),
    ],
    details: """
      Prints the program's output, forwards its ports (the image's own, when none is published), ends with Ctrl-C, and
      returns the program's exit code (128 + N when signal N ended it). 125: packc itself failed; 4: the program could
      not be started. Standard output is the program's, so --json prints no document when it ran. With --boot-report
      the program's output goes to standard error, and the report (--json for programs) to standard output.
      """
  ) { invocation in
    let bundle = try BundleCommand.unpacked(invocation)
    defer { withExtendedLifetime(bundle) {} }
    let output = try bundle?.path ?? built(invocation)
    let began = HostContext.monotonicClock()
    if invocation.has("boot-report"), !invocation.has("oci") { return try reportBoot(invocation, output, since: began) }
    let outcome = try invocation.has("oci") ? runContainer(invocation, output) : runMachine(invocation, output)
    if outcome.ranOutOfMemory {
      invocation.reporter.warn(
        "the program was killed because the memory ran out", hint: "give it more with --memory SIZE")
    }
    return outcome.exitCode
  }

  /// The directory of the build's results.
  static func built(_ invocation: Invocation) throws -> HostPath {
    let output = invocation.path(flag: "output") ?? invocation.project() / ".packc"
    guard FileSystem.isDirectory(output) else {
      throw Failure(
        "not_built", "\(invocation.project()) has not been built: there is no \(output)",
        hint: "run `packc build` first", exit: .badInput)
    }
    return output
  }

  private static func runMachine(_ invocation: Invocation, _ output: HostPath) throws -> RunOutcome {
    try UnikernelRunner(invocation.context, reporter: invocation.reporter).run(attachedRequest(invocation, output))
  }

  /// The report is the result, so what the program says goes where progress goes.
  private static func reportBoot(
    _ invocation: Invocation, _ output: HostPath, since began: UInt64
  ) throws -> ExitCode {
    let (report, outcome) = try UnikernelRunner(invocation.context, reporter: invocation.reporter, output: 2)
      .measureBoot(try attachedRequest(invocation, output), since: began)
    try invocation.output.write(report.json) { report.text }
    // A program that ended by itself has its own code; one that packc has ended was measured, as it was meant to be.
    return report.end == .ended ? outcome.exitCode : .done
  }

  /// With what only a machine that runs may have: the values of secrets, volumes that nobody else uses.
  private static func attachedRequest(_ invocation: Invocation, _ output: HostPath) throws -> RunRequest {
    var request = try machineRequest(invocation, output)
    request.secrets = try SecretCommand.environment(invocation)
    try VolumeFlags.attach(invocation, to: &request)
    return request
  }

  static func machineRequest(_ invocation: Invocation, _ output: HostPath) throws -> RunRequest {
    var request = RunRequest(image: output / "unikernel")
    let publish = try MachineFlags.publish(invocation)
    if !publish.isEmpty { request.publish = publish }
    request.environment = try EnvironmentFlags.read(invocation)
    request.memory = try MachineFlags.memory(invocation)
    request.cpus = try MachineFlags.cpus(invocation)
    request.machine = try MachineFlags.machine(invocation)
    request.debug = invocation.has("debug")
    request.core = output / "core"
    return request
  }

  private static func runContainer(_ invocation: Invocation, _ output: HostPath) throws -> RunOutcome {
    if invocation.has("secret") {
      throw Failure(
        "wrong_usage", "--secret is for machines: a container's variables lie in a file as long as it runs",
        hint: "leave out --oci, or --secret", exit: .usage)
    }
    for flag in ["publish", "memory", "cpus", "machine", "volume", "boot-report"] where invocation.has(flag) {
      throw Failure(
        "wrong_usage", "--\(flag) is for machines; with --oci the program runs on the host's network and memory",
        hint: "leave out --\(flag), or --oci", exit: .usage)
    }
    let layout = output / "image"
    guard FileSystem.exists(layout / "index.json") else {
      throw Failure(
        "not_built", "there is no OCI image in \(output)", hint: "run `packc build` without --no-oci", exit: .badInput)
    }
    let image = try SingleImage.open(LayoutSource(layout: layout))
    guard image.config.platform.architecture == Platform.host.architecture.rawValue else {
      throw Failure(
        "machine_architecture",
        "the image is for \(image.config.platform), and containers run on this host's processor",
        hint: "run it as a machine, without --oci", exit: .badInput)
    }
    let parent = try invocation.context.cacheDirectory() / "run"
    try FileSystem.createDirectory(parent)
    // An image may hold set-user-ID programs, which nobody else on this host shall reach.
    try FileSystem.setMode(parent, 0o700)
    let held = try WorkDirectory(in: parent, prefix: "oci")
    defer { withExtendedLifetime(held) {} }
    let root = held.path
    // mkdtemp's 0700 would be the mode of the container's `/`, which its user has to pass.
    try FileSystem.setMode(root, 0o755)
    try LayerUnpacker.unpack(image, to: root)
    let egress = image.config.labels["dev.packc.contract.egress"] ?? ""
    if !egress.isEmpty || image.config.labels["dev.packc.contract.egress.closed"] == "true" {
      invocation.reporter.warn("contract.egress is not enforced: with --oci the program is on the host's network")
    }
    let directory = image.config.workingDirectory.flatMap { RootPath($0) } ?? .root
    return try ContainerRunner(invocation.context).run(
      ContainerRequest(
        root: root, initFile: try Installation.find(from: invocation.context.executable).helpers / "guest-init",
        arguments: image.config.entrypoint + image.config.arguments,
        environment: merged(image.config.environment, try EnvironmentFlags.read(invocation)), directory: directory,
        writable: (image.config.labels["dev.packc.writable"] ?? "").split(separator: ":").compactMap {
          RootPath(String($0))
        },
        mode: image.config.labels["dev.packc.mode"].flatMap(BuildMode.init) ?? .release))
  }

  private static func merged(_ list: [String], _ overrides: [String: String]) -> [String: String] {
    var environment: [String: String] = [:]
    for line in list {
      let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      environment[String(parts[0])] = parts.count == 2 ? String(parts[1]) : ""
    }
    return environment.merging(overrides) { $1 }
  }
}
