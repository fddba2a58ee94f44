public import PackCore

/// The document that a pack leaves at `io.response`, read strictly.
public struct PackResponse: Sendable {
  public struct Problem: Sendable {
    public var code: String
    public var message: String
    public var hint: String?
    public var location: SourceLocation?
    public var retryable: Bool
    /// The programs to choose among, with `several_programs`.
    public var candidates: [ProgramCandidate]
  }
  public struct Diagnostic: Sendable {
    public var isWarning: Bool
    public var message: String
    public var hint: String?
  }
  public var requestID: String
  public var status: PackStatus
  /// The whole document; `result` below it is for the phase to read.
  let document: JSONReader
  public var problem: Problem?
  public var diagnostics: [Diagnostic]

  init(_ reader: JSONReader) throws {
    document = reader
    let version = try reader.required("protocol")
    guard PackProtocol.speaks(try version.string()) else { throw version.failure("not a version that was asked for") }
    requestID = try reader.required("request_id").string()
    let status = try reader.required("status")
    guard let known = PackStatus(rawValue: try status.string()) else {
      throw status.failure("expected ok, not_applicable or error")
    }
    self.status = known
    for name in try reader.optional("requires")?.strings() ?? [] where !PackProtocol.features.contains(name) {
      throw reader.failure("requires: this packc does not know \"\(name)\"")
    }
    problem = try reader.optional("error").map(Problem.init)
    guard (problem != nil) == (known == .error) else {
      throw reader.failure("status is \(known.rawValue), and error is \(problem == nil ? "missing" : "there")")
    }
    if known == .ok { _ = try reader.required("result") }
    diagnostics = try reader.optional("diagnostics")?.array().map(Diagnostic.init) ?? []
  }
}

extension PackResponse.Problem {
  init(_ reader: JSONReader) throws {
    let code = try reader.required("code")
    self.code = try code.string()
    guard !self.code.isEmpty,
      self.code.utf8.allSatisfy({ (0x61...0x7a).contains($0) || $0 == 0x5f || (0x30...0x39).contains($0) })
    else { throw code.failure("expected lower-case letters, digits and underscores") }
    message = try reader.required("message").string()
    hint = try reader.optional("hint")?.string()
    location = try reader.optional("location").map(SourceLocation.init)
    retryable = try reader.optional("retryable")?.bool() ?? false
    candidates = try reader.optional("candidates")?.array().map(ProgramCandidate.init) ?? []
  }
}

extension PackResponse.Diagnostic {
  init(_ reader: JSONReader) throws {
    let level = try reader.required("level")
    switch try level.string() {
    case "warning": isWarning = true
    case "note": isWarning = false
    default: throw level.failure("expected warning or note")
    }
    message = try reader.required("message").string()
    hint = try reader.optional("hint")?.string()
  }
}

extension SourceLocation {
  init(_ reader: JSONReader) throws {
    self.init(
      path: try reader.required("path").string(),
      line: try reader.optional("line").map { Int(try $0.integer(in: 1...1_000_000_000)) },
      column: try reader.optional("column").map { Int(try $0.integer(in: 1...1_000_000_000)) })
  }
}
