internal import PackCore
internal import Packs

/// The request as a language pack reads it. The working directory of the process is the project.
struct PackRequest {
  let id: String
  let phase: PackPhase
  let mode: BuildMode
  let platform: Platform
  let options: JSONValue
  /// `unik.yaml` as JSON.
  let config: JSONValue?
  let app: String?
  /// By ecosystem, what packc.lock holds.
  let lock: JSONValue?
  /// What the plan's steps left of the artifacts; only in the phase `facts` of a build.
  let outputs: [Output]
  let response: HostPath
  let workDirectory: HostPath
  let cacheDirectory: HostPath

  struct Output {
    var path: HostPath
    var destination: RootPath
    var layer: LayerRole
  }

  /// What a request needs to be answered at all; a request that lacks it is answered by exit code alone.
  init(_ document: [UInt8]) throws(PackRefusal) {
    do {
      let reader = JSONReader(try JSONParser.parse(document, name: "request"))
      let io = try reader.required("io")
      response = try Self.path(io.required("response"))
      workDirectory = try Self.path(io.required("work_dir"))
      cacheDirectory = try Self.path(io.required("cache_dir"))
      id = try reader.required("request_id").string()
      let version = try reader.required("protocol").value
      guard let spoken = version.string, PackProtocol.speaks(spoken) else {
        throw PackRefusal(
          .protocolUnsupported, "protocol_unsupported",
          "this pack does not speak protocol \(CanonicalJSON.string(version))")
      }
      for name in try reader.optional("requires")?.strings() ?? [] where !PackProtocol.features.contains(name) {
        throw PackRefusal(.protocolUnsupported, "protocol_unsupported", "this pack does not know \"\(name)\"")
      }
      let phase = try reader.required("phase")
      guard let known = PackPhase(rawValue: try phase.string()) else { throw phase.failure("unknown phase") }
      self.phase = known
      let mode = try reader.required("mode")
      guard let knownMode = BuildMode(rawValue: try mode.string()) else { throw mode.failure("unknown mode") }
      self.mode = knownMode
      let target = try reader.required("target")
      let text = "\(try target.required("os").string())/\(try target.required("arch").string())"
      guard let platform = Platform(text) else { throw target.failure("unknown platform \(text)") }
      self.platform = platform
      options = try reader.optional("options")?.value ?? [:]
      config = try reader.optional("project")?.optional("config")?.value
      app = try reader.optional("app")?.string() ?? options["app"]?.string
      lock = try reader.optional("lock")?.value
      outputs = try reader.optional("outputs")?.array().map(Self.output) ?? []
    } catch let refusal as PackRefusal {
      throw refusal
    } catch let failure as Failure {
      throw PackRefusal(.badRequest, "bad_request", failure.description)
    } catch {
      throw PackRefusal(.internalError, "internal", "\(error)")
    }
  }

  private static func path(_ reader: JSONReader) throws -> HostPath { HostPath(try reader.string()) }

  private static func output(_ reader: JSONReader) throws -> Output {
    let layer = try reader.required("layer")
    guard let known = LayerRole(rawValue: try layer.string()) else { throw layer.failure("unknown layer") }
    return Output(
      path: try path(reader.required("path")), destination: try reader.required("destination").rootPath(), layer: known)
  }

  /// `run.ports` of unik.yaml: the number of the first one.
  var declaredPort: Int? {
    guard let first = config?["run"]?["ports"]?.array?.first else { return nil }
    if let number = first.integer { return Int(exactly: number) }
    return first.string.flatMap { $0.split(separator: "/").first }.flatMap { Int($0) }
  }
}

/// Why a pack cannot answer, in the words and with the exit code of the protocol.
struct PackRefusal: Error {
  var exit: PackExit
  var code: String
  var message: String
  var hint: String?
  var location: SourceLocation?
  var candidates: [ProgramCandidate] = []

  init(
    _ exit: PackExit, _ code: String, _ message: String, hint: String? = nil, at location: SourceLocation? = nil,
    candidates: [ProgramCandidate] = []
  ) {
    self.exit = exit
    self.code = code
    self.message = message
    self.hint = hint
    self.location = location
    self.candidates = candidates
  }

  static func phaseUnknown(_ request: PackRequest) -> PackRefusal {
    PackRefusal(.badRequest, "bad_request", "this pack has no phase \(request.phase.rawValue)")
  }

  static func otherPlatform(_ pack: String, _ platform: Platform) -> PackRefusal {
    PackRefusal(
      .projectError, "platform_unsupported",
      "the pack \(pack) takes runtime and libraries from this host, which is \(Platform.host): it cannot build for \(platform)",
      hint:
        "run the same build on a machine of that architecture; Go programs without cgo can be built here, and what a "
        + "build.command of unik.yaml leaves as a static program")
  }

  /// Several programs, and nothing in the project says which one.
  static func severalPrograms(_ language: String, _ candidates: [ProgramCandidate]) -> PackRefusal {
    let lines = candidates.map { "  \($0.app)" + ($0.reasons.isEmpty ? "" : ": \($0.reasons.joined(separator: "; "))") }
    return PackRefusal(
      .projectError, PackErrorCode.severalPrograms,
      "the project holds several \(language) programs, and nothing says which one:\n" + lines.joined(separator: "\n"),
      hint: "give --app \(candidates[0].app), or write `options: {app: \"\(candidates[0].app)\"}` in unik.yaml",
      candidates: candidates)
  }

  var json: JSONValue {
    JSONValue(compact: [
      "code": .string(code), "message": .string(message), "hint": hint.map(JSONValue.string),
      "location": location?.json, "retryable": .bool(exit == .tryAgain),
      "candidates": candidates.isEmpty ? nil : .array(candidates.map(\.json)),
    ])
  }
}
