internal import PackCore

/// One page about an image: what is in it, what changed, what is known of it and how it was built. The same values give
/// the same bytes; the page needs nothing but itself.
public struct ImageReport: Sendable {
  public let snapshot: ImageSnapshot
  /// From the build before to this one.
  public let change: ImageDiff?
  /// Why there is no `change`, for people.
  public let changeNote: String
  public let timeline: BuildTimeline?

  public init(snapshot: ImageSnapshot, change: ImageDiff?, changeNote: String, timeline: BuildTimeline?) {
    self.snapshot = snapshot
    self.change = change
    self.changeNote = changeNote
    self.timeline = timeline
  }

  /// The page, UTF-8.
  public func page() -> [UInt8] {
    let style = ReportStyle.text
    let script = ReportScript.text
    var html = HTML()
    html.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
    html.raw(
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
        + "style-src \(HTML.hashSource(of: style)); script-src \(HTML.hashSource(of: script)); "
        + "base-uri 'none'; form-action 'none'\">\n")
    html.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
    html.raw("<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n")
    html.element("title", "\(snapshot.name) · image report")
    html.raw("\n<style>\(style)</style>\n</head>\n<body>\n")
    body(&html)
    html.raw(
      "<script type=\"application/json\" id=\"tree\">\(HTML.embedded(ReportTree(snapshot).json))</script>\n")
    html.raw("<script>\(script)</script>\n</body>\n</html>\n")
    return Array(html.text.utf8)
  }

  private func body(_ html: inout HTML) {
    html.raw("<a class=\"skip\" href=\"#main\">Skip to the content</a>\n")
    ReportHeader(snapshot: snapshot).write(&html)
    html.raw("<main id=\"main\">\n")
    ReportMap(snapshot: snapshot).write(&html)
    ReportChange(change: change, note: changeNote).write(&html)
    ReportFacts(facts: snapshot.facts).write(&html)
    if let timeline { ReportSteps(timeline: timeline).write(&html) }
    ReportLayers(snapshot: snapshot).write(&html)
    ReportConfig(config: snapshot.config).write(&html)
    html.raw("</main>\n<footer><p>Written by <code>packc image report</code> \(PackcVersion.current). ")
    html.raw("This page loads nothing and sends nothing.</p></footer>\n")
  }
}
