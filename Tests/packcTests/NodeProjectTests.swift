import Glibc
import PackCore
import TestSupport
import XCTest

/// Node servers: without packages, and with packages that are part of the project, one of them native.
final class NodeProjectTests: XCTestCase {
  private let server = """
    const port = process.env.PORT || 8080;
    require("http").createServer((_, answer) => answer.end("hello from Node\\n")).listen(port);

    """

  func testAServerWithoutPackagesIsFoundAndAnswers() throws {
    _ = try Tools.require("node")
    let site = try Site()
    let project = try site.write(
      [
        "package.json": "{\"name\": \"@acme/hello\", \"scripts\": {\"start\": \"node server.js\"}}",
        "server.js": server,
      ],
      to: "node")
    let built = try site.build(project)
    XCTAssertEqual(try SchemaCheck("build.schema.json").problems(built.json), [])
    XCTAssertEqual(built.json["name"], "hello")
    for (what, source) in [("pack", "package.json"), ("program", "package.json:1"), ("port", "server.js:1")] {
      let found = built.decision(what)?["source"]?.string ?? "none"
      XCTAssertTrue(found.hasPrefix(source), "\(what) ← \(found)")
    }
    try Listings.assertNoShell(built)
    let port = try Ports.free()
    let machine = try Background(site, ["run", "\(project)", "-p", "127.0.0.1:\(port):8080"])
    XCTAssertEqual(try machine.answer(port: port), "hello from Node\n")
    machine.signal(SIGTERM)
    _ = try machine.end(within: 5)
    try Leftovers.assertNone(site)
  }

  /// What a native addon needs of Node's headers, so that the test needs none.
  private let addon = """
    typedef struct napi_env__ *napi_env; typedef struct napi_value__ *napi_value;
    extern int napi_create_string_utf8(napi_env, const char *, unsigned long, napi_value *);
    napi_value napi_register_module_v1(napi_env env, napi_value exports) {
      napi_value text;
      napi_create_string_utf8(env, "hello from C in Node\\n", (unsigned long)-1, &text);
      return text;
    }

    """

  func testCommittedPackagesWithAnAddonAndABuild() throws {
    _ = try Tools.require("node")
    let files = [
      "package.json": """
      {"name": "shop", "dependencies": {"addon": "1"},
       "scripts": {"build": "node make.js", "start": "NODE_ENV=production node dist/server.js"}}
      """,
      "make.js": """
      const fs = require("fs");
      fs.mkdirSync("dist");
      fs.writeFileSync("dist/server.js", fs.readFileSync("src/server.ts"));

      """,
      "src/server.ts": """
      require("http").createServer((_, answer) => answer.end(require("addon"))).listen(process.env.PORT || 4000);

      """, "node_modules/addon/package.json": "{\"name\": \"addon\", \"version\": \"1.0.0\", \"main\": \"a.node\"}",
      "addon.c": addon, "node_modules/.cache/junk": "of this host",
    ]
    var images: [String?] = []
    for name in ["one", "two"] {
      let site = try Site(isolated: true)
      let project = try site.write(files, to: name)
      _ = try Tools.output(
        "gcc", ["-shared", "-fPIC", "-O1", "-o", "node_modules/addon/a.node", "addon.c"], in: project)
      try FileSystem.removeFile(project / "addon.c")
      let built = try site.build(project, "--no-unikernel")
      images.append(built.image)
      guard name == "one" else { continue }
      XCTAssertEqual(built.layers.compactMap { $0["role"]?.string }, ["runtime", "dependencies", "application"])
      XCTAssertEqual(built.decision("packages")?["source"], "node_modules")
      XCTAssertEqual(built.decision("port")?["source"], "src/server.ts:1")
      let listed = try Listings.names(built)
      XCTAssertTrue(listed.contains("app/dist/server.js") && listed.contains("app/node_modules/addon/a.node"))
      XCTAssertFalse(listed.contains { $0.contains(".cache") })
      XCTAssertFalse(FileSystem.exists(project / "dist"), "the build ran in the project itself")
      XCTAssertEqual(try Podman.answer(built, site, port: Ports.free()), "hello from C in Node\n")
    }
    XCTAssertEqual(images[0], images[1], "two places and caches, one image")
  }

  func testALockThatDoesNotFitNamesTheMend() throws {
    let site = try Site()
    let project = try site.write(
      ["package.json": "{\n  \"dependencies\": {\"left\": \"1\"}\n}\n", "index.js": "", "package-lock.json": "{}"],
      to: "outdated")
    try site.packc("build", "\(project)").run().expect(exit: .lock)
      .expect(standardErrorContains: "package.json:2").expect(standardErrorContains: "npm install --package-lock-only")
    XCTAssertFalse(FileSystem.exists(project / ".packc"))
  }
}
