internal import Deploy
internal import PackCore
internal import Runner

/// `packc bundle`: one file that another host deploys without network.
enum BundleCommand {
  static let definition = CommandDefinition(
    "bundle", summary: "write an image and its settings into one file that installs offline",
    operands: "[DIR|APP|IMAGE|BINARY]", count: 0...1,
    flags: [
      Flag("output", short: "o", value: "FILE", help: "where to (default: NAME.bundle.tar)"),
      Flag("name", value: "APP", help: "of the deployment that it becomes (default: the project's name)"),
    ] + BuildFlags.planning + [BuildFlags.kernel, BuildFlags.root],
    details: """
      Takes what `packc deploy` takes, and builds it in the same way; or the name of a deployment, with the settings that it
      has now. The file holds kernel, initrd, root disk, ports, memory, processors, restart policy and health check, with a
      digest of each part and of all. Variables, secrets and volumes are left out: they are given to `packc deploy FILE`.
      The same build gives the same bytes.
      """
  ) { invocation in
    let (name, spec, image, held) = try source(invocation)
    let file = invocation.path(flag: "output") ?? invocation.path("\(name).bundle.tar")
    let report = try withExtendedLifetime(held) { try Bundle.write(name, spec, image, to: file) }
    try invocation.output.write(report.json) {
      "\(name)  \(file), \(ByteText.text(report.size)), \(report.digest.short)\n"
        + report.leftOut.map { "  left out: \($0)\n" }.joined() + "next:  packc deploy \(file)\n"
    }
    return .done
  }

  private static func source(
    _ invocation: Invocation
  ) throws -> (name: DeploymentName, spec: DeploymentSpec, image: HostPath, held: DeployTarget?) {
    let named = try invocation.string("name").map { try DeploymentName($0) }
    let deployments = try Deployments(invocation.context)
    if let operand = invocation.operands.first, !FileSystem.exists(invocation.path(operand)),
      let name = try? DeploymentName(operand), let spec = (try? deployments.find(operand))?.spec
    {
      return (named ?? name, spec, deployments.state.release(spec.image), nil)
    }
    // --output is the bundle's, and not where a build puts its results.
    let own = invocation.without("output")
    let argument = try DeployTarget.argument(own)
    var project: ProjectBuild?
    if case .project = argument { project = try ProjectBuild(own) }
    let target = try project?.build() ?? DeployTarget.resolve(argument, own)
    // As `packc deploy` names it.
    let name = try named ?? DeploymentName(project?.name(among: deployments.all()) ?? target.name)
    return (name, try target.general(), target.image.directory, target)
  }

  /// A bundle as the results of a build: `unikernel/…`. Nil when the operand is none; gone with the value.
  static func unpacked(_ invocation: Invocation) throws -> WorkDirectory? {
    guard let operand = invocation.operands.first, Parcel.begins(invocation.path(operand)) else { return nil }
    let held = try WorkDirectory(in: invocation.context.cacheDirectory() / "work", prefix: "run")
    let bundle = try Bundle.unpack(invocation.path(operand), to: held.path)
    try FileSystem.rename(bundle.image, to: held.path / "unikernel")
    return held
  }
}
