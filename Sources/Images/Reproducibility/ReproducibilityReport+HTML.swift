internal import PackCore

extension ReproducibilityReport {
  /// One page that loads nothing, UTF-8.
  public func page() -> [UInt8] {
    let style = ReportStyle.text
    var html = HTML()
    html.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
    html.raw(
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
        + "style-src \(HTML.hashSource(of: style)); base-uri 'none'; form-action 'none'\">\n")
    html.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
    html.raw("<meta name=\"color-scheme\" content=\"light dark\">\n")
    html.element("title", "\(name) · packc verify")
    html.raw("\n<style>\(style)</style>\n</head>\n<body>\n<header class=\"top\">\n")
    html.element("h1", "\(name): \(isIdentical ? "the same bytes" : "builds differ")")
    if let digest { html.element("p") { $0.element("code", digest.description) } }
    if let claimed { html.element("p", "claimed: \(claimed)") }
    html.raw("</header>\n<main>\n")
    writeConditions(&html)
    for finding in findings { finding.write(&html) }
    html.raw("</main>\n<footer><p>Written by <code>packc verify</code> \(PackcVersion.current).</p></footer>\n")
    html.raw("</body>\n</html>\n")
    return Array(html.text.utf8)
  }

  private func writeConditions(_ html: inout HTML) {
    guard !conditions.isEmpty else { return }
    html.raw("<section>\n<h2>Conditions</h2>\n<table><thead><tr><th scope=\"col\">Condition</th>")
    html.raw("<th scope=\"col\">First build</th><th scope=\"col\">Second build</th><th scope=\"col\">Note</th></tr>")
    html.raw("</thead><tbody>\n")
    for condition in conditions {
      html.raw("<tr>")
      html.element("th", condition.cause.rawValue)
      for cell in [
        condition.first, condition.isVaried ? condition.second : "not varied", condition.note,
      ] { html.element("td", cell) }
      html.raw("</tr>\n")
    }
    html.raw("</tbody></table>\n</section>\n")
  }
}

extension ReproducibilityReport.Finding {
  fileprivate func write(_ html: inout HTML) {
    html.raw("<section>\n")
    html.element("h2", "\(cause.rawValue): \(cause.title)")
    html.element("pre", text)
    html.raw("</section>\n")
  }
}
