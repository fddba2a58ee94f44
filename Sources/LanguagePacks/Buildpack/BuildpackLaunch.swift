internal import PackCore

/// What completes the plan when every buildpack has built: the process to start, its variables, labels.
struct BuildpackLaunch {
  private let made: [BuildpackBuild.Made]
  private let work: BuildpackWork

  static let defaultPath = "/usr/local/bin:/usr/bin:/bin"

  init(_ made: [BuildpackBuild.Made], _ work: BuildpackWork) {
    self.made = made
    self.work = work
  }

  func document() throws -> JSONValue {
    let (process, rule) = try choose()
    var environment = BuildpackEnvironment(["PATH": Self.defaultPath])
    for one in made { environment.addDirectories(of: one.paths(\.launch), .launch(process: process.type)) }
    for one in made {
      for layer in one.paths(\.launch) { try environment.addFiles(of: layer, .launch(process: process.type)) }
    }
    let directory = directory(of: process)
    let programs = BuildpackPrograms(
      hosts: work.programs, launchLayers: made.flatMap { $0.paths(\.launch) },
      searchPath: environment.variables["PATH"] ?? "", directory: directory)
    let argv = try process.direct ? programs.direct(process) : programs.shell(process, sourcing: profiles(process))
    return [
      "entrypoint": JSONValue(strings: argv), "env": JSONValue(strings: environment.variables),
      "workdir": .string(directory.description), "labels": JSONValue(strings: labels),
      "decisions": .array([
        Decision(what: "program", value: argv.joined(separator: " "), source: "\(process.source) (\(rule))").json
      ]),
    ]
  }

  /// Labels of later buildpacks replace those of earlier ones.
  private var labels: [String: String] {
    made.flatMap(\.launch.labels).reduce(into: [:]) { $0[$1.key] = $1.value }
  }

  private func directory(of process: LaunchFile.Process) -> HostPath {
    (BuildpackBuild.workspace / (process.directory ?? "")).lexicallyNormalized
  }

  // MARK: Which process

  private func choose() throws -> (LaunchFile.Process, rule: String) {
    if !work.command.isEmpty {
      let own = LaunchFile.Process(
        type: work.process ?? "web", command: work.command, arguments: [], direct: true, isDefault: false,
        directory: nil, source: "unik.yaml")
      return (own, "options.command")
    }
    let (processes, chosen) = combined()
    if let wanted = work.process {
      if let found = processes.first(where: { $0.type == wanted }) { return (found, "process \(wanted), as asked") }
      throw none("there is no process \"\(wanted)\"", processes, near: wanted)
    }
    if let found = processes.first(where: { $0.type == chosen }) {
      return (found, "process \(found.type), the default of its buildpack")
    }
    if let found = processes.first(where: { $0.type == "web" }) { return (found, "process web") }
    guard processes.count == 1 else {
      throw none(
        processes.isEmpty ? "the buildpacks name no process to start" : "nothing says which process to start",
        processes,
        near: nil)
    }
    return (processes[0], "process \(processes[0].type), the only one")
  }

  /// A later buildpack's process replaces an earlier one of its type, default or not.
  private func combined() -> (processes: [LaunchFile.Process], default: String?) {
    var processes: [LaunchFile.Process] = []
    var chosen: String?
    for process in made.flatMap(\.launch.processes) {
      processes.removeAll { $0.type == process.type }
      processes.append(process)
      if process.isDefault { chosen = process.type } else if chosen == process.type { chosen = nil }
    }
    return (processes, chosen)
  }

  private func none(_ message: String, _ processes: [LaunchFile.Process], near: String?) -> Failure {
    let types = processes.map(\.type).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    let lines = processes.map { "\n  \($0.type): \(($0.command + $0.arguments).joined(separator: " "))" }.joined()
    let guess = near.flatMap { Suggestion.nearest(to: $0, in: types) } ?? types.first
    return Failure(
      "buildpack_process", message + (lines.isEmpty ? "" : "; they name:\(lines)"),
      hint: guess.map { "give --app \($0), or write `options: {app: \($0)}` in unik.yaml" }
        ?? "write `options: {command: [./program]}` in unik.yaml, or add a buildpack that names one", exit: .badInput)
  }

  // MARK: Shell

  /// Scripts that a shell reads before it starts the process (Buildpack API 0.8 and older), in their order.
  private func profiles(_ process: LaunchFile.Process) throws -> [HostPath] {
    var found: [HostPath] = []
    for one in made where !one.buildpack.api.startsDirectly {
      for layer in one.paths(\.launch) {
        for directory in [layer / "profile.d", layer / "profile.d" / process.type]
        where FileSystem.isDirectory(directory) {
          found += try DirectoryWalk.names(in: directory).map { directory / HostPath(bytes: $0) }
            .filter { try FileSystem.target($0)?.kind == .file }
        }
      }
    }
    let own = BuildpackBuild.workspace / ".profile"
    return found + (FileSystem.exists(own) ? [own] : [])
  }
}
