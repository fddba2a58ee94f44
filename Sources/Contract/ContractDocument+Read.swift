public import PackCore

extension ContractDocument {
  /// A larger document is not read. Bytes.
  public static let sizeLimit = 32 << 20

  /// A document as packc wrote it: `contract.json`, or a committed `packc.contract.json`.
  /// - Parameter name: where it lies, for messages.
  /// - Throws: `bad_contract`.
  public init(parsing bytes: [UInt8], name: String) throws {
    do {
      let limits = JSONParser.Limits(bytes: Self.sizeLimit, depth: 16)
      try self.init(JSONReader(try JSONParser.parse(bytes, name: name, limits: limits)))
    } catch let failure as Failure where !failure.isInterruption {
      throw Failure(
        "bad_contract", "\(name) is no contract that packc can read: \(failure.message)",
        hint: "`packc build` writes one to .packc/contract.json", at: failure.location, exit: .badInput)
    }
  }

  init(_ reader: JSONReader) throws {
    let version = try reader.required("schema_version")
    guard try version.integer() == Int64(Self.schemaVersion) else {
      throw version.failure("this packc reads version \(Self.schemaVersion)")
    }
    let mode = try reader.required("mode")
    guard let known = BuildMode(rawValue: try mode.string()) else { throw mode.failure("no mode of a build") }
    let facts = try reader.required("facts").array().map { try ContractFact($0) }
    for (one, next) in zip(facts, facts.dropFirst()) where !one.id.utf8.lexicographicallyPrecedes(next.id.utf8) {
      throw reader.failure("the fact \(next.id) stands twice, or before its place")
    }
    self.init(subject: try reader.required("subject").digest(), mode: known, facts: facts)
  }

  // MARK: Statement

  /// Which attribute says what the document is, beside its facts.
  private static let head = "dev.packc.contract"

  /// The document as a statement about an image: each fact is an attribute of SCAI's (in-toto/attestation, predicate
  /// "SCAI"), under its id, with all that is known of it as conditions.
  public func statement(about image: Digest) -> Statement {
    let head: JSONValue = [
      "attribute": .string(Self.head),
      "conditions": [
        "schema_version": .integer(Int64(Self.schemaVersion)), "subject": JSONValue(subject),
        "mode": .string(mode.rawValue),
      ],
    ]
    let attributes = facts.map { fact in
      var conditions = fact.json.object ?? [:]
      conditions["id"] = nil
      return JSONValue.object(["attribute": .string(fact.id), "conditions": .object(conditions)])
    }
    return Statement(
      subjects: [.init(name: "", digest: image)], predicateType: Statement.Predicate.facts,
      predicate: ["attributes": .array([head] + attributes), "producer": ["name": "packc"]])
  }

  /// The document out of such a statement; nil when it is one of another tool.
  /// - Throws: `bad_contract`.
  public init?(_ statement: Statement, name: String) throws {
    guard statement.predicateType == Statement.Predicate.facts,
      let attributes = statement.predicate["attributes"]?.array,
      let head = attributes.first, head["attribute"]?.string == Self.head,
      case .object(var document)? = head["conditions"]
    else { return nil }
    document["facts"] = .array(
      attributes.dropFirst().map { attribute in
        var fact = attribute["conditions"]?.object ?? [:]
        fact["id"] = attribute["attribute"]
        return .object(fact)
      })
    do {
      try self.init(JSONReader(.object(document)))
    } catch let failure as Failure {
      throw Failure(
        "bad_contract", "\(name) holds no contract that packc can read: \(failure.message)",
        hint: "`packc image verify` says whether the image is whole", exit: .badInput)
    }
  }
}
