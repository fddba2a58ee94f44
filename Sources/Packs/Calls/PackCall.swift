internal import Glibc
internal import PackCore

/// One run of a pack's executable: request in, response out, nothing left behind.
struct PackCall {
  let pack: Pack
  let phase: PackPhase
  let project: PackProject
  let context: HostContext
  let cache: HostPath
  let reporter: Reporter
  /// Further fields of the request.
  var extra: [String: JSONValue] = [:]
  var timeLimit: Double
  var grace: Double

  init(
    _ pack: Pack, _ phase: PackPhase, _ project: PackProject, context: HostContext, cache: HostPath,
    reporter: Reporter, extra: [String: JSONValue] = [:], timeLimit: Double? = nil, grace: Double = 5
  ) {
    self.pack = pack
    self.phase = phase
    self.project = project
    self.context = context
    self.cache = cache
    self.reporter = reporter
    self.extra = extra
    self.timeLimit = timeLimit ?? phase.timeLimit
    self.grace = grace
  }

  /// The private directories of the call.
  private struct Places {
    let root: HostPath
    var home: HostPath { root / "home" }
    var temporary: HostPath { root / "tmp" }
    var work: HostPath { root / "work" }
    var response: HostPath { root / "response.json" }
  }

  /// Ends with status ok or not_applicable; an error that the pack reports is thrown as its failure.
  func run() throws -> PackResponse {
    let places = Places(
      root: try FileSystem.createTemporaryDirectory(in: cache / "packs/calls", prefix: phase.rawValue))
    defer { try? FileSystem.removeTree(places.root) }
    for directory in [places.home, places.temporary, places.work, scratch] {
      try FileSystem.createDirectory(directory, mode: 0o700)
    }
    let requestID = Self.newRequestID()
    let request = request(id: requestID, places)
    let events = try EventPipe(reporter)
    let result = try ProcessRunner().run(command(request, places, events: events.childEnd))
    events.finish()
    let log = Self.tail(result)
    if result.timedOut { throw PacksFailure.timedOut(pack, phase, log: log) }
    return try judge(result.end, requestID, places.response, log: log)
  }

  // MARK: Request

  /// What a pack keeps between calls; it may be emptied at any time.
  private var scratch: HostPath { cache / "packs/scratch" / pack.name }

