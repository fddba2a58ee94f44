extension ContractFact {
  /// As `json` wrote it.
  /// - Throws: `bad_json`.
  public init(_ reader: JSONReader) throws {
    let level = try reader.required("level")
    guard let known = Level(rawValue: try level.string()) else { throw level.failure("no level of a fact") }
    let tool = try reader.required("tool")
    self.init(
      id: try reader.required("id").string(), kind: try reader.required("kind").string(),
      values: try reader.required("values").strings(), closed: try Closure(reader.required("closed")), level: known,
      subject: try reader.required("subject").array().map { try $0.digest() },
      method: try reader.required("method").string(),
      tool: (try tool.required("name").string(), try tool.required("version").string()),
      evidence: try reader.required("evidence").array().map(Evidence.init),
      caveats: try reader.required("caveats").strings(), enforcedBy: try reader.required("enforced_by").strings())
  }
}

extension ContractFact.Closure {
  init(_ reader: JSONReader) throws {
    switch reader.value {
    case true: self = .closed
    case false: self = .open
    case "unknown": self = .unknown
    default: throw reader.failure("expected true, false or \"unknown\"")
    }
  }
}

extension ContractFact.Evidence {
  init(_ reader: JSONReader) throws {
    self.init(
      path: try reader.required("path").string(),
      line: try reader.optional("line").map { Int(try $0.integer(in: 1...Int64(Int32.max))) },
      offset: try reader.optional("offset")?.integer(in: 0 ... .max), sha256: try reader.optional("sha256")?.digest())
  }
}
