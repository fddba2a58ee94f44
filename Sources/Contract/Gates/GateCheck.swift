public import PackCore

/// The security gates of a release, judged by the facts of its contract. A gate passes only on a fact that is proven and
/// closed; what nobody looked at is not checked, never passed.
public struct GateCheck: Sendable {
  public enum Status: String, Sendable {
    case pass, fail, waived
    case notChecked = "not_checked"
  }

  /// What one gate found.
  public struct Result: Sendable {
    public let gate: SecurityGate
    public let status: Status
    /// What is in its way and not waived: paths, mostly.
    public let findings: [String]
    /// What was waived, why, and until when.
    public let waived: [(finding: String, waiver: Waiver)]
    /// Waivers that do not count any more.
    public let expired: [Waiver]

    public var json: JSONValue {
      [
        "gate": .string(gate.rawValue), "status": .string(status.rawValue), "findings": JSONValue(strings: findings),
        "waived": .array(
          waived.map {
            JSONValue(compact: [
              "finding": .string($0.finding), "reason": .string($0.waiver.reason),
              "until": $0.waiver.until.map { .string($0.description) },
            ])
          }),
      ]
    }
  }

  public let results: [Result]

  /// - Parameters:
  ///   - unowned: files that no component owns; nil where nobody has looked.
  ///   - waivers: of unik.yaml.
  ///   - today: in UTC; a waiver counts up to and with its last day.
  public init(_ document: ContractDocument, unowned: [RootPath]?, waivers: [Waiver], today: CalendarDate) {
    results = SecurityGate.allCases.map { gate in
      let values = gate == .ownedFiles ? unowned?.map(\.absolute) : Self.values(of: gate, in: document)
      return Self.judge(gate, values, waivers.filter { $0.gate == gate }, today)
    }
  }

  private static func values(of gate: SecurityGate, in document: ContractDocument) -> [String]? {
    guard let fact = gate.fact.flatMap({ document[$0] }), fact.level == .proven, fact.closed == .closed else {
      return nil
    }
    return gate.offending(fact.values)
  }

  private static func judge(
    _ gate: SecurityGate, _ values: [String]?, _ waivers: [Waiver], _ today: CalendarDate
  ) -> Result {
    guard let values else { return Result(gate: gate, status: .notChecked, findings: [], waived: [], expired: []) }
    let expired = waivers.filter { waiver in waiver.until.map { $0 < today } ?? false }
    let valid = waivers.filter { waiver in waiver.until.map { today <= $0 } ?? true }
    var findings: [String] = []
    var waived: [(finding: String, waiver: Waiver)] = []
    for value in values {
      let path = value.split(separator: ": ", maxSplits: 1).first.map(String.init) ?? value
      if let waiver = valid.first(where: { $0.path == nil || $0.path?.absolute == path }) {
        waived.append((value, waiver))
      } else {
        findings.append(value)
      }
    }
    let status: Status = !findings.isEmpty ? .fail : waived.isEmpty ? .pass : .waived
    return Result(gate: gate, status: status, findings: findings, waived: waived, expired: expired)
  }

  public var json: JSONValue { .array(results.map(\.json)) }

  /// Nil when none has failed.
  public var failure: Failure? {
    let failed = results.filter { $0.status == .fail }
    guard let first = failed.first, let finding = first.findings.first else { return nil }
    let lines = failed.map { result in
      let more = result.findings.count > 5 ? " and \(result.findings.count - 5) more" : ""
      let old = result.expired.first.map { " (its waiver ended on \($0.until?.description ?? ""))" } ?? ""
      return "\n  \(result.gate.rawValue): \(result.findings.prefix(5).joined(separator: ", "))\(more)\(old)"
    }
    let path =
      finding.hasPrefix("/") ? ", path: \(finding.split(separator: ": ").first.map(String.init) ?? finding)" : ""
    return Failure(
      "gate_failed",
      "the image does not pass \(failed.count == 1 ? "a security gate" : "security gates"):\(lines.joined())",
      hint: "leave it out, or accept it in unik.yaml: contract: {waivers: [{gate: \(first.gate.rawValue)\(path), "
        + "reason: why, until: YYYY-MM-DD}]}; a debug build has no gates", exit: .gateFailed, details: ["gates": json])
  }
}

extension SecurityGate {
  /// The fact that decides; nil where it is not the contract that says so.
  var fact: String? {
    switch self {
    case .noShell: "rootfs.shells"
    case .noPackageManager: "rootfs.package-managers"
    case .noSetuid: "rootfs.setuid"
    case .noFileCapability: "rootfs.file-capabilities"
    case .nonRootUser: "rootfs.user"
    case .noWorldWritable: "rootfs.world-writable"
    case .noSecretFile: "rootfs.secret-files"
    case .noWritableCode: "elf.writable-code"
    case .noWritableRunpath: "elf.writable-runpath"
    case .ownedFiles: nil
    }
  }

  /// The values that are in the gate's way.
  func offending(_ values: [String]) -> [String] {
    self == .nonRootUser ? values.filter { $0.hasPrefix("0:") } : values
  }
}
