internal import OCI
internal import PackCore

/// What changed since the build before.
struct ReportChange {
  let change: ImageDiff?
  let note: String
  private static let packageLimit = 100
  /// Files in all, and of one package.
  private static let fileLimit = 1000
  private static let packageFileLimit = 200

  func write(_ html: inout HTML) {
    html.raw("<section aria-labelledby=\"h-change\">\n<h2 id=\"h-change\">Since the build before</h2>\n")
    if let change { write(change, &html) } else { html.element("p", class: "note", note) }
    html.raw("</section>\n")
  }

  private func write(_ change: ImageDiff, _ html: inout HTML) {
    guard !change.isEmpty else {
      html.element(
        "p", class: "note",
        change.isIdentical ? "It is the same image." : "Nothing differs but how the same files are stored.")
      return
    }
    let kept = change.layers.count(where: \.isKept)
    html.raw("<p class=\"lead\">")
    html.element("b", change.growth.signedBytes)
    html.put(
      " of files in \(ReportText.counted(change.packages.count, "package")); "
        + "\(kept) of \(ReportText.counted(change.layers.count, "layer")) the same. Compared with ")
    html.element("code", change.before.digest.short)
    html.raw(".</p>\n")
    packages(change.packages, &html)
    values("Settings", change.config, &html)
    guard !change.facts.isEmpty else { return }
    html.raw("<details class=\"block\"><summary>")
    html.put("\(ReportText.counted(change.facts.count, "fact")) changed")
    html.raw("</summary>\n")
    values("", change.facts, &html)
    html.raw("</details>\n")
  }

  private func packages(_ packages: [PackageChange], _ html: inout HTML) {
    guard !packages.isEmpty else { return }
    html.raw("<ul class=\"changes\">\n")
    var left = Self.fileLimit
    for package in packages.prefix(Self.packageLimit) {
      html.raw("<li><details><summary>")
      mark(package.mark, &html)
      html.element("span", class: "what", package.title)
      html.element("span", class: "dim", counts(package))
      html.raw("<span class=\"num \(package.growth > 0 ? "up" : package.growth < 0 ? "down" : "")\">")
      html.put(package.growth.signedBytes)
      html.raw("</span></summary>\n<ul class=\"files\">\n")
      let shown = package.files.prefix(min(Self.packageFileLimit, left))
      left -= shown.count
      for file in shown { row(file, &html) }
      if shown.count < package.files.count {
        html.element("li", class: "dim", "and \(ReportText.count(package.files.count - shown.count)) more")
      }
      html.raw("</ul></details></li>\n")
    }
    html.raw("</ul>\n")
    if packages.count > Self.packageLimit {
      html.element(
        "p", class: "note", "and \(packages.count - Self.packageLimit) more packages: packc image diff --all")
    }
  }

  private func counts(_ package: PackageChange) -> String {
    [(FileChange.Kind.added, "added"), (.removed, "removed"), (.changed, "changed")]
      .compactMap { kind, word in package.count(kind) == 0 ? nil : "\(ReportText.count(package.count(kind))) \(word)" }
      .joined(separator: ", ")
  }

  private func row(_ file: FileChange, _ html: inout HTML) {
    html.raw("<li>")
    mark(file.kind == .added ? "+" : file.kind == .removed ? "-" : "~", &html)
    html.element("code", file.path.absolute)
    let aspects = file.aspects.filter { $0 != .content || file.growth == 0 }.map(\.rawValue)
    html.element("span", class: "dim", aspects.joined(separator: ", "))
    html.element("span", class: "num", file.growth == 0 ? "" : file.growth.signedBytes)
    html.raw("</li>\n")
  }

  private func mark(_ mark: Character, _ html: inout HTML) {
    let (style, word) = mark == "+" ? ("up", "new") : mark == "-" ? ("down", "gone") : ("same", "changed")
    html.raw("<span class=\"mark \(style)\" title=\"\(word)\">\(mark == "-" ? "−" : String(mark))</span>")
  }

  private func values(_ title: String, _ changes: [ImageDiff.ValueChange], _ html: inout HTML) {
    guard !changes.isEmpty else { return }
    if !title.isEmpty { html.element("h3", title) }
    html.raw("\n<div class=\"scroll\"><table class=\"values\"><thead><tr><th scope=\"col\">Name</th>")
    html.raw("<th scope=\"col\">Before</th><th scope=\"col\">Now</th></tr></thead><tbody>\n")
    for change in changes {
      html.raw("<tr>")
      html.element("th", change.name)
      if change.gone.isEmpty && change.new.isEmpty {
        for side in [change.before, change.after] {
          if let side { html.element("td", String(side.prefix(2000))) } else { html.element("td", class: "dim", "–") }
        }
      } else {
        list(change.gone, &html)
        list(change.new, &html)
      }
      html.raw("</tr>\n")
    }
    html.raw("</tbody></table></div>\n")
  }

  /// What only one of the two has.
  private func list(_ values: [String], _ html: inout HTML) {
    html.element("td") { html in
      if values.isEmpty { html.element("span", class: "dim", "–") }
      for value in values.prefix(30) {
        html.element("code", String(value.prefix(300)))
        html.raw(" ")
      }
      if values.count > 30 { html.put("and \(ReportText.count(values.count - 30)) more") }
    }
  }
}
