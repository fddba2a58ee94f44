import Glibc
import PackCore
import TestSupport
import XCTest

/// A C server built by two Cloud Native Buildpacks: one compiles a library into a layer, the other the program into
/// another. Wrapped, built, booted.
final class BuildpackProjectTests: XCTestCase {
  private static let buildpacks: [String: String] = [
    "greeting/buildpack.toml": """
    api = "0.10"
    [buildpack]
    id = "test/greeting"
    version = "1.0.0"

    """,
    "greeting/bin/detect": "#!/bin/sh\nprintf '[[provides]]\\nname = \"greeting\"\\n' >\"$CNB_BUILD_PLAN_PATH\"\n",
    "greeting/bin/build": """
    #!/bin/sh
    set -eu
    layer=$CNB_LAYERS_DIR/greeting
    mkdir -p "$layer/lib" "$layer/include" "$layer/env.launch"
    printf '[types]\\nlaunch = true\\nbuild = true\\n' >"$layer.toml"
    printf 'const char *greeting(void);\\n' >"$layer/include/greeting.h"
    printf 'const char *greeting(void) { return "hello from a layer\\\\n"; }\\n' >greeting.c
    cc -shared -fPIC -O1 -o "$layer/lib/libgreeting.so" greeting.c
    rm greeting.c
    printf 'quiet' >"$layer/env.launch/MODE.default"

    """,
    "server/buildpack.toml": """
    api = "0.8"
    [buildpack]
    id = "test/server"
    version = "1.0.0"
    [[stacks]]
    id = "*"

    """,
    "server/bin/detect":
      "#!/bin/sh\ntest -f main.c || exit 100\nprintf '[[requires]]\\nname = \"greeting\"\\n' >\"$2\"\n",
    "server/bin/build": """
    #!/bin/sh
    set -eu
    mkdir -p "$1/server/bin"
    printf '[types]\\nlaunch = true\\n' >"$1/server.toml"
    cc -O1 -o "$1/server/bin/server" main.c -lgreeting
    printf '[[processes]]\\ntype = "web"\\ncommand = "server"\\ndirect = true\\n' >"$1/launch.toml"

    """,
  ]

  private func site() throws -> (site: Site, project: HostPath) {
    let site = try Site()
    let main = (Projects.c["server.c"] ?? "").replacing(
      "static const char greeting[] = \"hello from C\\n\";", with: "#include <greeting.h>"
    )
    .replacing("strlen(greeting), greeting", with: "strlen(greeting()), greeting()")
    let project = try site.write(["main.c": main], to: "c")
    for (name, text) in Self.buildpacks {
      try site.directory.write(text, to: "buildpacks/\(name)", mode: name.contains("/bin/") ? 0o755 : 0o644)
    }
    try site.packc(
      "pack", "wrap", "--name", "cnb", "\(site.directory / "buildpacks/greeting")",
      "\(site.directory / "buildpacks/server")"
    ).run().expect(exit: .done).expect(standardOutputContains: "test/greeting@1.0.0, test/server@1.0.0")
    return (site, project)
  }

  func testItIsBuiltTheSameTwiceAndAnswers() throws {
    let (site, project) = try site()
    let built = try site.build(project)
    XCTAssertEqual(try SchemaCheck("build.schema.json").problems(built.json), [])
    XCTAssertEqual(built.json["pack"]?["name"], "cnb", "detected: no other pack finds a program")
    XCTAssertEqual(built.decision("program")?["value"], "/layers/test_server/server/bin/server")
    XCTAssertEqual(built.layers.compactMap { $0["role"]?.string }, ["runtime", "dependencies", "application"])
    let again = try site.build(project, "--no-cache")
    XCTAssertEqual(again.image, built.image)
    XCTAssertEqual(again.initrd, built.initrd)
    try Listings.assertNoShell(built)
    let port = try Ports.free()
    let machine = try Background(
      site, ["run", "\(project)", "-p", "127.0.0.1:\(port):8080"])
    XCTAssertEqual(try machine.answer(port: port), "hello from a layer\n")
    machine.signal(SIGTERM)
    _ = try machine.end(within: 5)
    XCTAssertEqual(try Podman.answer(built, site, port: Ports.free()), "hello from a layer\n")
    try Leftovers.assertNone(site)
  }

  func testThePlanSaysWhatIsKnownLater() throws {
    let (site, project) = try site()
    let plan = try site.packc("plan", "\(project)", "--json").run().expect(exit: .done).json().value
    XCTAssertEqual(try SchemaCheck("plan.schema.json").problems(plan), [])
    XCTAssertEqual(plan["completion"], "image/launch.json")
    XCTAssertFalse(CanonicalJSON.string(plan).contains("\(site.directory.path)"), "a plan names no directory of a call")
    try site.packc("plan", "\(project)").run().expect(exit: .done)
      .expect(standardOutputContains: "sees ${work}/image/workspace at /workspace")
      .expect(standardOutputContains: "known when the steps have run: ${work}/image/launch.json")
  }

  func testWhatCannotBeWrappedIsNamed() throws {
    let site = try Site()
    try site.write(["extension.toml": "api = \"0.10\"\n"], to: "curl")
    try site.packc("pack", "wrap", "\(site.directory / "curl")").run().expect(exit: .badInput)
      .expect(standardErrorContains: "it is an image extension")
    try site.write(["buildpack.toml": "api = \"0.10\"\n[buildpack]\nid = 7\n"], to: "bad")
    try site.packc("pack", "wrap", "\(site.directory / "bad")").run().expect(exit: .badInput)
      .expect(standardErrorContains: "buildpack/buildpack.toml:3:6").expect(standardErrorContains: "expected a string")
    try site.write(["buildpack.toml": "api = \"0.10\"\n[buildpack]\nid = \"a\"\nversion = \"1\"\n"], to: "empty")
    try site.packc("pack", "wrap", "\(site.directory / "empty")").run().expect(exit: .badInput)
      .expect(standardErrorContains: "no bin/detect")
    try FileSystem.createLink(site.directory / "empty/secret", to: Array("/etc/hostname".utf8))
    try site.packc("pack", "wrap", "\(site.directory / "empty")").run().expect(exit: .badInput)
      .expect(standardErrorContains: "leads out of the buildpack")
    XCTAssertEqual(try BuildpackProjectTests.names(site.home / "config/packc/packs.d"), [], "nothing half made is left")
  }

  private static func names(_ directory: HostPath) throws -> [String] {
    try DirectoryWalk.names(in: directory).map { String(decoding: $0, as: UTF8.self) }
  }
}
