public import PackCore

/// One program of a project that holds several.
public struct ProgramCandidate: Sendable {
  /// What `--app` and `options.app` take.
  public var app: String
  public var reasons: [String]

  public init(app: String, reasons: [String]) {
    self.app = app
    self.reasons = reasons
  }

  init(_ reader: JSONReader) throws {
    app = try reader.required("app").string()
    reasons = try reader.optional("reasons")?.strings() ?? []
  }

  public var json: JSONValue { ["app": .string(app), "reasons": JSONValue(strings: reasons)] }
}

/// A file of the project, and the rule by which it speaks for a pack.
public struct DetectReason: Sendable {
  public var path: String
  public var rule: String

  public init(path: String, rule: String) {
    self.path = path
    self.rule = rule
  }

  init(_ reader: JSONReader) throws {
    path = try reader.required("path").string()
    rule = try reader.required("rule").string()
  }

  public var json: JSONValue { ["path": .string(path), "rule": .string(rule)] }
  public var text: String { path.isEmpty ? rule : "\(path): \(rule)" }
}

/// What a language is in a project. Only a program is chosen without being asked for by name.
public enum DetectRole: String, Sendable, CaseIterable {
  /// The project is a program of this language.
  case program
  /// The language's own project, without a program in it that could be started.
  case library
  /// The language serves a program of another one: the assets of its pages, its documentation, its tools.
  case supporting
}

/// What a pack says of a project in phase `detect`.
public struct DetectResult: Sendable {
  /// 1–100.
  public var confidence: Int
  public var role: DetectRole
  public var reasons: [DetectReason]
  /// Empty, or two and more.
  public var candidates: [ProgramCandidate]

  init(_ reader: JSONReader) throws {
    confidence = Int(try reader.required("confidence").integer(in: 0...100))
    role =
      try reader.optional("role").map { role in
        guard let known = DetectRole(rawValue: try role.string()) else {
          throw role.failure("expected \(DetectRole.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return known
      } ?? .program
    reasons = try reader.optional("reasons")?.array().map(DetectReason.init) ?? []
    candidates = try reader.optional("candidates")?.array().map(ProgramCandidate.init) ?? []
  }
}

/// What became of one pack in the detection.
public struct PackVerdict: Sendable {
  public enum Outcome: Sendable {
    /// Its static rules found nothing: it was not started.
    case notStarted
    /// Another pack was asked for by name.
    case notAsked
    case notApplicable
    case matches(DetectResult)
    case failed(Failure)
  }
  public let pack: Pack
  public let outcome: Outcome

  public var result: DetectResult? { if case .matches(let result) = outcome { result } else { nil } }

  public var json: JSONValue {
    var object: [String: JSONValue] = ["pack": .string(pack.name), "version": .string(pack.version)]
    switch outcome {
    case .notStarted:
      object["status"] = "not_started"
      object["looks_for"] = .string(pack.manifest.looksFor)
    case .notAsked: object["status"] = "not_asked"
    case .notApplicable: object["status"] = "not_applicable"
    case .failed(let failure):
      object["status"] = "failed"
      object["error"] = failure.json
    case .matches(let result):
      object["status"] = "matches"
      object["confidence"] = .integer(Int64(result.confidence))
      object["role"] = .string(result.role.rawValue)
      object["reasons"] = .array(result.reasons.map(\.json))
      if !result.candidates.isEmpty { object["candidates"] = .array(result.candidates.map(\.json)) }
    }
    return .object(object)
  }

  /// One line for `--explain`.
  public var text: String {
    switch outcome {
    case .notStarted: "\(pack.name): no file that it looks for (\(pack.manifest.looksFor))"
    case .notAsked: "\(pack.name): not asked, since another pack was named"
    case .notApplicable: "\(pack.name): looked and found nothing of its own"
    case .failed(let failure): "\(pack.name): failed: \(failure.message)"
    case .matches(let result):
      "\(pack.name): \(result.role == .program ? "" : "\(result.role.rawValue), ")confidence \(result.confidence) (\(result.reasons.map(\.text).joined(separator: "; ")))"
    }
  }
}
