internal import OCI
internal import PackCore

/// The image's name and the figures that one asks for first.
struct ReportHeader {
  let snapshot: ImageSnapshot

  func write(_ html: inout HTML) {
    html.raw("<header class=\"top\">\n<p class=\"kicker\">Image report</p>\n")
    html.element("h1", snapshot.name)
    html.raw("\n<p class=\"digest\">")
    html.element("code", snapshot.digest.description)
    html.raw("</p>\n<p class=\"tags\">")
    for tag in tags { html.element("span", class: "tag", tag) }
    html.raw("</p>\n<dl class=\"tiles\">\n")
    for (label, value, note) in figures {
      html.raw("<div>")
      html.element("dt", label)
      html.element("dd") {
        $0.element("b", value)
        $0.element("small", note)
      }
      html.raw("</div>\n")
    }
    html.raw("</dl>\n</header>\n")
  }

  private var tags: [String] {
    let labels = snapshot.config.labels
    return [
      snapshot.config.platform.description, labels["dev.packc.mode"], labels["dev.packc.pack"].map { "pack \($0)" },
      labels["dev.packc.version"].map { "packc \($0)" },
    ].compactMap { $0 }
  }

  private var figures: [(String, String, String)] {
    let shares = snapshot.owners.shares
    let unknown = shares.first { $0.owner == nil }
    let packages = shares.count { $0.owner != nil }
    return [
      ("Files", ByteText.text(snapshot.fileBytes), "\(ReportText.count(snapshot.fileCount)) files, unpacked"),
      ("Download", ByteText.text(snapshot.packedBytes), ReportText.counted(snapshot.layers.count, "layer")),
      ("Packages", ReportText.count(packages), "that own files"),
      (
        "Of unknown origin", ByteText.text(unknown?.bytes ?? 0),
        "\(ReportText.percent(unknown?.bytes ?? 0, of: snapshot.fileBytes)) of all bytes"
      ),
    ]
  }
}

/// Numbers as people read them, the same everywhere.
enum ReportText {
  /// `12 345`, with no-break spaces.
  static func count(_ number: Int) -> String {
    let digits = Array(String(number))
    return digits.enumerated().map { index, digit in
      index > 0 && (digits.count - index) % 3 == 0 ? "\u{a0}\(digit)" : String(digit)
    }.joined()
  }

  static func counted(_ number: Int, _ noun: String) -> String {
    "\(count(number)) \(noun)\(number == 1 ? "" : "s")"
  }

  /// `12.5 %`
  static func percent(_ part: Int64, of whole: Int64) -> String {
    guard whole > 0 else { return "0\u{a0}%" }
    let tenths = (Double(part) / Double(whole) * 1000).rounded()
    return tenths == 0 && part > 0 ? "under 0.1\u{a0}%" : "\(tenths / 10)\u{a0}%"
  }

  /// `340 ms`, `2.4 s`, `3 min 05 s`
  static func duration(_ milliseconds: Int64) -> String {
    if milliseconds < 1000 { return "\(milliseconds) ms" }
    if milliseconds < 60_000 { return "\((Double(milliseconds) / 100).rounded() / 10) s" }
    let seconds = milliseconds / 1000
    return "\(seconds / 60) min \(seconds % 60 < 10 ? "0" : "")\(seconds % 60) s"
  }
}
