internal import PackCore

/// What a pack is told: the document on its standard input, and its environment.
struct CallRequest {
  let pack: Pack
  let phase: PackPhase
  let project: PackProject
  let timeLimit: Double
  /// Further fields.
  var extra: [String: JSONValue] = [:]
  /// What the plan's steps left; told in the phase `facts` alone.
  var outputs: [PackOutput] = []

  /// No meaning but to tell one call from another.
  static func newID() -> String {
    let digits = String(UInt64.random(in: 0 ... .max), radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// Every file and link of the project that is not ignored, in the order of bytes; nil when the pack does not ask for them.
  private func files() throws -> JSONValue? {
    guard pack.manifest.wantsFiles else { return nil }
    return .array(
      try project.tree.files(limit: Self.fileLimit).map { path in
        path.utf8.map(JSONValue.string) ?? ["base64": .string(Base64.encode(path.bytes))]
      })
  }
  private static let fileLimit = 100_000

  func document(id: String, _ paths: CallPaths) throws -> [String: JSONValue] {
    var about: [String: JSONValue] = ["root": ".", "config": project.config ?? .null]
    about["files"] = try files()
    let request: [String: JSONValue] = [
      "protocol": .string(PackProtocol.version), "request_id": .string(id), "phase": .string(phase.rawValue),
      "project": .object(about),
      "mode": .string(project.mode.rawValue),
      "target": [
        "os": .string(project.platform.os), "arch": .string(project.platform.architecture.rawValue), "libc": "glibc",
      ],
      "io": [
        "response": Self.path(paths.response), "work_dir": Self.path(paths.work), "cache_dir": Self.path(paths.cache),
        "events_fd": .integer(Int64(PackProtocol.eventsDescriptor)),
      ],
      "source_date_epoch": .integer(project.sourceDateEpoch),
      "limits": ["deadline_ms": .integer(Int64(timeLimit * 1000))],
      "network": .bool(pack.manifest.needsNetwork), "options": project.options,
      "app": project.app.map(JSONValue.string) ?? .null,
    ]
    let told: [String: JSONValue] = phase == .facts ? ["outputs": .array(outputs(paths))] : [:]
    return request.merging(told) { _, more in more }.merging(extra) { _, more in more }
  }

  private func outputs(_ paths: CallPaths) -> [JSONValue] {
    outputs.enumerated().map { index, output in
      [
        "path": Self.path(paths.outputs.map { $0 / HostPath(String(index)) } ?? output.path),
        "destination": JSONValue(output.destination), "layer": .string(output.layer.rawValue),
      ]
    }
  }

  /// A path is a string, or `{"base64": …}` when it is not UTF-8.
  static func path(_ path: HostPath) -> JSONValue {
    path.utf8.map(JSONValue.string) ?? ["base64": .string(Base64.encode(path.bytes))]
  }

  /// Empty, then what every pack gets, then what its manifest asks for.
  func environment(_ context: HostContext, _ paths: CallPaths) -> [String: String] {
    var environment = [
      "PATH": context.searchPath.map(\.description).joined(separator: ":"), "HOME": paths.home.description,
      "TMPDIR": paths.temporary.description, "LANG": "C.UTF-8", "TZ": "UTC",
      "SOURCE_DATE_EPOCH": String(project.sourceDateEpoch),
    ]
    if let libexec = paths.libexec { environment["PACKC_LIBEXEC"] = libexec.description }
    for name in pack.manifest.environmentPassthrough { environment[name] = context.environment[name] }
    return environment
  }
}
