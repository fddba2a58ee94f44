internal import OCI
internal import PackCore

/// The treemap's frame, which the script fills, and the packages by size, which need no script.
struct ReportMap {
  let snapshot: ImageSnapshot
  private static let limit = 12

  func write(_ html: inout HTML) {
    html.raw(
      """
      <section aria-labelledby="h-map">
      <div class="bar"><h2 id="h-map">What is in it</h2>
      <div class="switch" id="views" hidden role="group" aria-label="View"><button type="button" id="as-map" aria-pressed="true">Map</button>\
      <button type="button" id="as-table" aria-pressed="false">Table</button></div></div>
      <nav id="crumbs" aria-label="Place in the image"></nav>
      <div id="map" hidden role="group" aria-label="Sizes as areas. Arrow keys move, Enter goes in, Escape goes back."></div>
      <div id="table" hidden></div>
      <p id="detail" aria-live="polite"></p>
      <noscript><p>The map needs JavaScript; all figures are in the tables below.</p></noscript>
      <h3>By package</h3>

      """)
    packages(&html)
    for note in snapshot.owners.notes {
      html.element("p", class: "note", "\(note).")
      html.raw("\n")
    }
    html.raw("</section>\n")
  }

  private func packages(_ html: inout HTML) {
    let shares = snapshot.owners.shares
    let ranks = ReportTree.ranks(shares)
    html.raw("<div class=\"scroll\"><table class=\"packages\"><thead><tr><th scope=\"col\">Package</th>")
    html.raw("<th scope=\"col\">Known by</th><th scope=\"col\" class=\"num\">Files</th>")
    html.raw(
      "<th scope=\"col\" class=\"num\">Size</th><th scope=\"col\" class=\"share\">Share</th></tr></thead>\n<tbody>\n")
    for (index, share) in shares.prefix(Self.limit * 20).enumerated() {
      if index == Self.limit { html.raw("</tbody>\n<tbody id=\"more-packages\" class=\"more\">\n") }
      row(share, share.owner.flatMap { ranks[$0] }, &html)
    }
    html.raw("</tbody></table></div>\n")
    if shares.count > Self.limit {
      html.raw("<p><button type=\"button\" class=\"quiet\" data-more=\"more-packages\" hidden>")
      html.put("Show all \(ReportText.count(min(shares.count, Self.limit * 20)))")
      html.raw("</button></p>\n")
    }
    if shares.count > Self.limit * 20 {
      html.element("p", class: "note", "and \(ReportText.count(shares.count - Self.limit * 20)) smaller ones.")
    }
  }

  private func row(_ share: FileOwners.Share, _ rank: Int?, _ html: inout HTML) {
    html.raw("<tr><th scope=\"row\"><i class=\"swatch c\(rank.map(String.init) ?? "n")\"></i>")
    html.put(share.owner?.name ?? "no known package")
    if let version = share.owner?.version, !version.isEmpty { html.element("span", class: "version", " \(version)") }
    html.raw("</th>")
    html.element("td", class: "dim", Self.source(share.owner?.kind))
    html.element("td", class: "num", ReportText.count(share.files))
    html.element("td", class: "num", ByteText.text(share.bytes))
    html.raw("<td class=\"share\">")
    ReportBar.write(share.bytes, of: snapshot.fileBytes, style: "c\(rank.map(String.init) ?? "n")", &html)
    html.element("span", ReportText.percent(share.bytes, of: snapshot.fileBytes))
    html.raw("</td></tr>\n")
  }

  private static func source(_ kind: FileOwner.Kind?) -> String {
    switch kind {
    case .debian: "Debian (dpkg)"
    case .alpine: "Alpine (apk)"
    case .python: "Python (RECORD)"
    case .node: "Node (package.json)"
    case .java: "Java (file name)"
    case .go: "Go (build info)"
    case .toolchain: "toolchain of the host"
    case .project: "the project itself"
    case .packc: "packc"
    case nil: "nothing in the image says"
    }
  }
}

/// A part of a whole as a line.
enum ReportBar {
  /// In thousandths, so that nothing but integers stands in the page.
  static func write(_ part: Int64, of whole: Int64, from start: Int64 = 0, style: String, _ html: inout HTML) {
    func scaled(_ value: Int64) -> Int64 { whole > 0 ? Int64((Double(value) / Double(whole) * 1000).rounded()) : 0 }
    html.raw("<svg class=\"line\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">")
    let (left, width) = (min(scaled(start), 997), max(scaled(part), 3))
    html.raw("<rect x=\"\(left)\" width=\"\(min(width, 1000 - left))\" height=\"10\" class=\"\(style)\"/></svg>")
  }
}
