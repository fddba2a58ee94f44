internal import PackCore

/// What is known of the program, how surely, and from what.
struct ReportFacts {
  let facts: FactTable
  private static let limit = 1000
  private static let shownValues = 8
  private static let shownFacts = 16

  func write(_ html: inout HTML) {
    html.raw("<section aria-labelledby=\"h-facts\">\n<h2 id=\"h-facts\">Facts</h2>\n")
    switch facts.source {
    case .none: html.element("p", class: "note", "The image carries no facts: packc did not build it.")
    case .labels: html.element("p", class: "note", "The summary in the image's labels; evidence is in the contract.")
    case .contract: break
    }
    if !facts.facts.isEmpty { table(&html) }
    html.raw("</section>\n")
  }

  private func table(_ html: inout HTML) {
    html.raw("<p class=\"legend\"><span class=\"level proven\">proven</span> read from bytes ")
    html.raw("<span class=\"level observed\">observed</span> found, perhaps not all ")
    html.raw("<span class=\"level declared\">declared</span> said by the author</p>\n")
    html.raw("<div class=\"scroll\"><table class=\"facts\"><thead><tr><th scope=\"col\">Fact</th>")
    html.raw("<th scope=\"col\">Level</th><th scope=\"col\">Values</th></tr></thead><tbody>\n")
    for (index, row) in facts.sorted.prefix(Self.limit).enumerated() {
      if index == Self.shownFacts { html.raw("</tbody>\n<tbody id=\"more-facts\" class=\"more\">\n") }
      self.row(row.id, row.fact, &html)
    }
    html.raw("</tbody></table></div>\n")
    if facts.facts.count > Self.shownFacts {
      html.raw("<p><button type=\"button\" class=\"quiet\" data-more=\"more-facts\" hidden>")
      html.put("Show all \(ReportText.count(min(facts.facts.count, Self.limit)))")
      html.raw("</button></p>\n")
    }
    if facts.facts.count > Self.limit {
      html.element("p", class: "note", "and \(facts.facts.count - Self.limit) more in contract.json.")
    }
  }

  private func row(_ id: String, _ fact: FactTable.Fact, _ html: inout HTML) {
    html.raw("<tr>")
    html.element("th", id)
    let known = ["proven", "observed", "declared"].contains(fact.level) ? fact.level : "unknown"
    html.raw("<td><span class=\"level \(known)\">")
    html.put(fact.level.isEmpty ? "unknown" : fact.level)
    html.raw("</span></td><td>")
    values(fact, &html)
    if !fact.method.isEmpty || !fact.evidence.isEmpty || !fact.caveats.isEmpty { evidence(fact, &html) }
    html.raw("</td></tr>\n")
  }

  private func values(_ fact: FactTable.Fact, _ html: inout HTML) {
    if fact.values.isEmpty { html.element("span", class: "dim", fact.closed == "true" ? "none" : "none known") }
    for value in fact.values.prefix(Self.shownValues) {
      html.element("code", String(value.prefix(300)))
      html.raw(" ")
    }
    let rest = fact.values.dropFirst(Self.shownValues)
    if !rest.isEmpty {
      html.raw("<details class=\"inline\"><summary>")
      html.put("\(ReportText.count(rest.count)) more")
      html.raw("</summary>")
      for value in rest.prefix(200) {
        html.element("code", String(value.prefix(300)))
        html.raw(" ")
      }
      if rest.count > 200 { html.put("and \(ReportText.count(rest.count - 200)) more") }
      html.raw("</details>")
    }
    if fact.closed != "true" {
      html.element("span", class: "open", fact.closed == "false" ? "there may be more" : "not known to be whole")
    }
  }

  private func evidence(_ fact: FactTable.Fact, _ html: inout HTML) {
    html.raw("<details class=\"inline\"><summary>how it is known</summary>")
    if !fact.method.isEmpty { html.element("p", fact.method) }
    for caveat in fact.caveats.prefix(20) { html.element("p", class: "open", caveat) }
    for place in fact.evidence.prefix(50) {
      html.element("code", place)
      html.raw(" ")
    }
    if fact.evidence.count > 50 { html.put("and \(ReportText.count(fact.evidence.count - 50)) more places") }
    html.raw("</details>")
  }
}
