public import PackCore

/// What a client of registries may do and how long it waits: from the environment and from flags.
public struct RegistryOptions: Sendable {
  public var timeouts = TransferTimeouts()
  public var retries = RetryPolicy()
  /// `HOST` or `HOST:PORT` that may be spoken to without TLS; loopback always may.
  public var insecure: Set<String> = []
  /// Further authorities (PEM), beside the system's.
  public var authorities: [HostPath] = []
  /// In place of the system's authorities.
  public var systemFile: HostPath?
  public var systemDirectory: HostPath?
  /// Directories with one for each `HOST[:PORT]`: `*.crt` are authorities, `NAME.cert` and `NAME.key` the client's own.
  public var certificateDirectories: [HostPath] = ["/etc/docker/certs.d", "/etc/containers/certs.d"]
  /// Bytes of a request where a proxy does not let larger ones through.
  public var pieceSize: Int64 = 8 << 20
  /// Hears of each request: method, URL without its query, status. Never a header or a body.
  public var trace: @Sendable (String) -> Void = { _ in }
  /// Hears of what takes time and a person should know: a host that does not answer and is tried again.
  public var notice: @Sendable (String) -> Void = { _ in }

  public init() {}

  /// `SSL_CERT_FILE`, `SSL_CERT_DIR`, `PACKC_INSECURE_REGISTRIES` (separated by commas or spaces) and
  /// `PACKC_REGISTRY_TIMEOUT` (seconds).
  /// - Throws: `bad_registry`, `wrong_usage`.
  public init(_ context: HostContext) throws {
    systemFile = context.variable("SSL_CERT_FILE").map { context.workingDirectory / $0 }
    systemDirectory = context.variable("SSL_CERT_DIR").map { context.workingDirectory / $0 }
    let list = context.variable("PACKC_INSECURE_REGISTRIES") ?? ""
    for host in list.split(whereSeparator: { $0 == "," || $0 == " " }) { try allowInsecure(String(host)) }
    if let text = context.variable("PACKC_REGISTRY_TIMEOUT") {
      guard let seconds = Double(text), seconds > 0, seconds <= 86_400 else {
        throw Failure(
          "wrong_usage", "PACKC_REGISTRY_TIMEOUT=\(text): a number of seconds is expected",
          hint: "write it like 30, or unset it", exit: .usage)
      }
      timeouts = timeouts.limited(to: seconds)
    }
  }

  public mutating func allowInsecure(_ host: String) throws {
    guard let url = HTTPURL("http://\(host)"), url.path == "/", url.query == nil, !host.hasSuffix("/") else {
      throw RegistryFailure.insecureHost(host)
    }
    insecure.insert(url.hostAndPort)
  }

  /// Plain HTTP only to this machine and to what was named for it; a name without a port means any port.
  func permits(_ url: HTTPURL) -> Bool { url.scheme == .https || mayBePlain(url) }
  func mayBePlain(_ url: HTTPURL) -> Bool {
    url.isLoopback || insecure.contains(url.hostAndPort) || insecure.contains(url.host)
  }

  /// True when somebody put certificates there for this host, so that it speaks TLS.
  func hasCertificates(for name: String) -> Bool {
    !authorities.isEmpty || certificateDirectories.contains { FileSystem.isDirectory($0 / name) }
  }

  func trust(for name: String) throws -> TransferTrust {
    var trust = TransferTrust()
    trust.systemFile = systemFile?.description
    trust.systemDirectory = systemDirectory?.description
    var bundle: [UInt8] = []
    for file in authorities { bundle += try Self.certificates(file) }
    for directory in certificateDirectories.map({ $0 / name }) where FileSystem.isDirectory(directory) {
      let names = try DirectoryWalk.names(in: directory)
      for file in names.map({ directory / HostPath(bytes: $0) }) {
        if file.name.hasSuffix(".crt") { bundle += try Self.certificates(file) }
        let key = directory / (String(file.name.dropLast(5)) + ".key")
        if file.name.hasSuffix(".cert"), trust.clientCertificate == nil, FileSystem.exists(key) {
          trust.clientCertificate = file
          trust.clientKey = key
        }
      }
    }
    guard !bundle.isEmpty else { return trust }
    // libcurl takes either a file of the system's authorities or bytes, so the bytes hold both.
    if let file = systemFile ?? Self.systemBundle { bundle += try Self.certificates(file) }
    trust.authorities = bundle
    return trust
  }

  private static var systemBundle: HostPath? {
    let usual: HostPath = "/etc/ssl/certs/ca-certificates.crt"
    return FileSystem.exists(usual) ? usual : nil
  }

  private static func certificates(_ path: HostPath) throws -> [UInt8] {
    guard let bytes = try FileSystem.readIfPresent(path, limit: 8 << 20) else {
      throw RegistryFailure.authority(path, "is not there")
    }
    guard String(decoding: bytes, as: UTF8.self).contains("-----BEGIN ") else {
      throw RegistryFailure.authority(path, "holds no certificate")
    }
    return bytes + [UInt8(ascii: "\n")]
  }
}
