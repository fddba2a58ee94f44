import PackCore
import TestSupport
import XCTest

@testable import packc

/// `packc render --for systemd`: systemd takes the unit, and reads the words that were meant.
final class RenderTests: XCTestCase {
  private func project(_ site: Site) throws -> HostPath {
    let project = try site.write(["README": "built by hand"], to: "My Shop")
    try site.directory.makeDirectory("My Shop/.packc/unikernel")
    return project
  }

  func testSystemdTakesTheUnit() throws {
    let site = try Site()
    let project = try project(site)
    let arguments = [
      "render", project.description, "--for", "systemd", "--publish", "8080:80", "--env",
      "NOTE=50% of $HOME; \"so\" it's",
      "--secret", "TOKEN=T", "--volume", "shop-data:/data", "--memory", "256Mi",
    ]
    let unit = try site.packc(arguments).run().expect(exit: .done).standardOutput
    XCTAssertTrue(unit.contains("# my-shop.service"), unit)
    // The same from anywhere, at any time.
    var elsewhere = site.packc(arguments)
    elsewhere.directory = "/"
    try elsewhere.environment(["TZ": "Asia/Tokyo", "LC_ALL": "C", "USER": "other"]).run().expect(standardOutput: unit)
    let file = try site.directory.write(unit, to: "my-shop.service")
    let checked = try ProcessRunner().run(
      Command(
        ["systemd-analyze", "verify", "--user", "--man=no", "--recursive-errors=no", file.description],
        environment: ["PATH": "/usr/bin:/bin", "XDG_RUNTIME_DIR": site.directory.path.description]))
    XCTAssertTrue(checked.succeeded, checked.errorText)
    XCTAssertFalse(checked.errorText.contains("my-shop.service"), checked.errorText)
    // A unit that is wrong is not taken.
    let wrong = try site.directory.write(unit.replacing("Type=exec", with: "Type=nonsense"), to: "wrong.service")
    let refused = try ProcessRunner().run(
      Command(
        ["systemd-analyze", "verify", "--user", "--man=no", "--recursive-errors=no", wrong.description],
        environment: ["PATH": "/usr/bin:/bin", "XDG_RUNTIME_DIR": site.directory.path.description]))
    XCTAssertTrue(refused.errorText.contains("nonsense"), refused.errorText)
  }

  func testWordsAreQuotedAsSystemdReadsThem() {
    let rows = [
      ("plain", "plain"), ("", "\"\""), ("a b", "\"a b\""), ("50%", "50%%"), ("$HOME", "$$HOME"),
      ("a\"b\\", #""a\"b\\""#),
      ("it's", "\"it's\""), ("a\nb\tc", #""a\nb\tc""#), (";", "\";\""), ("ü", "ü"),
    ]
    for (word, quoted) in rows { XCTAssertEqual(SystemdUnit.quoted(word), quoted) }
  }

  func testWhatRunWouldRefuseIsRefused() throws {
    let site = try Site()
    let project = try project(site)
    let rows: [(rest: [String], exit: ExitCode, says: String)] = [
      ([project.description], .usage, "--for systemd"),
      ([project.description, "--for", "launchd"], .usage, "--for systemd"),
      ([project.description, "--for", "systemd", "--publish", "x"], .usage, "published port"),
      ([project.description, "--for", "systemd", "--name", "My Shop"], .usage, "did you mean my-shop?"),
      (["\(site.directory.path)/nothing", "--for", "systemd"], .badInput, "has not been built"),
    ]
    for row in rows {
      try site.packc(["render"] + row.rest).run().expect(exit: row.exit).expect(standardErrorContains: row.says)
    }
  }
}
