public import PackCore

/// What `packc verify` found: of which conditions the result is independent, and of which not.
public struct ReproducibilityReport: Sendable {
  /// A condition that the two builds had differently, or could not.
  public struct Condition: Hashable, Sendable {
    public let cause: DifferenceCause
    public let isVaried: Bool
    /// What each build had.
    public let first: String
    public let second: String
    /// What this host cannot vary, or only for some programs.
    public let note: String

    public init(_ cause: DifferenceCause, isVaried: Bool, first: String = "", second: String = "", note: String = "") {
      self.cause = cause
      self.isVaried = isVaried
      self.first = first
      self.second = second
      self.note = note
    }
  }

  /// One reason why builds differ.
  public struct Finding: Sendable {
    public let cause: DifferenceCause
    /// True when a build under this condition alone differed; false when builds under the same conditions differ.
    public let isProven: Bool
    /// packc's sandbox gives every step the same of it: builds of two hosts with the sandbox do not differ for it.
    public let isHeldBySandbox: Bool
    public let differences: [BuildDifference]
    /// The build under that condition failed.
    public let failure: String?
    /// What is known to be otherwise than it was for the other build.
    public let notes: [String]
    public let fix: String

    public init(
      _ cause: DifferenceCause, isProven: Bool, isHeldBySandbox: Bool, differences: [BuildDifference],
      failure: String? = nil, notes: [String] = [], fix: String
    ) {
      self.cause = cause
      self.isProven = isProven
      self.isHeldBySandbox = isHeldBySandbox
      self.differences = differences
      self.failure = failure
      self.notes = notes
      self.fix = fix
    }
  }

  public let name: String
  /// Of the image of the first build.
  public let digest: Digest?
  /// Of the image that was to be rebuilt.
  public let claimed: Digest?
  public let conditions: [Condition]
  public let findings: [Finding]
  /// Builds that were made for the answer.
  public let builds: Int
  /// What packc's sandbox holds counts, too.
  public let isStrict: Bool
  /// True when hosts agree on every byte; unless it is strict, hosts whose steps run in packc's sandbox.
  public var isIdentical: Bool { findings.allSatisfy { $0.isHeldBySandbox && !isStrict } }

  public init(
    name: String, digest: Digest?, claimed: Digest? = nil, conditions: [Condition], findings: [Finding], builds: Int,
    isStrict: Bool = false
  ) {
    self.name = name
    self.digest = digest
    self.claimed = claimed
    self.conditions = conditions
    self.findings = findings
    self.builds = builds
    self.isStrict = isStrict
  }

  /// Further differences of a finding that are listed by place only.
  static let listed = 10
}

extension ReproducibilityReport {
  /// `docs/schema/verify.schema.json`.
  public var json: JSONValue {
    JSONValue(compact: [
      "schema_version": 1, "name": .string(name), "identical": .bool(isIdentical),
      "needs_sandbox": .bool(isIdentical && !findings.isEmpty),
      "digest": digest.map { JSONValue($0) }, "claimed": claimed.map { JSONValue($0) },
      "builds": .integer(Int64(builds)), "conditions": .array(conditions.map(\.json)),
      "findings": .array(findings.map(\.json)),
    ])
  }
}

extension ReproducibilityReport.Condition {
  var json: JSONValue {
    JSONValue(compact: [
      "name": .string(cause.rawValue), "varied": .bool(isVaried), "first": first.isEmpty ? nil : .string(first),
      "second": second.isEmpty ? nil : .string(second), "note": note.isEmpty ? nil : .string(note),
    ])
  }
}

extension ReproducibilityReport.Finding {
  var json: JSONValue {
    JSONValue(compact: [
      "cause": .string(cause.rawValue), "proven": .bool(isProven), "held_by_sandbox": .bool(isHeldBySandbox),
      "failure": failure.map(JSONValue.string), "notes": notes.isEmpty ? nil : JSONValue(strings: notes),
      "fix": .string(fix),
      "count": .integer(Int64(differences.count)),
      "differences": .array(differences.prefix(1000).map(\.json)),
    ])
  }
}

extension BuildDifference {
  var json: JSONValue {
    JSONValue(compact: [
      "place": JSONValue(strings: chain), "aspect": .string(aspect.rawValue), "before": before.map(JSONValue.string),
      "after": after.map(JSONValue.string), "bytes": bytes?.json,
    ])
  }
}

extension ByteDifference {
  var json: JSONValue {
    JSONValue(compact: [
      "offset": .integer(offset), "part": part.map(JSONValue.string), "window_offset": .integer(windowOffset),
      "before": .string(Self.hex(before)), "after": .string(Self.hex(after)), "size_before": .integer(sizeBefore),
      "size_after": .integer(sizeAfter), "reordered": .bool(isReordered),
    ])
  }

  static func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
