public import PackCore

/// What an image is to be, apart from its layers. Nothing that comes from a directory's name or the host belongs here:
/// everything of it is hashed.
public struct ImageDescription: Hashable, Sendable {
  public var platform: ImagePlatform
  /// The program, absolute, and its arguments.
  public var entrypoint: [String]
  /// Arguments that a user may replace (`Cmd`).
  public var arguments: [String]
  public var environment: [String: String]
  /// `UID:GID`, or names that the image's own /etc/passwd has.
  public var user: String
  /// Absolute.
  public var workingDirectory: String
  /// `8080/tcp`.
  public var exposedPorts: Set<String>
  public var labels: [String: String]
  /// Of the manifest.
  public var annotations: [String: String]
  /// `SIGTERM` and its like; nil for the engine's default.
  public var stopSignal: String?
  /// SOURCE_DATE_EPOCH: seconds since 1970.
  public var epoch: Int64
  /// What each layer is, for the history; nil for the layers' roles.
  public var titles: [String]?

  public init(
    platform: Platform, entrypoint: [String], arguments: [String] = [], environment: [String: String] = [:],
    user: String = "65532:65532", workingDirectory: String = "/", exposedPorts: Set<String> = [],
    labels: [String: String] = [:], annotations: [String: String] = [:], stopSignal: String? = nil, epoch: Int64 = 0,
    titles: [String]? = nil
  ) {
    self.platform = ImagePlatform(platform)
    self.entrypoint = entrypoint
    self.arguments = arguments
    self.environment = environment
    self.user = user
    self.workingDirectory = workingDirectory
    self.exposedPorts = exposedPorts
    self.labels = labels
    self.annotations = annotations
    self.stopSignal = stopSignal
    self.epoch = epoch
    self.titles = titles
  }

  /// The config for these layers.
  /// - Throws: `Failure` naming the field that no image may have so.
  func config(layers: [Layer]) throws -> ImageConfig {
    try check()
    guard let created = Timestamp.rfc3339(epoch) else { throw OCIFailure.negativeEpoch(epoch) }
    return ImageConfig(
      platform: platform, diffIDs: layers.map(\.diffID), created: created, user: user,
      exposedPorts: exposedPorts.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) },
      environment: environment.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        .map { "\($0.key)=\($0.value)" },
      entrypoint: entrypoint, arguments: arguments, workingDirectory: workingDirectory, labels: labels,
      stopSignal: stopSignal,
      history: (titles ?? layers.map(\.role.rawValue)).map { .init(created: created, createdBy: "packc build: \($0)") })
  }

  private func check() throws {
    // What is no Linux has no program, but a command line.
    guard platform.os != "linux" || entrypoint.first?.hasPrefix("/") == true else {
      throw OCIFailure.description("entrypoint", "must begin with the absolute path of a program")
    }
    guard workingDirectory.hasPrefix("/") else {
      throw OCIFailure.description("working directory", "\"\(workingDirectory)\" is not absolute")
    }
    guard !user.isEmpty else { throw OCIFailure.description("user", "is empty", hint: "use 65532:65532") }
    for port in exposedPorts where !Self.isPort(port) {
      throw OCIFailure.description("port \"\(port)\"", "is not NUMBER/tcp, NUMBER/udp or NUMBER/sctp")
    }
    for name in environment.keys where name.isEmpty || name.utf8.contains(UInt8(ascii: "=")) {
      throw OCIFailure.description("environment", "has a variable with the impossible name \"\(name)\"")
    }
    for (what, map) in [("labels", labels), ("annotations", annotations)] where map.keys.contains("") {
      throw OCIFailure.description(what, "have one without a name")
    }
    let texts = entrypoint + arguments + [user, workingDirectory] + environment.flatMap { [$0.key, $0.value] }
    guard !texts.contains(where: { $0.utf8.contains(0) }) else {
      throw OCIFailure.description("configuration", "has a text with a NUL byte in it")
    }
  }

  private static func isPort(_ text: String) -> Bool {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let number = UInt16(parts[0]), number > 0, String(number) == parts[0] else { return false }
    return ["tcp", "udp", "sctp"].contains(parts[1])
  }
}
