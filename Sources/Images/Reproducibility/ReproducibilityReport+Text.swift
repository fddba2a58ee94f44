internal import PackCore

extension ReproducibilityReport {
  /// For a person: the answer, then for each cause the first difference down to the byte, and what to do.
  public var text: String {
    if let claimed { return rebuildText(claimed) }
    let varied = conditions.filter(\.isVaried).map(\.cause.rawValue)
    let held = isIdentical && !findings.isEmpty
    var out = held ? "identical where steps run in packc's sandbox" : isIdentical ? "identical" : "different"
    out += "  \(TerminalText.safe(name))\(digest.map { "  \($0)" } ?? "")\n"
    out += "varied     \(varied.isEmpty ? "nothing" : varied.joined(separator: ", "))\n"
    for condition in conditions where !condition.note.isEmpty {
      out += "\(condition.isVaried ? "partly" : "not varied")"
      out +=
        String(repeating: " ", count: condition.isVaried ? 5 : 1) + "\(condition.cause.rawValue): \(condition.note)\n"
    }
    return out + findingsText
  }

  private func rebuildText(_ claimed: Digest) -> String {
    var out = isIdentical ? "yes  " : "no   "
    out += "\(TerminalText.safe(name)) \(isIdentical ? "is" : "is not") what this source gives\n"
    out += "image      \(claimed)\n"
    out += "rebuilt    \(digest.map(\.description) ?? "nothing")\n"
    return out + findingsText
  }

  private var findingsText: String { findings.map { "\n" + $0.text }.joined() }
}

extension ReproducibilityReport.Finding {
  var text: String {
    var out = "cause      \(cause.rawValue): \(cause.title)"
    out += isProven || cause == .inputs ? "\n" : " (read from the bytes; it differs under the same conditions, too)\n"
    for note in notes { out += "           \(TerminalText.safe(note))\n" }
    if let failure { out += "           under it the build fails: \(TerminalText.safe(failure))\n" }
    if let first = differences.first { out += first.text }
    let rest = differences.dropFirst()
    if !rest.isEmpty {
      out += "also       \(rest.count) more\n"
      for other in rest.prefix(ReproducibilityReport.listed) {
        out += "           \(TerminalText.safe(other.chain.joined(separator: " → "))) (\(other.aspect.rawValue))\n"
      }
    }
    out += "fix        \(fix)\n"
    if isHeldBySandbox {
      out +=
        "           packc's sandbox gives every step the same of it, so hosts with bubblewrap agree all the same\n"
    }
    return out
  }
}

extension BuildDifference {
  var text: String {
    var place = chain
    if let part = bytes?.part { place.append(part) }
    var out = "first      \(TerminalText.safe(place.joined(separator: " → ")))\n"
    if let bytes { return out + bytes.text }
    switch (aspect, before, after) {
    case (.missing, _, nil): out += "           only in the first build\n"
    case (.missing, nil, _): out += "           only in the second build\n"
    default:
      out += "           \(aspect.rawValue): \(shown(before)) → \(shown(after))\n"
    }
    return out
  }

  private func shown(_ value: String?) -> String { value.map { TerminalText.safe($0, columns: 90) } ?? "none" }
}

extension ByteDifference {
  /// The place, and both sides as hexdump(1) shows them.
  var text: String {
    var out = "           offset \(offset) (0x\(String(offset, radix: 16)))"
    if sizeBefore != sizeAfter { out += ", \(sizeBefore) and \(sizeAfter) bytes in all" }
    if isReordered { out += ", the same bytes in another order" }
    out += "\n"
    for (name, bytes) in [("first ", before), ("second", after)] {
      out += "           \(name) @\(windowOffset)  \(Self.spaced(bytes))\n"
      out +=
        "                  \(String(repeating: " ", count: String(windowOffset).count))   |\(Self.printable(bytes))|\n"
    }
    return out
  }

  private static func spaced(_ bytes: [UInt8]) -> String {
    bytes.map { hex([$0]) }.joined(separator: " ")
  }
  static func printable(_ bytes: [UInt8]) -> String {
    String(decoding: bytes.map { (0x20..<0x7f).contains($0) ? $0 : UInt8(ascii: ".") }, as: UTF8.self)
  }
}
