import PackCore
import TestSupport
import XCTest

@testable import Build

final class OwnerRecordTests: XCTestCase {
  private func database(_ scratch: TemporaryDirectory, version: String = "2.36-9") throws -> HostPackages {
    try scratch.write(
      "Package: libx\nStatus: install ok installed\nArchitecture: amd64\nVersion: \(version)\n\nPackage: tool\nVersion: 7\n",
      to: "dpkg/status")
    try scratch.write("/.\n\(scratch.path)/usr/lib/libx.so\n/lib/merged.so\n", to: "dpkg/info/libx:amd64.list")
    try scratch.write("/usr/bin/tool", to: "dpkg/info/tool.list")
    try scratch.write("/usr/bin/tool\n", to: "dpkg/info/other.list")
    return HostPackages(database: scratch / "dpkg")
  }

  func testFilesOfPackagesAlsoUnderTheNamesOfOldLists() throws {
    let scratch = try TemporaryDirectory()
    let packages = try database(scratch)
    let known = packages.owners(of: ["/usr/lib/merged.so", "/usr/bin/tool", "/usr/bin/none"])
    XCTAssertEqual(
      known,
      [
        "/usr/lib/merged.so": FileOwner(kind: .debian, name: "libx", version: "2.36-9"),
        "/usr/bin/tool": FileOwner(kind: .debian, name: "other"),
      ], "a line without a newline at the end of a list is no line; the first package by name counts")
    XCTAssertEqual(HostPackages(database: scratch / "none").owners(of: ["/usr/bin/tool"]), [:])
  }

  func testRulesOfABuildAndTheirReuse() throws {
    let scratch = try TemporaryDirectory()
    let library = try scratch.write("x", to: "usr/lib/libx.so")
    let module = try scratch.write("m", to: "tools/py/lib/m.py")
    let tool = try scratch.write("p", to: "tools/py/bin/python", mode: 0o755)
    var root = RootFilesystem()
    func insert(_ path: String, _ content: RootFilesystem.Entry.Content, _ origin: String) throws {
      try root.insert(
        RootFilesystem.Entry(
          path: try XCTUnwrap(RootPath(path)), content: content, mode: 0o644, layer: .runtime, origin: origin))
    }
    func host(_ path: HostPath) throws -> RootFilesystem.Entry.Content {
      .host(path, try XCTUnwrap(try FileSystem.status(path)))
    }
    try insert("usr/lib/libx.so", host(library), "host:\(library)")
    try insert("usr/lib/py/m.py", host(module), "host:\(module)")
    try insert("usr/lib/py/__pycache__/m.cpython-311.pyc", .bytes([1]), "artifact:${work}/m")
    try insert("etc/passwd", .bytes([1]), "packc")
    try insert("app/main.py", .bytes([1]), "source:main.py")
    var record = OwnerRecord(
      root: root, toolchains: [.init(name: "python", version: "3.11", path: tool)], file: scratch / "owners")
    record.packages = try database(scratch)
    let rules = record.rules()
    let python = FileOwner(kind: .toolchain, name: "python", version: "3.11")
    for (path, owner): (String, FileOwner?) in [
      ("usr/lib/libx.so", FileOwner(kind: .debian, name: "libx", version: "2.36-9")), ("usr/lib/py/m.py", python),
      ("usr/lib/py/__pycache__/m.cpython-311.pyc", python),
      ("etc/passwd", FileOwner(kind: .packc, name: "packc", version: PackcVersion.current)), ("app/main.py", nil),
    ] {
      XCTAssertEqual(rules.owner(of: try XCTUnwrap(RootPath(path))), owner, path)
    }
    // The kept answer is taken as long as the host's packages are the same: these lists are not looked at again.
    try scratch.write("", to: "dpkg/info/libx:amd64.list")
    XCTAssertEqual(record.rules(), rules)
    record.packages = try database(scratch, version: "2.40-10")
    XCTAssertEqual(record.rules().owner(of: RootPath(literal: "usr/lib/libx.so"))?.version, "2.40-10")
  }

  func testTimesOfSteps() throws {
    let now = Locked<UInt64>(1_000_000_000)
    let times = StepTimes { now.withLock { $0 } }
    let seen = Locked<Int>(0)
    let reporter = times.watching(Reporter { _ in seen.withLock { $0 += 1 } })
    func pass(_ milliseconds: UInt64) { now.withLock { $0 += milliseconds * 1_000_000 } }
    pass(40)
    times.mark("plan", title: "plan")
    reporter.send(.stepStarted(id: "build", title: "go build"))
    pass(300)
    reporter.send(.stepEnded(id: "build", status: .ran, reason: "new", seconds: 0.3))
    reporter.send(.stepStarted(id: "never", title: "ends"))
    XCTAssertEqual(seen.withLock { $0 }, 3, "everything is passed on")
    XCTAssertEqual(
      CanonicalJSON.string(times.json),
      #"[{"duration_ms":40,"id":"plan","reason":"","start_ms":0,"status":"ran","title":"plan"},"#
        + #"{"duration_ms":300,"id":"build","reason":"new","start_ms":40,"status":"ran","title":"go build"}]"#)
  }
}
