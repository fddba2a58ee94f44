import Glibc
import PackCore
import TestSupport
import XCTest

/// A Maven repository that wants a password, which only the steps that fetch are given.
final class PrivateRepositorySlowTests: XCTestCase {
  private static let password = "hunter22word"

  /// Debian's repository, for whoever says the password. Prints the port.
  private static let server = """
    import base64, functools, http.server, sys
    wanted = "Basic " + base64.b64encode(b"me:\(password)").decode()
    class Handler(http.server.SimpleHTTPRequestHandler):
        def do_GET(self):
            if self.headers.get("Authorization") == wanted: return super().do_GET()
            self.send_response(401)
            self.send_header("WWW-Authenticate", "Basic realm=packc")
            self.send_header("Content-Length", "0")
            self.end_headers()
        def log_message(self, *words): pass
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Handler, directory="/usr/share/maven-repo"))
    print(server.server_address[1], flush=True)
    server.serve_forever()
    """

  func testMavensSettingsAreForFetchStepsOnly() throws {
    try JavaProjectTests.require()
    let python = try Tools.require("python3")
    let server = try RunningProcess.start(Command([python.description, "-c", Self.server]))
    var text = [UInt8](repeating: 0, count: 16)
    var events = pollfd(fd: server.output, events: Int16(POLLIN), revents: 0)
    XCTAssertEqual(poll(&events, 1, 10_000), 1)
    let count = read(server.output, &text, text.count)
    let port = try XCTUnwrap(Int(String(decoding: text.prefix(count), as: UTF8.self).filter(\.isNumber)))

    let site = try Site(isolated: true)
    var files = JavaProjectTests.greeter
    files["unik.yaml"] = nil
    // Debian has the dependency plugin, which would gather libraries, in a version of its own.
    files["pom.xml"] = files["pom.xml"]?.split(separator: "\n").filter { !$0.contains("dependenc") }.joined(
      separator: "\n")
    files["src/main/java/com/example/Greeter.java"] = """
      package com.example;

      public class Greeter {
        public static void main(String[] args) { System.out.println("hello"); }
      }

      """
    let project = try site.write(files, to: "greeter")
    try site.write(
      [
        "settings.xml": """
        <settings>
          <servers><server><id>corp</id><username>me</username><password>\(Self.password)</password></server></servers>
          <mirrors><mirror><id>corp</id><mirrorOf>*</mirrorOf><url>http://127.0.0.1:\(port)</url></mirror></mirrors>
        </settings>

        """
      ], to: "own")
    let settings = site.directory.path / "own/settings.xml"
    let built = try site.packc(
      "build", "\(project)", "--no-unikernel", "--verbose", "--fetch-secret", "maven=\(settings)"
    ).run().expect(exit: .done)
    XCTAssertFalse(built.standardError.contains(Self.password))
    let lock = String(decoding: try FileSystem.read(project / "packc.lock"), as: UTF8.self)
    XCTAssertTrue(lock.contains("http://127.0.0.1:\(port)"), lock)
    // Nothing that is left holds it, and what is locked and fetched needs it no more.
    for place in [project, site.cache] {
      for entry in try DirectoryWalk.sortedByPath(place) where entry.status.kind == .file {
        let bytes = try FileSystem.read(place / entry.path, limit: 1 << 30)
        XCTAssertNil(bytes.firstRange(of: Array(Self.password.utf8)), "\(place / entry.path)")
      }
    }
    try site.packc("build", "\(project)", "--no-unikernel").run().expect(exit: .done)
    // Without it the tool says what it misses.
    let other = try site.write(files, to: "other")
    try FileSystem.writeAtomically(Array(lock.utf8), to: other / "packc.lock", durable: false)
    let cold = try Site("cold", in: site.directory, isolated: true)
    try cold.packc("build", "\(other)", "--no-unikernel").run().expect(exit: .stepFailed)
      .expect(standardErrorContains: "--fetch-secret")
    withExtendedLifetime(server) {}
  }
}
