public import OCI
public import PackCore

/// What a look at every byte of an image found.
public struct Verification: Sendable {
  public enum Severity: String, Sendable { case error, warning }

  /// One thing that is wrong, or odd.
  public struct Finding: Hashable, Sendable {
    public let severity: Severity
    /// Of the failure, or `case_collision`, `set_user_id`, `device_nodes`, `absolute_names`.
    public let code: String
    /// `layer 0123456789ab`.
    public let place: String
    public let message: String
  }

  /// Where the image came from.
  public let name: String
  /// Of what the reference names.
  public let root: BlobDescriptor
  public internal(set) var findings: [Finding] = []
  public internal(set) var manifests = 0
  public internal(set) var blobs = 0
  public internal(set) var layers = 0
  public internal(set) var entries = 0
  /// Bytes of all blobs.
  public internal(set) var bytes: Int64 = 0

  init(name: String, root: BlobDescriptor) {
    self.name = name
    self.root = root
  }

  public var errors: [Finding] { findings.filter { $0.severity == .error } }
  public var warnings: [Finding] { findings.filter { $0.severity == .warning } }

  /// The first error, with everything that was found in its details; nil when the image is what it says.
  public var failure: Failure? {
    guard let first = errors.first else { return nil }
    let more = errors.count - 1
    var message = first.message.contains(first.place) ? first.message : "\(first.place): \(first.message)"
    if more > 0 { message += " (and \(more) more; --json lists all)" }
    return Failure(
      first.code, message, hint: "do not use it; build or fetch it again, or ask whoever made it", exit: .badInput,
      details: json.object ?? [:])
  }

  public var json: JSONValue {
    [
      "image": .string(name), "digest": JSONValue(root.digest), "ok": .bool(errors.isEmpty),
      "manifests": .integer(Int64(manifests)), "blobs": .integer(Int64(blobs)), "layers": .integer(Int64(layers)),
      "entries": .integer(Int64(entries)), "bytes": .integer(bytes),
      "findings": .array(
        findings.map {
          [
            "severity": .string($0.severity.rawValue), "code": .string($0.code), "place": .string($0.place),
            "message": .string($0.message),
          ]
        }),
    ]
  }

  /// For people: warnings, then what was looked at.
  public var text: String {
    warnings.map { TerminalText.safe("warning: \($0.place): \($0.message)") + "\n" }.joined()
      + "\(root.digest) is what it says: \(manifests) manifest\(manifests == 1 ? "" : "s"), \(layers) "
      + "layer\(layers == 1 ? "" : "s"), \(entries) entries, \(ByteText.text(bytes))\n"
  }
}
