import PackCore
import TestSupport
import XCTest

/// Two builds of a project, compared and shown.
final class ImageDiffCommandTests: XCTestCase {
  func testTheLastBuildAndTheOneBefore() throws {
    let site = try Site()
    let project = try site.write(
      ["go.mod": "module example.com/shop\n\ngo 1.21\n", "main.go": Projects.goPrint("a")], to: "shop")
    _ = try site.build(project)
    try site.packc("image", "diff", "--project", "\(project)").run().expect(exit: .badInput)
    try site.write(["main.go": Projects.goPrint("another")], to: "shop")
    let built = try site.build(project)

    let diff = try site.packc("image", "diff", "--project", "\(project)", "--json").run().expect(exit: .done).json()
      .value
    XCTAssertEqual(try SchemaCheck("image-diff.schema.json").problems(diff), [])
    XCTAssertEqual(diff["after"]?["digest"]?.string, built.image)
    XCTAssertEqual(diff["packages"]?.array?.compactMap { $0["name"]?.string }, ["example.com/shop"])
    try site.packc("image", "diff", "--project", "\(project)", "--exit-code").run().expect(exit: .failed)

    var pages: [[UInt8]] = []
    for (name, zone) in [("a.html", "UTC"), ("b.html", "Asia/Tokyo")] {
      let file = site.directory.path / name
      let answer = try site.packc("image", "report", "\(file)", "--project", "\(project)", "--json")
        .environment(["TZ": zone, "LC_ALL": zone == "UTC" ? "C" : "de_DE.UTF-8", "HOME": "/nonexistent-\(name)"]).run()
        .expect(exit: .done).json().value
      XCTAssertEqual(try SchemaCheck("image.schema.json", definition: "report").problems(answer), [])
      pages.append(try FileSystem.read(file))
    }
    XCTAssertEqual(pages[0], pages[1])
    let page = String(decoding: pages[0], as: UTF8.self)
    // Where it is no file of the project.
    let answer = try site.packc("image", "report", "--project", "\(project)", "--json").run().expect(exit: .done).json()
    XCTAssertEqual(answer.value["file"]?.string, "\(project)/.packc/report.html")
    XCTAssertEqual(try FileSystem.read(project / ".packc/report.html"), pages[0])
    XCTAssertEqual(try site.build(project).image, built.image)
    try site.write(["main.go": Projects.goPrint("a third")], to: "shop")
    XCTAssertNotEqual(try site.build(project).image, built.image)
    XCTAssertFalse(FileSystem.exists(project / ".packc/report.html"), "the page was of another build")
    for part in ["example.com/shop", "How it was built", "Since the build before", "tzdata"] {
      XCTAssertTrue(page.contains(part), part)
    }
  }
}
