internal import PackCore

extension ContractDocument {
  /// What every label's name begins with.
  public static let labelPrefix = "dev.packc.contract"

  /// Facts that stand in the image's labels one by one: id, label.
  private static let summary = [
    ("build.mode", "mode"), ("declared.egress", "egress"), ("declared.env.optional", "env-optional"),
    ("declared.env.required", "env-required"), ("rootfs.language-installers", "language-installers"),
    ("rootfs.package-managers", "package-managers"), ("rootfs.setuid", "setuid"), ("rootfs.shells", "shells"),
    ("rootfs.user", "user"), ("rootfs.world-writable", "world-writable"), ("rootfs.writable", "writable"),
    ("source.cache-namespaces", "source.cache-namespaces"), ("source.egress", "source.egress"),
    ("source.env-optional", "source.env-optional"), ("source.env-required", "source.env-required"),
    ("source.ports", "source.ports"), ("source.routes", "source.routes"), ("source.writes", "source.writes"),
  ]
  /// Properties of the project's ELF files, together.
  private static let programProperties = [
    "build-id", "interpreter", "linking", "needed", "nx", "pie", "relro", "type",
  ]
  private static let longest = 1024

  /// A summary for the image's labels and annotations: for each listed fact its values, its closure and its level, so
  /// that no list is ever seen without saying whether it is whole; and the digest of this document.
  public var labels: [String: String] {
    var labels = ["\(Self.labelPrefix).digest": digest.description, "\(Self.labelPrefix).subject": subject.description]
    for (id, name) in Self.summary { if let fact = self[id] { add([fact], as: name, to: &labels) } }
    for name in DeclaredProperty.Name.allCases.map(\.rawValue) {
      if let fact = self["declared.property.\(name)"], !fact.values.isEmpty {
        add([fact], as: "property.\(name)", to: &labels)
      }
    }
    for name in Self.programProperties {
      let found = facts.filter { $0.kind == "elf-\(name)" }
      if !found.isEmpty { add(found, as: "elf.\(name)", to: &labels) }
    }
    return labels
  }

  /// The values of all facts together, closed only if each is, at the lowest level of them.
  private func add(_ facts: [ContractFact], as name: String, to labels: inout [String: String]) {
    let values = Set(facts.flatMap(\.values)).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    let text = values.joined(separator: ",")
    let key = "\(Self.labelPrefix).\(name)"
    // A label that is cut off would be another list: then it says how many there are, and the document has them.
    labels[key] = text.utf8.count <= Self.longest ? text : "\(values.count) values"
    let closures = Set(facts.map(\.closed))
    let closed: ContractFact.Closure =
      closures.contains(.open) ? .open : closures.contains(.unknown) ? .unknown : .closed
    labels["\(key).closed"] = closed.rawValue
    let level = ContractFact.Level.allCases.first { level in facts.contains { $0.level == level } }
    labels["\(key).level"] = level?.rawValue ?? ContractFact.Level.declared.rawValue
  }
}
