internal import PackCore
internal import Packs

/// The universal pack: `build.command` of unik.yaml builds, `artifact.path` is what it leaves. Any language.
///
/// The command runs in the copy of the project, and what it leaves there is copied to `${work}` by `lib/build.sh` in the
/// same step, since outputs of a step lie below `${work}`.
struct UnikPack: LanguagePack {
  /// The command is the project's own, and packc looks at what it leaves.
  let buildsForOthers = true

  func detect(_ request: PackRequest) throws -> DetectAnswer? {
    let keys = ["build.command", "artifact.path"].filter { key in
      var value = request.config
      for part in key.split(separator: ".") { value = value?[String(part)] }
      return value != nil && value != .null
    }
    guard !keys.isEmpty else { return nil }
    return DetectAnswer(
      confidence: 100, reasons: keys.map { DetectReason(path: "unik.yaml", rule: "it has \($0)") })
  }

  func plan(_ request: PackRequest, _ notes: PackNotes) throws -> BuildPlan {
    let settings = try UnikSettings(request)
    return try UnikPlan(settings: settings, request: request, context: HostContext.current()).make()
  }
}

/// What of unik.yaml is this pack's own. `run` is packc's.
struct UnikSettings {
  /// nil when there is nothing to build: the artifact lies in the project.
  var command: [String]?
  var environment: [String: String]
  var network: Bool
  var inputs: [String]
  var artifact: RootPath
  var isDirectory: Bool
  /// Source (relative to the project) and destination.
  var files: [(source: RootPath, destination: RootPath)]
  var entrypoint: [String]

  init(_ request: PackRequest) throws {
    let config = JSONReader(request.config ?? [:], path: "unik.yaml")
    let build = try config.optional("build")
    command = try build?.optional("command").flatMap { try Self.command($0, request.mode) }
    environment = try build?.optional("env")?.stringMap() ?? [:]
    network = try build?.optional("network")?.bool() ?? false
    inputs = try build?.optional("inputs")?.strings() ?? []
    entrypoint = try JSONReader(request.options).optional("entrypoint")?.strings() ?? []
    guard let artifact = try config.optional("artifact"), let path = try artifact.optional("path") else {
      throw PackRefusal(
        .projectError, "no_artifact", "unik.yaml says how to build, but not what that leaves",
        hint: "add `artifact: {path: out/server}` with the file that the command makes",
        at: SourceLocation(path: "unik.yaml"))
    }
    let text = try path.string()
    self.artifact = try Self.inside(text, "artifact.path")
    isDirectory = text.hasSuffix("/") || !entrypoint.isEmpty
    files = try (artifact.optional("files")?.stringMap() ?? [:]).sorted { $0.key < $1.key }.map {
      (try Self.inside($0.key, "artifact.files"), try Self.inside($0.value, "artifact.files"))
    }
    guard !isDirectory || !entrypoint.isEmpty else {
      throw PackRefusal(
        .projectError, "no_entrypoint", "artifact.path is a directory, and nothing says which program in it to start",
        hint: "write `options: {entrypoint: [/app/PROGRAM]}`", at: SourceLocation(path: "unik.yaml"))
    }
  }

  /// A string for the shell, an argv list, or one of these for each mode; a debug build without a command of its own
  /// takes the one for release (one command, written once, reaches here as the one for release).
  private static func command(_ reader: JSONReader, _ mode: BuildMode) throws -> [String]? {
    if let text = reader.value.string { return ["/bin/sh", "-eu", "-c", text] }
    if reader.value.array != nil {
      let argv = try reader.strings()
      guard !argv.isEmpty else { throw reader.failure("a command needs a program") }
      return argv
    }
    let modes = mode == .debug ? [BuildMode.debug, .release] : [.release]
    guard let chosen = try modes.compactMap({ try reader.optional($0.rawValue) }).first else {
      throw PackRefusal(
        .projectError, "no_command", "build.command has none for \(mode.rawValue)",
        hint: "add `\(mode.rawValue): …` to build.command", at: SourceLocation(path: "unik.yaml"))
    }
    return try command(chosen, mode)
  }

  private static func inside(_ text: String, _ what: String) throws -> RootPath {
    var relative = text[...]
    while relative.hasPrefix("./") { relative = relative.dropFirst(2) }
    guard let path = RootPath(String(relative)), !path.isRoot, !path.bytes.contains(0x0a) else {
      throw PackRefusal(
        .projectError, "bad_path", "\(what): \"\(text)\" is not a path inside its root",
        at: SourceLocation(path: "unik.yaml"))
    }
    return path
  }
}

/// The plan of a project that says itself how it is built.
struct UnikPlan {
  let settings: UnikSettings
  let request: PackRequest
  let context: HostContext
  private let project = ProjectFiles()

  init(settings: UnikSettings, request: PackRequest, context: HostContext) {
    self.settings = settings
    self.request = request
    self.context = context
  }

