public import PackCore

/// An image configuration (OCI image spec, config.md).
public struct ImageConfig: Hashable, Sendable {
  /// What made a layer, for `podman history`.
  public struct History: Hashable, Sendable {
    public var created: String?
    public var createdBy: String?
    public var isEmptyLayer: Bool

    public init(created: String? = nil, createdBy: String? = nil, isEmptyLayer: Bool = false) {
      self.created = created
      self.createdBy = createdBy
      self.isEmptyLayer = isEmptyLayer
    }
  }

  /// RFC 3339.
  public var created: String?
  public var platform: ImagePlatform
  public var user: String?
  /// `8080/tcp`, sorted.
  public var exposedPorts: [String]
  /// `NAME=value`.
  public var environment: [String]
  public var entrypoint: [String]
  public var arguments: [String]
  public var workingDirectory: String?
  public var labels: [String: String]
  public var stopSignal: String?
  /// Of the layers' tar archives, the lowest first.
  public var diffIDs: [Digest]
  public var history: [History]

  public init(
    platform: ImagePlatform, diffIDs: [Digest], created: String? = nil, user: String? = nil,
    exposedPorts: [String] = [], environment: [String] = [], entrypoint: [String] = [], arguments: [String] = [],
    workingDirectory: String? = nil, labels: [String: String] = [:], stopSignal: String? = nil, history: [History] = []
  ) {
    self.platform = platform
    self.diffIDs = diffIDs
    self.created = created
    self.user = user
    self.exposedPorts = exposedPorts
    self.environment = environment
    self.entrypoint = entrypoint
    self.arguments = arguments
    self.workingDirectory = workingDirectory
    self.labels = labels
    self.stopSignal = stopSignal
    self.history = history
  }
}

extension ImageConfig {
  public init(_ reader: JSONReader) throws {
    try reader.refuseOtherSpellings(of: ["created", "config", "rootfs", "history"])
    let rootfs = try reader.required("rootfs")
    try rootfs.refuseOtherSpellings(of: ["type", "diff_ids"])
    let type = try rootfs.required("type")
    guard try type.string() == "layers" else { throw type.failure("expected \"layers\"") }
    self.init(
      platform: try ImagePlatform(reader), diffIDs: try rootfs.required("diff_ids").array().map { try $0.digest() },
      created: try reader.optional("created")?.string(),
      history: try reader.optional("history")?.array().map(History.init) ?? [])
    guard let config = try reader.optional("config") else { return }
    try config.refuseOtherSpellings(of: [
      "User", "ExposedPorts", "Env", "Entrypoint", "Cmd", "WorkingDir", "Labels", "StopSignal",
    ])
    user = try config.optional("User")?.string()
    if let ports = try config.optional("ExposedPorts") {
      guard let object = ports.value.object else { throw ports.failure("expected an object") }
      exposedPorts = object.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
    environment = try config.optional("Env")?.strings() ?? []
    entrypoint = try config.optional("Entrypoint")?.strings() ?? []
    arguments = try config.optional("Cmd")?.strings() ?? []
    workingDirectory = try config.optional("WorkingDir")?.string()
    labels = try config.optional("Labels")?.stringMap() ?? [:]
    stopSignal = try config.optional("StopSignal")?.string()
  }

  public var json: JSONValue {
    let ports = Dictionary(exposedPorts.map { ($0, JSONValue.object([:])) }, uniquingKeysWith: { first, _ in first })
    let config = JSONValue(compact: [
      "User": user.map(JSONValue.string), "ExposedPorts": ports.isEmpty ? nil : .object(ports),
      "Env": environment.isEmpty ? nil : JSONValue(strings: environment),
      "Entrypoint": entrypoint.isEmpty ? nil : JSONValue(strings: entrypoint),
      "Cmd": arguments.isEmpty ? nil : JSONValue(strings: arguments),
      "WorkingDir": workingDirectory.map(JSONValue.string), "Labels": labels.isEmpty ? nil : JSONValue(strings: labels),
      "StopSignal": stopSignal.map(JSONValue.string),
    ])
    return JSONValue(compact: [
      "created": created.map(JSONValue.string), "os": .string(platform.os),
      "architecture": .string(platform.architecture), "config": config,
      "rootfs": ["type": "layers", "diff_ids": .array(diffIDs.map { JSONValue($0) })],
      "history": history.isEmpty ? nil : .array(history.map(\.json)),
    ])
  }
}

extension ImageConfig.History {
  init(_ reader: JSONReader) throws {
    self.init(
      created: try reader.optional("created")?.string(), createdBy: try reader.optional("created_by")?.string(),
      isEmptyLayer: try reader.optional("empty_layer")?.bool() ?? false)
  }

  var json: JSONValue {
    JSONValue(compact: [
      "created": created.map(JSONValue.string), "created_by": createdBy.map(JSONValue.string),
      "empty_layer": isEmptyLayer ? true : nil,
    ])
  }
}
