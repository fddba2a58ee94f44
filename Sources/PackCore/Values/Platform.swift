/// Operating system and architecture by Go's names, as the OCI image spec wants them (config.md): `linux/amd64`.
public struct Platform: Hashable, Sendable, CustomStringConvertible {
  public enum Architecture: String, Sendable, CaseIterable {
    case amd64, arm64
  }

  public let os: String
  public let architecture: Architecture

  public init(os: String = "linux", architecture: Architecture) {
    self.os = os
    self.architecture = architecture
  }

  /// Nil unless `linux/amd64` or `linux/arm64`.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0] == "linux", let architecture = Architecture(rawValue: String(parts[1])) else {
      return nil
    }
    self.init(architecture: architecture)
  }

  public var description: String { "\(os)/\(architecture.rawValue)" }

  /// The machine packc itself was built for.
  public static var host: Platform {
    #if arch(arm64)
      Platform(architecture: .arm64)
    #else
      Platform(architecture: .amd64)
    #endif
  }
}