  func make() throws -> BuildPlan {
    var plan = BuildPlan()
    plan.workingDirectory = RootPath(literal: "/app")
    plan.entrypoint = settings.entrypoint.isEmpty ? ["/app/\(settings.artifact.name)"] : settings.entrypoint
    if let command = settings.command {
      try build(command, &plan)
    } else {
      try takeAsItIs(&plan)
    }
    plan.decisions.append(Decision(what: "program", value: plan.entrypoint[0], source: "unik.yaml"))
    return plan
  }

  // MARK: Built

  private func build(_ command: [String], _ plan: inout BuildPlan) throws {
    var outputs = [RootPath(literal: "app")]
    var pairs = ["${work}/app", settings.artifact.description]
    plan.artifacts.append(
      .init(path: "${work}/app", role: .program, destination: RootPath(literal: "app"), layer: .application))
    for (index, file) in settings.files.enumerated() {
      guard let output = RootPath("files/\(index)") else { continue }
      outputs.append(output)
      pairs += ["${work}/\(output)", file.source.description]
      plan.artifacts.append(
        .init(path: "${work}/\(output)", role: .data, destination: file.destination, layer: .application))
    }
    plan.steps.append(
      BuildStep(
        id: "build",
        argv: ["/bin/sh", "${pack}/lib/build.sh", settings.isDirectory ? "directory" : "file"] + pairs + ["--"]
          + command,
        environment: settings.environment, inputs: settings.inputs, outputs: outputs, network: settings.network,
        tools: tools(of: command)))
    plan.decisions.append(Decision(what: "build", value: words(command), source: "unik.yaml"))
    if let compiler = usedCompiler(command) { plan.toolchains.append(compiler) }
  }

  private func words(_ command: [String]) -> String {
    command.starts(with: ["/bin/sh", "-eu", "-c"]) ? command[3] : command.joined(separator: " ")
  }

  /// Programs that a build command is likely to start without naming them.
  private static let usual = ["make", "cc", "c++", "gcc", "g++", "ld", "as", "ar"]

  /// Every word of the command that is a program in PATH, and the host's C toolchain: a new compiler runs the step again.
  private func tools(of command: [String]) -> [String] {
    let separators = Set(" \t\n;&|()<>=\"'`$")
    let named = command.flatMap { $0.split(whereSeparator: separators.contains).map(String.init) }
    var seen: Set<String> = []
    return (named + Self.usual).filter { !$0.contains("/") && !$0.isEmpty }.prefix(200)
      .compactMap(context.findTool).map(\.description).filter { seen.insert($0).inserted }.sorted()
  }

  /// The C compiler, pinned in packc.lock when the command looks like one that uses it.
  private func usedCompiler(_ command: [String]) -> BuildPlan.Toolchain? {
    let text = words(command)
    let named = ["musl-gcc", "clang", "gcc", "cc"].first { text.contains($0) }
    guard named != nil || text.contains("make"), let path = context.findTool(named ?? "cc") else { return nil }
    let run = ToolRun(environment: ["PATH": context.environment["PATH"] ?? "/usr/bin:/bin", "LANG": "C"])
    let answer = try? run.output([path.description, "-dumpfullversion", "-dumpversion"])
    guard let version = answer?.text?.split(separator: "\n").first else { return nil }
    return .init(name: path.name, version: String(version), path: FileSystem.resolve(path) ?? path)
  }

  // MARK: Ready made

  private func takeAsItIs(_ plan: inout BuildPlan) throws {
    let path = settings.artifact
    guard let kind = project.kind(path.description) else { throw missing(path) }
    guard (kind == .directory) == settings.isDirectory else {
      throw PackRefusal(
        .projectError, "artifact_kind",
        "\(path) is a \(kind == .directory ? "directory" : "file"), and unik.yaml treats it as the other",
        hint: kind == .directory
          ? "end artifact.path with a slash and write `options: {entrypoint: [/app/PROGRAM]}`"
          : "remove options.entrypoint and the slash at the end of artifact.path",
        at: SourceLocation(path: "unik.yaml"))
    }
    let destination = settings.isDirectory ? RootPath(literal: "app") : RootPath("app/\(path.name)")
    plan.artifacts.append(
      .init(
        path: "${source}/\(path)", role: .program, destination: destination ?? RootPath(literal: "app"),
        layer: .application))
    for file in settings.files {
      guard project.kind(file.source.description) != nil else { throw missing(file.source) }
      plan.artifacts.append(
        .init(path: "${source}/\(file.source)", role: .data, destination: file.destination, layer: .application))
    }
    plan.decisions.append(
      Decision(what: "build", value: "nothing: the project holds the program", source: "unik.yaml has no build.command")
    )
  }

  private func missing(_ path: RootPath) -> PackRefusal {
    let directory = path.parent?.description ?? ""
    let here = project.names(directory).prefix(20).joined(separator: ", ")
    let place = directory.isEmpty ? "the project" : "\(directory)/"
    return PackRefusal(
      .projectError, "artifact_missing", "\(path) does not exist, and unik.yaml has no build.command that makes it",
      hint: here.isEmpty ? "\(place) is empty or missing" : "in \(place): \(here)",
      at: SourceLocation(path: "unik.yaml"))
  }
}
