import Glibc
import PackCore
import TestSupport
import XCTest

/// What the machine refuses: files that may not be read, a full disk; and packc as an ordinary user.
final class HostTroubleTests: XCTestCase {
  func testAnUnreadableFileIsNamed() throws {
    let ordinary = try Ordinary()
    let project = try ordinary.site.write(Projects.c, to: "c")
    try ordinary.site.directory.write("secret", to: "c/data/private.txt", mode: 0o000)
    try ordinary.own(project)
    let result = try ordinary.run(["build", "\(project)", "--no-unikernel"])
    XCTAssertEqual(result.end, .exited(ExitCode.notPermitted.rawValue), result.errorText)
    XCTAssertTrue(result.errorText.contains("data/private.txt: Permission denied"), result.errorText)
    XCTAssertTrue(result.errorText.contains("next: "), result.errorText)
    XCTAssertFalse(FileSystem.exists(project / ".packc/image"))
    XCTAssertEqual(try ordinary.site.workInProgress(), [])
    // A directory that may not be entered.
    try FileSystem.setMode(project / "data", 0o000)
    let other = try ordinary.run(["build", "\(project)", "--no-unikernel"])
    XCTAssertEqual(other.end, .exited(ExitCode.notPermitted.rawValue), other.errorText)
    XCTAssertTrue(other.errorText.contains("cannot look at \(project)/data/"), other.errorText)
  }

  func testAnOrdinaryUserBuildsAndRuns() throws {
    let ordinary = try Ordinary()
    let project = try ordinary.site.write(Projects.c, to: "c")
    try ordinary.own(project)
    let result = try ordinary.run(["build", "\(project)", "--json"])
    XCTAssertTrue(result.succeeded, result.errorText)
    let built = BuildAnswer(json: try JSONParser.parse(result.output, name: "the answer"), log: result.errorText)
    // The same bytes as root's.
    let site = try Site()
    let own = try site.build(try site.write(Projects.c, to: "c"))
    XCTAssertEqual(built.image, own.image)
    XCTAssertEqual(built.initrd, own.initrd)
    for way in [["-p", "127.0.0.1:\(try Ports.free()):8080"], ["--oci"]] {
      let run = try ordinary.run(["run", "\(project)", "--env", "END=7"] + way)
      XCTAssertEqual(run.end, .exited(7), "\(way): \(run.errorText)")
    }
    try Leftovers.assertNone(ordinary.site)
  }

  /// A file system of its own, so small that the build does not fit.
  func testAFullDiskIsSaidAndForgotten() throws {
    guard Tools.isRoot else { return try fullDiskByLimit() }
    for place in ["output", "cache"] {
      let site = try Site()
      let project = try site.write(Projects.c, to: "c")
      let small = try site.directory.makeDirectory("small")
      var environment: [String: String] = [:]
      var flags: [String] = []
      if place == "output" {
        flags = ["--output", "\(small)/out"]
      } else {
        environment["XDG_CACHE_HOME"] = "\(small)"
      }
      let command = try site.command(["build", "\(project)"] + flags, environment: environment)
      // The size of the whole, then of what it is made larger to.
      let script = """
        set -e
        mount -t tmpfs -o size=1m tmpfs "$1"
        if [ "$2" = cache ]; then mkdir "$1/packc"; ln -s "$3" "$1/packc/kernels"; fi
        first="$4"; log="$5"; shift 5
        set +e
        "$@" >"$first" 2>&1; echo "exit $?" >>"$first"
        find "${SMALL}" -path '*/work/build.*' -o -name '.staged*' -o -name '*packc-new*' | sed 's/^/left: /' >>"$first"
        mount -o remount,size=200m "${SMALL}"
        "$@" >"$log" 2>&1; echo "exit $?" >>"$log"
        """
      var wrapped = command
      let (first, second) = (site.directory / "first", site.directory / "second")
      wrapped.environment["SMALL"] = small.description
      wrapped.argv =
        [
          "/usr/bin/unshare", "-m", "/bin/sh", "-c", script, "sh", "\(small)", place,
          "\(try Site.sharedCache() / "kernels")", "\(first)", "\(second)",
        ] + command.argv
      let result = try ProcessRunner().run(wrapped)
      XCTAssertTrue(result.succeeded, result.errorText)
      let said = String(decoding: try FileSystem.read(first), as: UTF8.self)
      XCTAssertTrue(said.contains("No space left on device"), "\(place): \(said)")
      XCTAssertTrue(said.contains("next: free some space"), "\(place): \(said)")
      XCTAssertTrue(said.contains(" /"), "\(place): which file? \(said)")
      XCTAssertTrue(said.contains("exit 75"), "\(place): \(said)")
      XCTAssertFalse(said.contains("left: "), "\(place): \(said)")
      let then = String(decoding: try FileSystem.read(second), as: UTF8.self)
      XCTAssertTrue(then.contains("exit 0"), "\(place): \(then)")
      try Leftovers.assertNone(site)
    }
  }

  /// Without root there are no mounts; /dev/full is full for everybody.
  private func fullDiskByLimit() throws {
    let site = try Site()
    var command = try site.command(["plan", "\(try site.write(Projects.c, to: "c"))"])
    command.argv = ["/bin/sh", "-c", "exec \"$@\" >/dev/full", "sh"] + command.argv
    let result = try ProcessRunner().run(command)
    XCTAssertEqual(result.end, .exited(ExitCode.tryAgain.rawValue), result.errorText)
    XCTAssertTrue(result.errorText.contains("No space left on device"), result.errorText)
  }
}
