internal import PackCore

extension ContractDeclaration {
  init(_ node: YAMLNode, _ reader: NodeReader) {
    self.init()
    guard let section = reader.section(node, "contract", keys: UnikKeys.contract) else { return }
    if let node = section["egress"] { egress = Self.egress(node, reader) }
    if let node = section["env"] { readEnvironment(node, reader) }
    if let node = section["properties"] { readProperties(node, reader) }
    if let node = section["waivers"] {
      waivers = reader.list(node, "contract.waivers") { Self.waiver($0, $1, reader) } ?? []
    }
  }

  private static func egress(_ node: YAMLNode, _ reader: NodeReader) -> [Located<String>]? {
    let targets = reader.list(node, "contract.egress") { node, name in
      reader.value(
        node, name, "host:port", hint: EgressTarget.hint, { EgressTarget.isValid($0) ? $0.lowercased() : nil }
      ).map { Located($0, at: reader.location(node.mark)) }
    }
    return targets.map { sortedOnce($0, "contract.egress", reader) }
  }

  private mutating func readEnvironment(_ node: YAMLNode, _ reader: NodeReader) {
    guard let section = reader.section(node, "contract.env", keys: UnikKeys.contractEnvironment) else { return }
    requiredEnvironment = section["required"].flatMap { Self.names($0, "contract.env.required", reader) }
    optionalEnvironment = section["optional"].flatMap { Self.names($0, "contract.env.optional", reader) }
    for name in optionalEnvironment ?? []
    where requiredEnvironment?.contains(where: { $0.value == name.value }) ?? false {
      reader.report(
        YAMLNode.Mark(line: name.location.line ?? 1, column: name.location.column ?? 1),
        "contract.env: \(name.value) is both required and optional", hint: "keep it in one of the lists")
    }
  }

  private static func names(_ node: YAMLNode, _ name: String, _ reader: NodeReader) -> [Located<String>]? {
    let names = reader.list(node, name) { node, name in
      reader.value(
        node, name, "the name of an environment variable",
        hint: { $0.contains("=") ? "write the name only, never a value" : nil },
        { EnvironmentName.isValid($0) ? $0 : nil }
      ).map { Located($0, at: reader.location(node.mark)) }
    }
    return names.map { sortedOnce($0, name, reader) }
  }

  /// By bytes; a value that stands twice is noted.
  private static func sortedOnce(_ values: [Located<String>], _ name: String, _ reader: NodeReader) -> [Located<String>]
  {
    var seen: Set<String> = []
    for value in values where !seen.insert(value.value).inserted {
      reader.report(
        YAMLNode.Mark(line: value.location.line ?? 1, column: value.location.column ?? 1),
        "\(name): \(value.value) stands twice", hint: "remove one of them")
    }
    return values.sorted { $0.value.utf8.lexicographicallyPrecedes($1.value.utf8) }
  }

  private mutating func readProperties(_ node: YAMLNode, _ reader: NodeReader) {
    let known = DeclaredProperty.Name.allCases.map(\.rawValue)
    guard let section = reader.section(node, "contract.properties", keys: known) else { return }
    for name in DeclaredProperty.Name.allCases {
      guard let node = section[name.rawValue], let holds = reader.bool(node, "contract.properties.\(name.rawValue)")
      else { continue }
      properties.append(Located(DeclaredProperty(name: name, holds: holds), at: reader.location(node.mark)))
    }
  }

  private static func waiver(_ node: YAMLNode, _ name: String, _ reader: NodeReader) -> Located<Waiver>? {
    guard let section = reader.section(node, name, keys: UnikKeys.waiver) else { return nil }
    for key in ["gate", "reason"] where section[key] == nil {
      reader.report(
        node.mark, "\(name): \"\(key)\" is missing",
        hint: "write {gate: no-shell, path: /bin/sh, reason: why, until: 2027-01-01}")
    }
    let gate = section["gate"].flatMap { reader.word($0, "\(name).gate", SecurityGate.self) }
    let path = section["path"].flatMap { reader.imagePath($0, "\(name).path") }
    let reason = section["reason"].flatMap { node in
      reader.value(node, "\(name).reason", "a reason", { text in text.contains { !$0.isWhitespace } ? text : nil })
    }
    let until = section["until"].flatMap { node in
      reader.value(
        node, "\(name).until", "a day (YYYY-MM-DD)", hint: { _ in "write for example 2027-01-01" },
        CalendarDate.init(_:))
    }
    guard let gate, let reason else { return nil }
    return Located(Waiver(gate: gate, path: path, reason: reason, until: until), at: reader.location(node.mark))
  }
}
