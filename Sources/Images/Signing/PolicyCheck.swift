public import OCI
public import PackCore

/// Judges an image that is whole by what a person wants of it.
public struct PolicyCheck: Sendable {
  public struct Policy: Sendable {
    public var signers: [SignatureCheck.Signer]
    /// How many of them must have signed.
    public var needed: Int
    public init(signers: [SignatureCheck.Signer], needed: Int) {
      self.signers = signers
      self.needed = needed
    }
  }

  public let signatures: SignatureCheck
  private let policy: Policy

  /// - Parameter found: what a look at every byte has said; the digest that was looked at is the one that is judged.
  public init(
    _ policy: Policy, _ source: any ImageSource, _ found: Verification, platform: ImagePlatform? = nil
  ) throws {
    self.policy = policy
    var digest = found.root.digest
    if let platform {
      let root = try source.document(found.root)
      digest = try PlatformChoice.manifest(of: root, in: source, platform: platform).descriptor.digest
    }
    signatures = try SignatureCheck(source, digest: digest, signers: policy.signers)
  }

  public var failure: Failure? { signatures.failure(needed: policy.needed, of: policy.signers) }

  /// The answer of `image verify` with what was judged.
  public func json(_ verification: JSONValue) -> JSONValue {
    var object = verification.object ?? [:]
    object["signatures"] = signatures.json
    object["signers"] = JSONValue(strings: signatures.signers)
    return .object(object)
  }

  public var text: String { signatures.text }
}
