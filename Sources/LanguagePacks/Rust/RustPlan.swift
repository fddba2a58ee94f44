internal import PackCore
internal import Packs

/// The plan of one Rust program: fetch what is not vendored, build, and take along what the program opens at run time.
struct RustPlan {
  let files: ProjectFiles
  let request: PackRequest
  let notes: PackNotes
  let project: CargoProject
  let sources: RustSources
  let config: CargoConfig
  let toolchain: RustToolchain
  /// What asks for that toolchain: `rust-toolchain.toml:2:11 asks for 1.75`.
  let wish: String?
  let dependencies: RustDependencies
  let options: RustOptions
  let binary: CargoBinary
  let rule: String

  func make() throws -> BuildPlan {
    guard let member = project.member(binary.directory) else { throw RustRefusal.noProgram(project) }
    let target = try RustTarget(config, toolchain, request.platform)
    let paths = sources.files(of: binary)
    let data = RustData(binary, paths.all, sources, project)
    let destinations = data.found.map { "app/\($0.path)" }
    let place =
      destinations.contains { $0 == "app/\(binary.name)" || $0.hasPrefix("app/\(binary.name)/") }
      ? "usr/local/bin/\(binary.name)" : "app/\(binary.name)"
    var plan = BuildPlan()
    plan.name = project.root.package?.name ?? member.package.name
    plan.version = project.version(of: member)
    plan.decisions = decisions(target)
    plan.lockFiles = dependencies.lockFiles
    plan.toolchains = [.init(name: "rust", version: toolchain.release.description, path: toolchain.rustc)]
    let build = try RustBuild(plan: self, target: target, data: data)
    plan.steps = build.steps
    plan.toolchains.append(build.compiler)
    plan.artifacts = [
      .init(path: "${work}/\(build.output)", role: .program, destination: try destination(place), layer: .application)
    ]
    plan.entrypoint = ["/\(place)"]
    plan.workingDirectory = RootPath(literal: "/app")
    try addData(data, &plan)
    addRunning(member, paths, &plan)
    try addStart(&plan)
    RustSystemTools(dependencies.lock, of: member.package.name, toolchain.context).warn(notes)
    return plan
  }

  private func destination(_ text: String) throws -> RootPath {
    guard let path = RootPath(text) else {
      throw PackRefusal(.projectError, "bad_name", "\"\(text)\" cannot be a path in the image")
    }
    return path
  }

  private func decisions(_ target: RustTarget) -> [Decision] {
    var decisions = [
      Decision(what: "program", value: binary.name, source: "\(binary.path) (\(rule))"),
      Decision(what: "rust", value: toolchain.release.description, source: wish ?? toolchain.source),
      Decision(what: "target", value: target.name, source: target.source), dependencies.decision,
    ]
    if !binary.requiredFeatures.isEmpty {
      let manifest = project.member(binary.directory)?.manifest.path ?? "Cargo.toml"
      decisions.append(
        Decision(
          what: "features", value: binary.requiredFeatures.joined(separator: ","),
          source: "\(manifest) (required-features of \(binary.name))"))
    }
    return decisions
  }

  // MARK: Running

  private func addData(_ data: RustData, _ plan: inout BuildPlan) throws {
    for found in data.found {
      plan.artifacts.append(
        .init(
          path: "${source}/\(found.path)", role: .data, destination: try destination("app/\(found.path)"),
          layer: .application))
      plan.decisions.append(Decision(what: "data", value: "/app/\(found.path)", source: found.source))
    }
    // Where `cargo run` would be started for those paths to be found.
    let ofPackage = data.found.count(where: \.isOfPackage)
    guard !binary.directory.isEmpty, ofPackage > 0 else { return }
    if ofPackage * 2 < data.found.count { return }
    plan.workingDirectory = try destination("app/\(binary.directory)")
    if ofPackage < data.found.count {
      notes.warn(
        "the program names some files relative to \(binary.directory) and some relative to the workspace; "
          + "it starts in \(plan.workingDirectory.absolute)",
        hint: "`run: {workdir: …}` is not a setting: name them all from one place")
    }
  }

  private func addRunning(
    _ member: CargoProject.Member, _ paths: (own: [String], all: [String]), _ plan: inout BuildPlan
  ) {
    let running = RustRunning(member, binary, sources, files, declaredPort: request.declaredPort)
    plan.environment = running.environment(paths.all)
    var ports = RustPorts(sources).find(own: paths.own, all: paths.all)
    if let rocket = running.rocketPort {
      ports = [.init(number: rocket.number, path: rocket.source, line: 0, isLoopback: false)]
    }
    plan.ports = ports.map { "\($0.number)/tcp" }
    for port in ports {
      let place = port.line > 0 ? "\(port.path):\(port.line)" : port.path
      plan.decisions.append(Decision(what: "port", value: String(port.number), source: place))
      guard port.isLoopback else { continue }
      notes.warn(
        "\(place) listens on the loopback address only; nothing outside can reach it", hint: "listen on \"0.0.0.0\"")
    }
    for (name, source) in running.reasons.sorted(by: { $0.key < $1.key }) {
      plan.decisions.append(
        Decision(what: "environment", value: "\(name)=\(plan.environment[name] ?? "")", source: source))
    }
  }

  /// What the Procfile gives to this program.
  private func addStart(_ plan: inout BuildPlan) throws {
    guard let start = try RustStart(files), start.program == binary.name else { return }
    guard !start.needsShell else {
      notes.warn(
        "\(start.line.place) needs a shell, and the image has none; the program is started without its arguments",
        hint: "write them in unik.yaml: `run: {args: […], env: {…}}`")
      return
    }
    let found = plan.ports.first.flatMap { $0.split(separator: "/").first }.flatMap { Int($0) }
    let port = request.declaredPort ?? found ?? 8080
    if start.usesPort { plan.ports = ["\(port)/tcp"] }
    plan.entrypoint += start.arguments(port: port)
    plan.environment.merge(start.environment(port: port)) { _, stated in stated }
    guard plan.entrypoint.count > 1 || !start.environment(port: port).isEmpty else { return }
    plan.decisions.append(
      Decision(what: "start", value: start.line.command, source: start.line.place))
  }
}
