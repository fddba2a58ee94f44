import PackCore
import TestSupport
import XCTest

/// What `status --json` says of a machine's use of this host, beside a reading of /proc that shares nothing with packc.
final class DeployMeteringTests: XCTestCase {
  /// Arguments: packc, the state directory, the deployment. Says what does not agree within a tenth.
  private static let script = #"""
    import json, os, subprocess, sys
    packc, state, name = sys.argv[1:4]
    mark = b"PACKC_MACHINE=" + json.load(open(f"{state}/machines/{name}/machine.json"))["id"].encode()
    def marked(pid):
        try: return mark in open(f"/proc/{pid}/environ", "rb").read().split(b"\0")
        except OSError: return False
    pids = [pid for pid in os.listdir("/proc") if pid.isdigit() and marked(pid)]
    qemu = [pid for pid in pids if "qemu-system" in os.readlink(f"/proc/{pid}/exe")]
    assert len(qemu) == 1, f"{len(qemu)} machines among {pids}"
    def reading():
        # Time on a processor in nanoseconds, of each thread; memory by its mappings.
        cpu = sum(int(open(f"/proc/{qemu[0]}/task/{task}/schedstat").read().split()[0]) / 1e6
                  for task in os.listdir(f"/proc/{qemu[0]}/task"))
        rollup = open(f"/proc/{qemu[0]}/smaps_rollup").read().split("\n")
        return cpu, next(int(line.split()[1]) for line in rollup if line.startswith("Rss:")) * 1024
    before = reading()
    said = json.loads(subprocess.run([packc, "status", name, "--json"], stdout=subprocess.PIPE, check=True).stdout)
    after = reading()
    meter = said["machines"][0]["metering"]
    for what, low, high in [("cpu_ms", before[0], after[0]), ("memory_bytes", min(before[1], after[1]), max(before[1], after[1]))]:
        if low <= 0 or not 0.9 * low <= meter[what] <= 1.1 * high: print(what, meter[what], "beside", low, "to", high)
    release = f"{state}/releases/" + said["machines"][0]["image"]["unikernel"].split(":")[1]
    size = sum(os.stat(f"{release}/{file}").st_size for file in os.listdir(release) if file not in ("machine.json", "cmdline"))
    if meter["image_bytes"] != size: print("image_bytes", meter["image_bytes"], "beside", size)
    print(json.dumps({"metering": meter, "cpu_ms": before[0], "memory_bytes": before[1]}), file=sys.stderr)
    """#

  func testFiguresAgreeWithAnotherReadingOfProc() throws {
    let site = try Site()
    let project = try site.write(Projects.c, to: "shop")
    _ = try site.build(project)
    let packc = DetachedCall(state: try TemporaryDirectory("packc-e2e"), cache: site.home / "cache")
    defer { _ = try? packc("destroy", "shop") }
    let port = try Ports.free()
    let deployed = try packc(
      "deploy", project.description, "--name", "shop", "--publish", "\(port):8080", "--wait", "--json"
    ).expect(.done)
    let python = try Tools.require("python3").description
    let found = try packc.run([
      python, "-c", Self.script, PackcProcess.binary().description, "\(packc.state.path)/state/packc", "shop",
    ]).expect(.done)
    XCTAssertEqual(found.output, "", found.errors)
    let meter = deployed.json?["deployment"]?["metering"]
    let (start, ready) = (meter?["start_ms"]?.integer ?? 0, meter?["ready_ms"]?.integer ?? 0)
    XCTAssertTrue(start > 0 && start <= ready, "\(start) \(ready)")
    XCTAssertLessThan(Double(ready), deployed.seconds * 1000)
  }
}
