internal import OCI
internal import PackCore

extension ImageDiff {
  /// For a person who has ten seconds: size, layers, packages, then files, settings and facts.
  /// - Parameter all: every file and package; otherwise the largest changes of each.
  public func text(all: Bool) -> String {
    if isIdentical { return "the same image: \(before.digest)\n" }
    var out = "\(safe(before.name))  \(before.digest.short)\n\(safe(after.name))  \(after.digest.short)\n"
    guard !isEmpty else {
      return out + "\n" + layerText + "\nnothing differs but how the same files are stored\n"
    }
    out += "\n" + sizeText + layerText
    out += section("packages", packages, limit: all ? .max : 12, row: Self.row)
    out += section("files", sortedFiles(all), limit: all ? .max : 15, row: Self.row)
    out += section("config", config, limit: .max, row: Self.row)
    out += section("facts", facts, limit: all ? .max : 8, row: Self.row)
    return out
  }

  private var sizeText: String {
    "size      \(growth.signedBytes) of files, \((after.packed - before.packed).signedBytes) of layers "
      + "(\(ByteText.text(before.packed)) → \(ByteText.text(after.packed)))\n"
  }

  private var layerText: String {
    let kept = layers.filter(\.isKept)
    var out = "layers    \(kept.count) the same, \(layers.count - kept.count) changed\n"
    let rows = layers.filter { !$0.isKept }.map { layer in
      ["  ~ " + safe(layer.title.isEmpty ? "layer" : layer.title, columns: 40)]
        + [layer.before, layer.after].map { side in
          side.map { "\($0.descriptor.digest.short) \(ByteText.text($0.descriptor.size))" } ?? "none"
        }
    }
    out += TextTable.lines(rows.map { [$0[0], $0[1], "→", $0[2]] })
    return out
  }

  /// By path where each is shown; else the project's own first, and of each kind the largest.
  private func sortedFiles(_ all: Bool) -> [FileChange] {
    guard !all else { return files }
    func rank(_ file: FileChange) -> (Int, UInt64) {
      (file.owner?.kind == .project ? 0 : 1, .max - file.growth.magnitude)
    }
    return files.enumerated().sorted {
      let (a, b) = (rank($0.element), rank($1.element))
      return a != b ? a < b : $0.offset < $1.offset
    }.map(\.element)
  }

  private func section<Element>(
    _ title: String, _ elements: [Element], limit: Int, row: (Element) -> [String]
  ) -> String {
    guard !elements.isEmpty else { return "" }
    let shown = elements.prefix(limit)
    var out = "\(title)\n" + TextTable.lines(shown.map(row))
    if shown.count < elements.count { out += "  … and \(elements.count - shown.count) more: --all\n" }
    return out
  }

  private static func row(_ package: PackageChange) -> [String] {
    let counts = [(FileChange.Kind.added, "added"), (.removed, "removed"), (.changed, "changed")]
      .compactMap { kind, word in package.count(kind) == 0 ? nil : "\(package.count(kind)) \(word)" }
    return [
      "  \(package.mark) " + safe(package.title, columns: 60), package.growth.signedBytes,
      counts.joined(separator: ", "),
    ]
  }

  private static func row(_ file: FileChange) -> [String] {
    let mark = file.kind == .added ? "+" : file.kind == .removed ? "-" : "~"
    return ["  \(mark) " + safe(file.path.absolute), file.growth == 0 ? "" : file.growth.signedBytes, notes(file)]
  }

  /// What a path's line says beside its size.
  private static func notes(_ file: FileChange) -> String {
    guard let old = file.before?.entry, let new = file.after?.entry else { return "" }
    return file.aspects.compactMap { aspect -> String? in
      switch aspect {
      case .content: file.growth == 0 ? "content" : nil
      case .type: "another type"
      case .mode: "mode \(old.octalMode) → \(new.octalMode)"
      case .owner: "owner \(old.uid):\(old.gid) → \(new.uid):\(new.gid)"
      case .link: "link → " + safe(linkTarget(new))
      case .attributes: "extended attributes"
      }
    }.joined(separator: ", ")
  }

  private static func linkTarget(_ entry: LayerEntry) -> String {
    if case .link(let bytes) = entry.kind { String(decoding: bytes, as: UTF8.self) } else { "" }
  }

  private static func row(_ change: ValueChange) -> [String] {
    let sides = [change.before, change.after].map { $0.map { $0.isEmpty ? "\"\"" : safe($0, columns: 60) } ?? "none" }
    let mark = change.before == nil ? "+" : change.after == nil ? "-" : "~"
    if !change.gone.isEmpty || !change.new.isEmpty {
      let parts = change.gone.map { "-" + $0 } + change.new.map { "+" + $0 }
      return ["  \(mark) " + safe(change.name, columns: 60), safe(parts.joined(separator: " "), columns: 100)]
    }
    return ["  \(mark) " + safe(change.name, columns: 60), "\(sides[0]) → \(sides[1])"]
  }
}

/// Names come from anybody.
private func safe(_ text: String) -> String { TerminalText.safe(text) }
private func safe(_ text: String, columns: Int) -> String { TerminalText.safe(text, columns: columns) }

extension Int64 {
  /// `+3.1 MB`, `-80 B`, `±0 B`.
  var signedBytes: String {
    self == 0 ? "±0 B" : self < 0 ? "-" + ByteText.text(Int64(clamping: magnitude)) : "+" + ByteText.text(self)
  }
}
