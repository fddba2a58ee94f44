internal import Images
internal import OCI
internal import PackCore

/// `packc image report`.
enum ImageReportCommand {
  static let definition = CommandDefinition(
    "image report", summary: "write one HTML page about an image: what is in it, what changed, how it was built",
    operands: "[FILE.html [IMAGE]]", count: 0...2, flags: [ImageFlags.platform],
    details: """
      Without FILE.html: .packc/report.html, until the next build. A page elsewhere in the project is a file of the project
      like any other; name it in .gitignore or .packcignore, or the next build takes it along.
      Without IMAGE: the last build of the project here, with what changed since the one before and the build's steps.
      The page is one file that loads nothing; the same image and build give the same bytes.

      """ + ImageFlags.references
  ) { invocation in
    let output = invocation.context.workingDirectory / ".packc"
    let file = invocation.operands.first.map(invocation.path) ?? output / "report.html"
    let images = try ImageFlags.projectImages(invocation)
    let report: ImageReport
    if invocation.operands.count == 2 {
      let side = try ImageFlags.side(invocation.operands[1], invocation, images, try ImageFlags.platform(invocation))
      report = try ReportInput.image(side.image, name: side.name, knowledge: side.knowledge)
    } else {
      report = try ReportInput.project(images, output: output)
    }
    let page = report.page()
    if invocation.operands.isEmpty { try FileSystem.createDirectory(output) }
    try FileSystem.writeAtomically(page, to: file, durable: false)
    let snapshot = report.snapshot
    try invocation.output.write([
      "file": JSONValue(file), "bytes": .integer(Int64(page.count)), "image": JSONValue(snapshot.digest),
      "files": .integer(Int64(snapshot.fileCount)), "file_bytes": .integer(snapshot.fileBytes),
    ]) {
      "\(file)  \(ByteText.text(Int64(page.count))), \(snapshot.fileCount) files of \(TerminalText.safe(snapshot.name))\n"
    }
    return .done
  }
}
