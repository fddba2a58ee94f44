import Glibc
import PackCore
import TestSupport
import XCTest

/// Many machines on one host, with packc's own kernel: however slow they are, none is told to be what it is not.
final class DeployCrowdSlowTests: XCTestCase {
  func testTwentyMachinesAtOnceWithoutAFalseState() throws {
    let site = try Site()
    let kernel = try site.packc("kernel", "build", "--json").run().expect(exit: .done).json().value
    let project = try site.write(Projects.c, to: "project")
    usleep(200_000)  // A build does not believe its record of files that changed while it began.
    let packc = DetachedCall(state: try TemporaryDirectory("packc-e2e"), cache: site.home / "cache")
    // By the one that deploys: a build in another environment is none that it can take.
    try packc("build", project.description, "--kernel", kernel["digest"]?.string ?? "").expect(.done)
    let first = Int.random(in: 21_000..<29_000)
    let names = (0..<20).map { "app\($0)" }
    defer { _ = try? packc(["destroy", "--yes"] + names) }
    for (index, name) in names.enumerated() {
      let begun = try packc(
        "deploy", project.description, "--name", name, "--publish", "\(first + index):8080", "--kernel",
        kernel["digest"]?.string ?? "", "--json"
      ).expect(.done)
      XCTAssertEqual(begun.json?["action"], "created")
    }
    let due = HostContext.monotonicClock() + 1_200_000_000_000
    var running: Set<String> = []
    while running.count < names.count, HostContext.monotonicClock() < due {
      let machines = try packc("list", "--json").expect(.done).json?["machines"]?.array ?? []
      XCTAssertEqual(machines.count, names.count)
      for machine in machines {
        let (name, state) = (machine["name"]?.string ?? "", machine["state"]?.string ?? "")
        XCTAssertTrue(["pending", "starting", "running"].contains(state), "\(name) is \(state)")
        if running.contains(name) { XCTAssertEqual(state, "running", name) }
        if state == "running" { running.insert(name) }
        let id = machine["id"]?.string ?? ""
        XCTAssertEqual(MarkedProcesses.find("PACKC_MACHINE", id).count, 2, "\(name): a supervisor and its machine")
      }
      sleep(1)
    }
    XCTAssertEqual(running.count, names.count, "running")
    for (index, name) in names.enumerated() { XCTAssertEqual(PlainRequest.get(first + index), "hello from C\n", name) }
    try packc(["destroy"] + names).expect(.done)
    XCTAssertEqual(try packc.state.names(in: "state/packc/machines"), [])
    for index in names.indices { XCTAssertNil(PlainRequest.get(first + index)) }
  }
}
