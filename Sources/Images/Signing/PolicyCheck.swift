public import Contract
public import OCI
public import PackCore

/// Judges an image that is whole by what a person wants of it.
public struct PolicyCheck: Sendable {
  public struct Policy: Sendable {
    public var signers: [SignatureCheck.Signer]
    /// How many of them must have signed.
    public var needed: Int
    /// What the image's contract has to say.
    public var facts: [FactDemand]
    /// What the contract is compared with, and the worst verdict that will do.
    public var baseline: (document: ContractDocument, atMost: Verdict)?

    public init(
      signers: [SignatureCheck.Signer], needed: Int, facts: [FactDemand] = [],
      baseline: (document: ContractDocument, atMost: Verdict)? = nil
    ) {
      self.signers = signers
      self.needed = needed
      self.facts = facts
      self.baseline = baseline
    }
  }

  public let signatures: SignatureCheck
  /// What the contract lacks, in the policy's order.
  public let problems: [String]
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
    problems = try Self.problems(policy, source, platform)
  }

  /// The contract is the one that the image itself names, so that who signed the image signed it, too.
  private static func problems(
    _ policy: Policy, _ source: any ImageSource, _ platform: ImagePlatform?
  ) throws -> [String] {
    guard !policy.facts.isEmpty || policy.baseline != nil else { return [] }
    let document = try ContractSource.document(of: SingleImage.open(source, platform: platform))
    var problems = policy.facts.compactMap { $0.problem(in: document) }
    if let (before, limit) = policy.baseline {
      let comparison = ContractComparison(before: before, after: document)
      if comparison.verdict > limit {
        let first = comparison.changes.first.map { ": \($0.id) \($0.what) \($0.values.joined(separator: ", "))" } ?? ""
        problems.append("the verdict is \(comparison.verdict.rawValue), not \(limit.rawValue) or better\(first)")
      }
    }
    return problems
  }

  public var failure: Failure? {
    if let failure = signatures.failure(needed: policy.needed, of: policy.signers) { return failure }
    guard let first = problems.first else { return nil }
    let more = problems.count > 1 ? " (and \(problems.count - 1) more; --json lists all)" : ""
    return Failure(
      "policy_failed", "\(signatures.digest) is not what the policy wants: \(first)\(more)",
      hint: "do not use it; `packc proofs show IMAGE` shows what is known of it", exit: .gateFailed,
      details: ["digest": JSONValue(signatures.digest), "problems": JSONValue(strings: problems)])
  }

  /// The answer of `image verify` with what was judged.
  public func json(_ verification: JSONValue) -> JSONValue {
    var object = verification.object ?? [:]
    object["signatures"] = signatures.json
    object["signers"] = JSONValue(strings: signatures.signers)
    return .object(object)
  }

  public var text: String { signatures.text }
}
