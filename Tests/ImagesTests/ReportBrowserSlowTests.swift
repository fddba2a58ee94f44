import PackCore
import TestSupport
import XCTest

@testable import Images

/// The page in headless Chromium. Another page holds it in a frame of a given size, uses it, and writes down what it saw:
/// the report's own policy lets no script but its own run in it.
final class ReportBrowserSlowTests: XCTestCase {
  private static let driver = #"""
    <!doctype html><meta charset="utf-8"><style>body{margin:0}iframe{border:0;width:WIDTHpx;height:HEIGHTpx}</style>
    <iframe id="f" src="report.html"></iframe><pre id="out"></pre>
    <script>
    const frame = document.getElementById('f');
    const wait = () => new Promise((done) => setTimeout(done, 60));
    frame.onload = async () => {
      const page = frame.contentDocument, view = frame.contentWindow, out = {};
      const root = page.documentElement, cells = () => page.querySelectorAll('#map .cell').length;
      const crumb = () => page.querySelector('#crumbs b').textContent;
      const key = (name) => page.activeElement.dispatchEvent(
        new view.KeyboardEvent('keydown', { key: name, bubbles: true, cancelable: true }));
      await wait();
      out.cells = cells();
      out.overflow = root.scrollWidth - root.clientWidth;
      out.start = crumb();
      const map = page.getElementById('map');
      out.inside = [...map.children].every((c) => c.offsetLeft >= 0 && c.offsetTop >= 0
        && c.offsetLeft + c.offsetWidth <= map.clientWidth + 1 && c.offsetTop + c.offsetHeight <= map.clientHeight + 1);
      const area = [...map.children].reduce((sum, c) => sum + c.offsetWidth * c.offsetHeight, 0);
      out.filled = Math.round(area / (map.clientWidth * map.clientHeight) * 100);
      page.querySelector('#map .cell').click();
      await wait();
      out.clicked = crumb();
      view.history.back();
      await wait(); await wait();
      out.back = crumb();
      page.querySelector('#map .cell').focus();
      key('ArrowRight');
      out.moved = [...map.children].indexOf(page.activeElement);
      key('Home'); key('Enter');
      await wait();
      out.entered = crumb();
      key('Escape');
      await wait();
      out.left = crumb();
      page.getElementById('as-table').click();
      await wait();
      out.rows = page.querySelectorAll('#table tbody tr').length;
      out.tableOverflow = root.scrollWidth - root.clientWidth;
      for (const d of page.querySelectorAll('details')) d.open = true;
      for (const b of page.querySelectorAll('[data-more]')) b.click();
      await wait();
      out.openOverflow = root.scrollWidth - root.clientWidth;
      out.scripts = page.scripts.length;
      out.alerted = view.alerted === undefined;
      document.getElementById('out').textContent = JSON.stringify(out);
    };
    </script>
    """#

  private func look(_ report: ImageReport, width: Int, height: Int) throws -> (JSONValue, console: String) {
    let scratch = try TemporaryDirectory()
    try scratch.write(report.page(), to: "report.html")
    let driver = Self.driver.replacing("WIDTH", with: "\(width)").replacing("HEIGHT", with: "\(height)")
    try scratch.write(driver, to: "driver.html")
    let result = try Tools.run(
      "chromium",
      [
        "--headless=new", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files", "--enable-logging=stderr",
        "--user-data-dir=\(scratch.path)/profile", "--window-size=\(width + 40),\(height + 300)",
        "--virtual-time-budget=8000", "--dump-dom", "file://\(scratch.path)/driver.html",
      ], environment: ["HOME": "\(scratch.path)"], timeout: 120)
    XCTAssertTrue(result.succeeded, result.errorText)
    let text = result.outputText
    let start = try XCTUnwrap(text.firstRange(of: "<pre id=\"out\">"), text)
    let end = try XCTUnwrap(text[start.upperBound...].firstRange(of: "</pre>"))
    let document = text[start.upperBound..<end.lowerBound].replacing("&amp;", with: "&").replacing("&lt;", with: "<")
      .replacing("&gt;", with: ">")
    let console = result.errorText.split(separator: "\n").filter { $0.contains("CONSOLE") }.joined(separator: "\n")
    return (try JSONParser.parse(Array(document.utf8), name: "the browser's answer"), console)
  }

  func testAtTwoSizes() throws {
    let long = String(repeating: "long-name-without-a-break", count: 8)
    let report = try ReportPageTests.report(
      [
        SampleImage.file("app/</script><script>alerted=1</script>", size: 500_000),
        SampleImage.file("app/\(long)", size: 400_000),
      ], labels: ["label.\(long)": long])
    for (width, height) in [(1440, 900), (390, 844)] {
      let (seen, console) = try look(report, width: width, height: height)
      let size = "\(width)x\(height): \(seen)"
      XCTAssertEqual(console, "", size)
      XCTAssertGreaterThan(seen["cells"]?.integer ?? 0, 10, size)
      for key in ["overflow", "tableOverflow", "openOverflow"] {
        XCTAssertEqual(seen[key]?.integer, 0, "\(key) \(size)")
      }
      XCTAssertEqual(seen["inside"], true, size)
      XCTAssertGreaterThan(seen["filled"]?.integer ?? 0, 90, size)
      XCTAssertEqual(seen["start"]?.string, "sample:latest", size)
      XCTAssertNotEqual(seen["clicked"]?.string, "sample:latest", size)
      XCTAssertEqual(seen["back"]?.string, "sample:latest", size)
      XCTAssertEqual(seen["moved"]?.integer, 1, size)
      XCTAssertEqual(seen["entered"], seen["clicked"], size)
      XCTAssertEqual(seen["left"]?.string, "sample:latest", size)
      XCTAssertEqual(seen["rows"]?.integer, 3, size)
      XCTAssertEqual(seen["scripts"]?.integer, 2, size)
      XCTAssertEqual(seen["alerted"], true, "a name was run as a script: \(size)")
    }
  }
}
