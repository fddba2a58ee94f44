/// One thing that is known of a program: what, how surely, and from which bytes (`docs/contract.md`).
public struct ContractFact: Sendable {
  /// How the fact is known, strongest last.
  public enum Level: String, Sendable, CaseIterable {
    /// Said by the author in `unik.yaml`.
    case declared
    /// Found at a call site or in metadata; may be incomplete.
    case observed
    /// A property of bytes that packc itself read.
    case proven
  }
  /// Whether `values` is all there is.
  public enum Closure: String, Sendable {
    case closed = "true"
    case open = "false"
    case unknown

    public var json: JSONValue {
      switch self {
      case .closed: true
      case .open: false
      case .unknown: "unknown"
      }
    }
  }

  public struct Evidence: Hashable, Sendable {
    public var path: String
    public var line: Int?
    public var offset: Int64?
    public var sha256: Digest?
    public init(path: String, line: Int? = nil, offset: Int64? = nil, sha256: Digest? = nil) {
      self.path = path
      self.line = line
      self.offset = offset
      self.sha256 = sha256
    }
    var json: JSONValue {
      JSONValue(compact: [
        "path": .string(path), "line": line.map { .integer(Int64($0)) }, "offset": offset.map(JSONValue.integer),
        "sha256": sha256.map { JSONValue($0) },
      ])
    }
  }

  /// `rootfs.shells`, `elf.needed:/app/server`
  public var id: String
  /// `shells`, `elf-needed`; the kind's values mean the same in every image.
  public var kind: String
  public var values: [String]
  public var closed: Closure
  public var level: Level
  /// The digest of the root filesystem, or of the file before and after strip.
  public var subject: [Digest]
  /// How it was found, in a few words.
  public var method: String
  public var tool: (name: String, version: String)
  public var evidence: [Evidence]
  public var caveats: [String]
  public var enforcedBy: [String]

  public init(
    id: String, kind: String, values: [String], closed: Closure, level: Level, subject: [Digest], method: String,
    tool: (name: String, version: String), evidence: [Evidence] = [], caveats: [String] = [], enforcedBy: [String] = []
  ) {
    self.id = id
    self.kind = kind
    self.values = values
    self.closed = closed
    self.level = level
    self.subject = subject
    self.method = method
    self.tool = tool
    self.evidence = evidence
    self.caveats = caveats
    self.enforcedBy = enforcedBy
  }

  public var json: JSONValue {
    [
      "id": .string(id), "kind": .string(kind), "values": JSONValue(strings: values), "closed": closed.json,
      "level": .string(level.rawValue), "subject": .array(subject.map { JSONValue($0) }), "method": .string(method),
      "tool": ["name": .string(tool.name), "version": .string(tool.version)],
      "evidence": .array(evidence.map(\.json)), "caveats": JSONValue(strings: caveats),
      "enforced_by": JSONValue(strings: enforcedBy),
    ]
  }
}
