/// What a pack says of a project's source: environment names that it reads, routes that it answers, hosts that it calls
/// (pack protocol v1, phase `facts`). A claim, so at most observed.
public struct SourceFact: Sendable {
  public struct Place: Hashable, Sendable {
    public var path: RootPath
    public var line: Int?
    public init(path: RootPath, line: Int? = nil) {
      self.path = path
      self.line = line
    }
  }
  /// Lower-case words with dashes: `env-vars`, `routes`, `egress`.
  public var kind: String
  public var values: [String]
  public var closed: ContractFact.Closure
  public var level: ContractFact.Level
  /// How it was found, in a few words.
  public var method: String
  public var evidence: [Place]
  public var caveats: [String]

  public init(
    kind: String, values: [String], closed: ContractFact.Closure = .unknown, level: ContractFact.Level = .observed,
    method: String, evidence: [Place] = [], caveats: [String] = []
  ) {
    self.kind = kind
    self.values = values
    self.closed = closed
    self.level = level
    self.method = method
    self.evidence = evidence
    self.caveats = caveats
  }

  /// As `json` wrote it.
  /// - Throws: `bad_json`.
  public init(_ reader: JSONReader) throws {
    let level = try reader.required("level")
    guard let known = ContractFact.Level(rawValue: try level.string()) else {
      throw level.failure("no level of a fact")
    }
    self.init(
      kind: try reader.required("kind").string(), values: try reader.required("values").strings(),
      closed: try ContractFact.Closure(reader.required("closed")), level: known,
      method: try reader.required("method").string(),
      evidence: try reader.required("evidence").array().map {
        Place(
          path: try $0.required("path").rootPath(),
          line: try $0.optional("line").map { Int(try $0.integer(in: 1...1_000_000_000)) })
      }, caveats: try reader.required("caveats").strings())
  }

  public var json: JSONValue {
    JSONValue(compact: [
      "kind": .string(kind), "values": JSONValue(strings: values), "closed": closed.json,
      "level": .string(level.rawValue), "method": .string(method),
      "evidence": .array(
        evidence.map {
          JSONValue(compact: ["path": JSONValue($0.path), "line": $0.line.map { .integer(Int64($0)) }])
        }),
      "caveats": JSONValue(strings: caveats),
    ])
  }
}

/// A package that a program is made of, as a pack knows it (phase `sbom`).
public struct SoftwareComponent: Hashable, Sendable {
  public var name: String
  public var version: String
  /// `pkg:pypi/flask@3.0.0` (https://github.com/package-url/purl-spec).
  public var purl: String
  /// Hexadecimal digests of the distributed archive by CycloneDX's names of the algorithms: `SHA-256`.
  public var hashes: [String: String]
  /// Files of the project that say so.
  public var evidence: [RootPath]

  public static let algorithms: [String: Int] = ["MD5": 32, "SHA-1": 40, "SHA-256": 64, "SHA-384": 96, "SHA-512": 128]

  public init(name: String, version: String, purl: String, hashes: [String: String] = [:], evidence: [RootPath] = []) {
    self.name = name
    self.version = version
    self.purl = purl
    self.hashes = hashes
    self.evidence = evidence
  }

  public var json: JSONValue {
    [
      "name": .string(name), "version": .string(version), "purl": .string(purl), "hashes": JSONValue(strings: hashes),
      "evidence": .array(evidence.map { JSONValue($0) }),
    ]
  }
}
