import Glibc
import PackCore
import TestSupport
import XCTest

/// What a host may do to a deployment: a full disk, a disk that is read-only, a boot, a clock that jumps, a stranger at a port.
final class DeployFaultTests: XCTestCase {
  private nonisolated(unsafe) static var made: (site: Site, project: HostPath)?
  override class func tearDown() { made = nil }

  private func call() throws -> (packc: DetachedCall, project: HostPath, port: Int) {
    let site = try Self.made?.site ?? Site()
    let project = try Self.made?.project ?? site.write(Projects.c, to: "project")
    let packc = DetachedCall(state: try TemporaryDirectory("packc-e2e"), cache: site.home / "cache")
    if Self.made == nil { try packc("build", project.description).expect(.done) }
    Self.made = (site, project)
    return (packc, project, Int.random(in: 21_000..<29_000))
  }

  private func machine(_ packc: DetachedCall, _ file: String) -> HostPath {
    packc.state / "state/packc/machines/greeter" / HostPath(file)
  }

  /// `MESSAGE CODE` of a line that a script has written.
  private func code(_ answer: DetachedCall.Answer, _ step: String) -> String? {
    answer.output.split(separator: "\n").last { $0.hasPrefix(step + " ") }.map { String($0.dropFirst(step.count + 1)) }
  }

  /// In a mount namespace of its own, whose file system holds 96 MB and is full for a while, and read-only for another.
  func testAFullAndAReadOnlyDiskAreNamedAndNothingIsLostByThem() throws {
    let (packc, project, port) = try call()
    let script = """
      mkdir -p "$XDG_STATE_HOME"; mount -t tmpfs -o size=96m none "$XDG_STATE_HOME" || exit 90
      trap '"$PACKC" destroy greeter other >/dev/null 2>&1' EXIT
      state() { "$PACKC" show greeter --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["state"])'; }
      "$PACKC" deploy \(project) --publish \(port):8080 --wait=240 >/dev/null || exit 91
      head -c 200000000 /dev/zero >"$XDG_STATE_HOME/ballast" 2>/dev/null
      "$PACKC" status >/dev/null; echo "full-status $?"
      echo "full-state $(state)"
      "$PACKC" deploy \(project) --name other --publish \(port + 1):8080; echo "full-deploy $?"
      echo "full-other $("$PACKC" exists other)"; echo "full-logs $("$PACKC" logs greeter >/dev/null; echo $?)"
      kill -9 "$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["qemu"]["pid"])' \
        "$XDG_STATE_HOME/packc/machines/greeter/state.json")"
      sleep 2; echo "full-killed $(state)"
      rm "$XDG_STATE_HOME/ballast"
      for i in 1 2 3 4 5 6 7 8 9 10; do [ "$(state)" = failed ] && break; sleep 1; done; echo "free-killed $(state)"
      "$PACKC" start greeter --wait=240 >/dev/null; echo "free-start $?"
      mount --bind "$XDG_STATE_HOME" "$XDG_STATE_HOME" && mount -o remount,bind,ro "$XDG_STATE_HOME" || exit 92
      "$PACKC" status >/dev/null; echo "ro-status $?"
      echo "ro-state $(state)"
      "$PACKC" list --format yaml >/dev/null; echo "ro-list $?"
      "$PACKC" deploy \(project) --name other --publish \(port + 1):8080; echo "ro-deploy $?"
      "$PACKC" stop greeter; echo "ro-stop $?"
      echo "ro-after $(state)"
      umount "$XDG_STATE_HOME" || exit 93
      head -c 200000000 /dev/zero >"$XDG_STATE_HOME/ballast" 2>/dev/null
      "$PACKC" destroy greeter >/dev/null; echo "full-destroy $?"
      echo "left $(ls "$XDG_STATE_HOME/packc/machines" "$XDG_STATE_HOME/packc/releases" | grep -vc -e : -e '^$')"
      """
    let answer = try packc.shell(script, inMountNamespace: true)
    XCTAssertEqual(answer.exit, 0, "\(answer.output)\n\(answer.errors)")
    let expected = [
      "full-status": "0", "full-state": "running", "full-other": "false", "full-logs": "0", "full-killed": "stopping",
      "free-killed": "failed", "free-start": "0", "ro-status": "0", "ro-state": "running", "ro-list": "0",
      "ro-after": "running", "full-destroy": "0", "left": "0",
    ]
    for (step, wanted) in expected.sorted(by: { $0.key < $1.key }) {
      XCTAssertEqual(code(answer, step), wanted, "\(step)\n\(answer.output)\n\(answer.errors)")
    }
    for step in ["full-deploy", "ro-deploy", "ro-stop"] {
      XCTAssertNotEqual(code(answer, step), "0", "\(step)\n\(answer.output)")
    }
    XCTAssertTrue(answer.errors.contains("No space left on device"), answer.errors)
    XCTAssertTrue(answer.errors.contains("Read-only file system"), answer.errors)
    XCTAssertTrue(answer.errors.contains("writable, or choose another place for deployments"), answer.errors)
  }

