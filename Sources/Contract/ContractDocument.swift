public import ELF
public import PackCore

/// Everything that is known of an image, each fact with its level, closure and evidence; `.packc/contract.json`.
///
///     {"schema": 1, "subject": "sha256:…", "mode": "release", "facts": […]}
///
/// The subject is the digest of the root filesystem: of the list of its layers' diffIDs, lowest first. It names neither
/// an image nor a manifest, so that the image may carry the document's digest without a cycle.
public struct ContractDocument: Sendable {
  public let subject: Digest
  public let mode: BuildMode
  /// Sorted by id.
  public let facts: [ContractFact]

  /// What the document is made of.
  public struct Input: Sendable {
    public var root: RootFilesystem
    public var diffIDs: [Digest]
    /// The ELF files of `root` as they lie in the image.
    public var elf: ELFInventory
    /// Of the project's own outputs: digest before and after strip, by path in the image.
    public var stripped: [RootPath: (before: Digest, after: Digest)]
    public var user: UInt32
    /// What the program may write besides /tmp.
    public var writable: [RootPath]
    public var ports: [String]
    public var mode: BuildMode
    public var declared: ContractDeclaration?

    public init(
      root: RootFilesystem, diffIDs: [Digest], elf: ELFInventory,
      stripped: [RootPath: (before: Digest, after: Digest)], user: UInt32, writable: [RootPath], ports: [String],
      mode: BuildMode, declared: ContractDeclaration?
    ) {
      self.root = root
      self.diffIDs = diffIDs
      self.elf = elf
      self.stripped = stripped
      self.user = user
      self.writable = writable
      self.ports = ports
      self.mode = mode
      self.declared = declared
    }
  }

  public init(_ input: Input) throws {
    subject = Digest(of: JSONValue(strings: input.diffIDs.map(\.description)))
    mode = input.mode
    let facts =
      RootFilesystemFacts(input, subject).facts + (try ELFFacts(input, subject).facts)
      + DeclaredFacts(input, subject).facts
    self.facts = facts.sorted { $0.id.utf8.lexicographicallyPrecedes($1.id.utf8) }
  }

  public var json: JSONValue {
    [
      "schema": 1, "subject": JSONValue(subject), "mode": .string(mode.rawValue), "facts": .array(facts.map(\.json)),
    ]
  }

  /// Of the canonical form.
  public var digest: Digest { Digest(of: json) }

  /// The summary that travels with the image: every enumeration with its closure beside it.
  ///
  ///     dev.packc.contract.digest           sha256:…
  ///     dev.packc.contract.shells           (values, separated by commas)
  ///     dev.packc.contract.shells.closed    true | false | unknown
  ///     dev.packc.contract.shells.level     proven | observed | declared
  public var labels: [String: String] {
    var labels = [
      "dev.packc.contract.digest": digest.description, "dev.packc.contract.subject": subject.description,
    ]
    for fact in facts where Self.summarized.contains(fact.id) {
      let name = "dev.packc.contract." + fact.id.split(separator: ".").joined(separator: "-")
      labels[name] = fact.values.joined(separator: ",")
      labels[name + ".closed"] = fact.closed.rawValue
      labels[name + ".level"] = fact.level.rawValue
    }
    return labels
  }

  /// The facts short enough for a label.
  private static let summarized: Set<String> = [
    "rootfs.shells", "rootfs.package-managers", "rootfs.setuid", "rootfs.world-writable", "rootfs.writable-paths",
    "rootfs.user", "elf.interpreters", "elf.not-pie", "elf.writable-executable", "elf.executable-stack",
    "declared.egress", "declared.env-required", "declared.env-optional", "declared.properties",
  ]
}

/// How a contract compares with the last one. There is nothing to compare with yet.
public enum Verdict {
  /// No baseline.
  public static let none = "none"
}

extension ContractFact {
  /// Names packc as the tool that found it.
  static func packc(
    _ id: String, kind: String, _ values: [String], closed: Closure, level: Level = .proven, subject: [Digest],
    method: String, evidence: [Evidence] = [], caveats: [String] = []
  ) -> ContractFact {
    ContractFact(
      id: id, kind: kind, values: values, closed: closed, level: level, subject: subject, method: method,
      tool: (name: "packc", version: PackcVersion.current), evidence: evidence, caveats: caveats)
  }
}
