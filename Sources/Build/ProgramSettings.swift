internal import Config
internal import PackCore

/// How the program is started, the same in the container and in the machine: the pack's plan, and over it `run` of
/// unik.yaml.
struct ProgramSettings {
  var argv: [String]
  var environment: [String: String]
  /// `8080/tcp`, the first one is PORT.
  var ports: [String]
  var workingDirectory: RootPath
  var writable: [RootPath]
  var volumes: [UnikFile.Run.Volume]
  var decisions: [Decision] = []

  static let defaultPort = "8080/tcp"

  init(plan: BuildPlan, declared run: UnikFile.Run?) {
    argv = plan.entrypoint + (run?.arguments ?? [])
    ports = plan.ports
    if let declared = run?.ports, !declared.isEmpty {
      ports = declared.map(\.description)
      decisions.append(Decision(what: "ports", value: ports.joined(separator: ", "), source: "unik.yaml"))
    }
    if ports.isEmpty {
      ports = [Self.defaultPort]
      decisions.append(
        Decision(what: "ports", value: Self.defaultPort, source: "packc's default: no port was declared or found"))
    }
    environment = plan.environment
    environment["PATH"] = environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
    environment["HOME"] = environment["HOME"] ?? "/tmp"
    let first = ports.first.flatMap { $0.split(separator: "/").first } ?? "8080"
    environment["PORT"] = String(first)
    environment.merge(run?.environment ?? [:]) { _, declared in declared }
    workingDirectory = plan.workingDirectory
    // A volume is a place to write: a disk where a machine has one for it, memory elsewhere.
    writable = Array(Set(plan.writable + (run?.writable ?? []) + (run?.volumes.map(\.mount) ?? []))).sorted()
    volumes = run?.volumes ?? []
  }

  /// What starts, with `run` of unik.yaml: for `plan --json`.
  var json: JSONValue {
    [
      "argv": JSONValue(strings: argv), "env": JSONValue(strings: environment), "ports": JSONValue(strings: ports),
      "workdir": .string(workingDirectory.absolute), "writable": JSONValue(strings: writable.map(\.absolute)),
    ]
  }

  /// `KEY=VALUE`, sorted by bytes.
  var environmentList: [String] {
    environment.map { "\($0.key)=\($0.value)" }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// The absolute directories of `LD_LIBRARY_PATH`.
  var libraryPath: [RootPath] {
    (environment["LD_LIBRARY_PATH"] ?? "").split(whereSeparator: { $0 == ":" || $0 == ";" })
      .filter { $0.hasPrefix("/") }.compactMap { RootPath(String($0)) }
  }

  /// What a person should know before the program runs.
  func warn(_ reporter: Reporter) {
    for port in ports {
      guard let number = port.split(separator: "/").first.flatMap({ UInt16($0) }), number < 1024 else { continue }
      reporter.warn(
        "port \(number) is for root only in a container on the host's network, and the program runs as user 65532",
        hint: "a machine (`packc run`) may use it; for containers choose a port from 1024 on")
    }
  }
}
