internal import OCI
internal import PackCore

extension ImageInspection {
  /// For people; whatever others wrote is stripped of what a terminal would act on.
  public var text: String {
    var rows: [[String]] = names.isEmpty ? [] : [["name", names.joined(separator: ", ")]]
    rows.append(["from", source])
    rows.append(["digest", digest.description])
    if root != digest { rows.append(["index", "\(root), for \(platforms.joined(separator: ", "))"]) }
    rows.append(["platform", config.platform.description])
    if let created = config.created { rows.append(["created", created]) }
    rows += program + map("label", config.labels.filter { !$0.key.hasPrefix(Self.factPrefix) })
    rows += facts.map { ["fact", $0] }
    // Docker drops annotations, so packc writes most of them as labels too.
    rows += map("annotation", annotations.filter { config.labels[$0.key] != $0.value })
    rows += referrers.map { ["referrer", "\($0.digest.short)  \($0.kind)"] }
    rows.append(["layers", "\(layers.count), \(ByteText.text(size))"])
    return TextTable.lines(rows.map { $0.map(Self.clean) }) + layerTable + (contents?.text ?? "")
  }

  private var program: [[String]] {
    var rows: [[String]] = []
    func add(_ title: String, _ text: String?) {
      if let text, !text.isEmpty { rows.append([title, text]) }
    }
    add("user", config.user)
    add("entrypoint", config.entrypoint.map(ShellWord.quoted).joined(separator: " "))
    add("arguments", config.arguments.map(ShellWord.quoted).joined(separator: " "))
    add("directory", config.workingDirectory)
    add("ports", config.exposedPorts.joined(separator: ", "))
    add("stop signal", config.stopSignal)
    return rows + config.environment.map { ["env", $0] }
  }

  /// `elf.nx=true  proven, closed`: what a fact says, how it is known, whether the list is complete.
  private var facts: [String] {
    let labels = config.labels.filter { $0.key.hasPrefix(Self.factPrefix) }
    let names = labels.keys.filter { !$0.hasSuffix(".closed") && !$0.hasSuffix(".level") }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map { key in
      let level = labels["\(key).level"]
      let closed = labels["\(key).closed"].map { $0 == "true" ? "closed" : $0 == "false" ? "open" : "closed unknown" }
      let notes = [level, closed].compactMap { $0 }.joined(separator: ", ")
      return "\(key.dropFirst(Self.factPrefix.count))=\(labels[key] ?? "")" + (notes.isEmpty ? "" : "  (\(notes))")
    }
  }

  private func map(_ title: String, _ values: [String: String]) -> [[String]] {
    values.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map { [title, "\($0.key)=\($0.value)"] }
  }

  private var layerTable: String {
    TextTable.lines(
      layers.map { layer in
        let kind = layer.mediaType.layerFormat.map { "\($0)" } ?? layer.mediaType.description
        let maker = layer.role?.rawValue ?? layer.createdBy ?? ""
        return ["  " + layer.digest.short, kind, ByteText.text(layer.size), Self.clean(maker)]
      })
  }

  /// One line, at most 300 letters.
  private static func clean(_ text: String) -> String {
    let safe = TerminalText.safe(text)
    return safe.count > 300 ? safe.prefix(299) + "…" : safe
  }
}