  /// A boot is a state that was written in another one: what it says of processes is of others now.
  func testAfterABootNothingRunsAndNobodyElseIsKilled() throws {
    let (packc, project, port) = try call()
    try packc("deploy", project.description, "--publish", "\(port):8080", "--wait=240").expect(.done)
    let before = try FileSystem.read(machine(packc, "state.json"))
    try packc("stop", "greeter").expect(.done)
    // A stranger whose number and start are those of the machine that was there before the boot.
    let here = try XCTUnwrap(ProcessIdentity.of(getpid()))
    var state = try XCTUnwrap(JSONParser.parse(before).object)
    state["boot_id"] = "another"
    let stale: JSONValue = [
      "pid": .integer(Int64(here.pid)), "start": .integer(Int64(here.start)), "boot_id": "another",
    ]
    state["qemu"] = stale
    try FileSystem.writeAtomically(CanonicalJSON.encodePretty(.object(state)), to: machine(packc, "state.json"))
    try FileSystem.writeAtomically(CanonicalJSON.encodePretty(stale), to: machine(packc, "supervisor.pid"))
    let told = try packc("show", "greeter", "--json").expect(.done).json
    XCTAssertEqual(told?["state"], "failed")
    XCTAssertEqual(told?["reason"], "the host was started anew")
    XCTAssertEqual(told?["next"], "packc start greeter")
    try packc("start", "greeter", "--wait=240").expect(.done)
    XCTAssertEqual(PlainRequest.get(port), "hello from C\n")

    // Times that were written by a clock that went another way.
    var later = try XCTUnwrap(JSONParser.parse(FileSystem.read(machine(packc, "state.json"))).object)
    for (year, time) in [(2100, 4_102_444_800_000_000_000), (1970, 1)] as [(Int, Int64)] {
      later["since"] = .integer(time)
      later["started"] = .integer(time)
      try FileSystem.writeAtomically(CanonicalJSON.encodePretty(.object(later)), to: machine(packc, "state.json"))
      let shown = try packc("show", "greeter", "--json").expect(.done).json
      XCTAssertEqual(shown?["state"], "running", "\(year)")
      try packc("status").expect(.done)
      try packc("list", "--sort", "started", "--format", "yaml").expect(.done)
      try packc("logs", "greeter", "--since", "1m").expect(.done)
    }
    try packc("destroy", "greeter").expect(.done)
  }

  func testAStrangerAtThePortIsNamed() throws {
    let (packc, project, port) = try call()
    let stranger = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(stranger) }
    var place = sockaddr_in()
    place.sin_family = sa_family_t(AF_INET)
    place.sin_port = UInt16(port).bigEndian
    inet_pton(AF_INET, "127.0.0.1", &place.sin_addr)
    let bound = withUnsafePointer(to: &place) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(stranger, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    XCTAssertEqual(bound, 0)
    XCTAssertEqual(listen(stranger, 1), 0)
    for flags in [[], ["--wait"]] {
      let refused = try packc(["deploy", project.description, "--publish", "\(port):8080"] + flags).expect(.failed)
      XCTAssertTrue(refused.errors.contains("is held by process \(getpid())"), refused.errors)
      XCTAssertTrue(refused.errors.contains("next:"), refused.errors)
    }
    // Also before a build.
    try FileSystem.writeAtomically(Array("# another\n".utf8), to: project / "notes")
    let building = try packc("deploy", project.description, "--publish", "\(port):8080").expect(.failed)
    XCTAssertTrue(building.errors.contains("is held by process \(getpid())"), building.errors)
    XCTAssertEqual(try packc.state.names(in: "state/packc/machines"), [])
    XCTAssertEqual(try packc("list", "--json").json?["machines"], [])
  }
}