  /// No meaning but to tell one call from another.
  private static func newRequestID() -> String {
    let digits = String(UInt64.random(in: 0 ... .max), radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  private func request(id: String, _ places: Places) -> JSONValue {
    var request: [String: JSONValue] = [
      "protocol": .string(PackProtocol.version), "request_id": .string(id), "phase": .string(phase.rawValue),
      "project": ["root": ".", "config": project.config ?? .null],
      "mode": .string(project.mode.rawValue),
      "target": [
        "os": .string(project.platform.os), "arch": .string(project.platform.architecture.rawValue), "libc": "glibc",
      ],
      "io": [
        "response": Self.path(places.response), "work_dir": Self.path(places.work),
        "cache_dir": Self.path(scratch), "events_fd": .integer(Int64(PackProtocol.eventsDescriptor)),
      ],
      "source_date_epoch": .integer(project.sourceDateEpoch),
      "limits": ["deadline_ms": .integer(Int64(timeLimit * 1000))],
      "network": .bool(pack.manifest.needsNetwork), "options": project.options,
      "app": project.app.map(JSONValue.string) ?? .null,
    ]
    request.merge(extra) { _, more in more }
    return .object(request)
  }

  /// A path is a string, or `{"base64": …}` when it is not UTF-8.
  static func path(_ path: HostPath) -> JSONValue {
    path.utf8.map(JSONValue.string) ?? ["base64": .string(Base64.encode(path.bytes))]
  }

  // MARK: Process

  private func command(_ request: JSONValue, _ places: Places, events: Int32) -> Command {
    Command(
      [pack.executable.description, phase.rawValue], environment: environment(places),
      directory: project.directory, input: .bytes(CanonicalJSON.encode(request) + [0x0a]), keep: 8 << 10,
      descriptors: [(ours: events, child: PackProtocol.eventsDescriptor)], timeout: timeLimit, grace: grace)
  }

  private func environment(_ places: Places) -> [String: String] {
    var environment = [
      "PATH": context.searchPath.map(\.description).joined(separator: ":"), "HOME": places.home.description,
      "TMPDIR": places.temporary.description, "LANG": "C.UTF-8", "TZ": "UTC",
      "SOURCE_DATE_EPOCH": String(project.sourceDateEpoch),
    ]
    if let libexec = pack.libexec { environment["PACKC_LIBEXEC"] = libexec.description }
    for name in pack.manifest.environmentPassthrough { environment[name] = context.environment[name] }
    return environment
  }

  /// The last lines of both streams.
  private static func tail(_ result: CommandResult) -> String {
    [result.output, result.errorOutput].map { String(decoding: $0, as: UTF8.self) }
      .flatMap { $0.split(separator: "\n").suffix(20) }.map { "    " + printable($0.prefix(500)) }
      .joined(separator: "\n")
  }

  /// Escape sequences of a pack do not reach the terminal.
  private static func printable(_ text: Substring) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7f ? " " : $0 }))
  }

  // MARK: Judgement

  private func judge(
    _ end: CommandResult.End, _ requestID: String, _ path: HostPath, log: String
  ) throws -> PackResponse {
    guard case .exited(let number) = end, let code = PackExit(rawValue: number),
      code != .notApplicable || phase == .detect
    else { throw PacksFailure.crashed(pack, phase, end, log: log) }
    guard let bytes = try readResponse(path, log: log) else {
      switch code {
      case .ok: throw PacksFailure.violation(pack, phase, "exit code 0, and no response was written", log: log)
      case .notApplicable: return try PackResponse(JSONReader(Self.notApplicable(requestID)))
      default: throw PacksFailure.silent(pack, phase, code, log: log)
      }
    }
    let response: PackResponse
    do {
      let json = try JSONParser.parse(
        bytes, name: "response", limits: .init(bytes: PackProtocol.responseLimit))
      response = try PackResponse(JSONReader(json))
    } catch let failure as Failure {
      throw PacksFailure.violation(pack, phase, "its response is wrong: \(failure.description)", log: log)
    }
    guard response.requestID == requestID else {
      throw PacksFailure.violation(pack, phase, "its response answers another request (request_id)", log: log)
    }
    guard response.status == code.status else {
      throw PacksFailure.violation(
        pack, phase, "its status is \(response.status.rawValue), and its exit code \(code.rawValue)", log: log)
    }
    for diagnostic in response.diagnostics {
      if diagnostic.isWarning {
        reporter.warn(diagnostic.message, hint: diagnostic.hint)
      } else {
        reporter.note(diagnostic.message)
      }
    }
    if let problem = response.problem { throw PacksFailure.reported(problem, by: pack, phase, code) }
    return response
  }

  private static func notApplicable(_ requestID: String) -> JSONValue {
    [
      "protocol": .string(PackProtocol.version), "request_id": .string(requestID),
      "status": .string(PackStatus.notApplicable.rawValue),
    ]
  }

  /// nil when there is no file.
  private func readResponse(_ path: HostPath, log: String) throws -> [UInt8]? {
    guard let status = try FileSystem.status(path) else { return nil }
    guard status.kind == .file else {
      throw PacksFailure.violation(pack, phase, "its response is not a regular file", log: log)
    }
    guard status.size <= PackProtocol.responseLimit else {
      throw PacksFailure.violation(
        pack, phase, "its response has \(status.size) bytes; the limit is \(PackProtocol.responseLimit)", log: log)
    }
    return try FileSystem.read(path, limit: PackProtocol.responseLimit)
  }
}
