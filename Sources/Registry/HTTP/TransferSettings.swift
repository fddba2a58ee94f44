internal import PackCore

/// How long a request waits for what. Seconds.
public struct TransferTimeouts: Sendable {
  /// Name, connection and TLS.
  public var connect = 30.0
  /// So long a transfer may go on with less than `slowBytes` in all: the defence against a peer that drips.
  public var stall = 30.0
  public var slowBytes: Int64 = 3_000
  /// For the first byte of an answer.
  public var answer = 120.0
  /// For the answer to an upload whose bytes are all sent: a registry reads them once more then.
  public var commit = 900.0
  /// For a whole answer that is kept in memory.
  public var document = 300.0

  public init() {}

  /// All of them no longer than `seconds`, for people with little patience, and tests.
  public func limited(to seconds: Double) -> TransferTimeouts {
    var limited = self
    limited.connect = min(connect, seconds)
    limited.stall = min(stall, seconds)
    limited.answer = min(answer, seconds)
    limited.commit = min(commit, seconds)
    limited.document = min(document, seconds * 2)
    return limited
  }
}

/// What is known of the peers that a client speaks to.
struct TransferTrust: Sendable {
  /// PEM files of authorities beside the system's; nil when there are none.
  var authorities: [UInt8]?
  /// A file and a directory in place of the system's (SSL_CERT_FILE, SSL_CERT_DIR).
  var systemFile: String?
  var systemDirectory: String?
  /// The client's own certificate and its key, PEM.
  var clientCertificate: HostPath?
  var clientKey: HostPath?
}
