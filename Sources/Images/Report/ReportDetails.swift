internal import OCI
internal import PackCore

/// The build's steps, each a line from its start to its end.
struct ReportSteps {
  let timeline: BuildTimeline

  func write(_ html: inout HTML) {
    html.raw("<section aria-labelledby=\"h-steps\">\n<h2 id=\"h-steps\">How it was built</h2>\n")
    let ran = timeline.steps.count { $0.status == "ran" }
    html.element(
      "p", class: "lead",
      "\(ReportText.duration(timeline.end)): \(ReportText.counted(ran, "step")) ran, "
        + "\(timeline.steps.count - ran) reused.")
    html.raw("\n<ol class=\"steps\">\n")
    for step in timeline.steps {
      html.raw("<li><span class=\"what\"><b>")
      html.put(step.id)
      html.raw("</b> ")
      html.element("span", class: "dim", String(step.title.prefix(200)))
      html.raw("</span>")
      ReportBar.write(
        step.duration, of: timeline.end, from: step.start,
        style: ["ran", "reused", "failed"].contains(step.status) ? step.status : "cn", &html)
      html.element(
        "span", class: "num", step.status == "reused" ? "reused" : ReportText.duration(step.duration))
      if !step.reason.isEmpty { html.element("span", class: "reason dim", step.reason) }
      html.raw("</li>\n")
    }
    html.raw("</ol>\n</section>\n")
  }
}

/// The layers, lowest first.
struct ReportLayers {
  let snapshot: ImageSnapshot

  func write(_ html: inout HTML) {
    var sums = [(files: Int, bytes: Int64)](repeating: (0, 0), count: snapshot.layers.count)
    for file in snapshot.files.files where file.isFile && sums.indices.contains(file.layer) {
      sums[file.layer].files += 1
      sums[file.layer].bytes += file.bytes
    }
    html.raw("<section aria-labelledby=\"h-layers\">\n<h2 id=\"h-layers\">Layers</h2>\n<div class=\"scroll\"><table>")
    html.raw(
      "<thead><tr><th scope=\"col\">#</th><th scope=\"col\">Made by</th><th scope=\"col\" class=\"num\">Files</th>")
    html.raw("<th scope=\"col\" class=\"num\">Unpacked</th><th scope=\"col\" class=\"num\">Download</th>")
    html.raw("<th scope=\"col\">Digests</th></tr></thead><tbody>\n")
    for (index, layer) in snapshot.layers.enumerated() {
      html.raw("<tr><td>\(index + 1)</td>")
      html.element("th", class: "made", layer.title.isEmpty ? "not said" : String(layer.title.prefix(300)))
      html.element("td", class: "num", ReportText.count(sums[index].files))
      html.element("td", class: "num", ByteText.text(sums[index].bytes))
      html.element("td", class: "num", ByteText.text(layer.descriptor.size))
      html.raw("<td class=\"digests\">")
      html.element("code", layer.descriptor.digest.description)
      html.element("small", "\(layer.descriptor.mediaType)")
      html.element("code", class: "dim", "diffID \(layer.diffID)")
      html.raw("</td></tr>\n")
    }
    html.raw("</tbody></table></div>\n</section>\n")
  }
}

/// What the image starts, and with what.
struct ReportConfig {
  let config: ImageConfig

  func write(_ html: inout HTML) {
    html.raw("<section aria-labelledby=\"h-config\">\n<h2 id=\"h-config\">Configuration</h2>\n")
    html.raw("<div class=\"scroll\"><table class=\"values\"><tbody>\n")
    let values = ConfigComparison.values(config)
    for (name, value) in values.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
      html.raw("<tr>")
      html.element("th", name)
      html.element("td") { $0.element("code", String(value.prefix(4000))) }
      html.raw("</tr>\n")
    }
    html.raw("</tbody></table></div>\n</section>\n")
  }
}
