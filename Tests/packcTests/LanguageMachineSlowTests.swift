import PackCore
import TestSupport
import XCTest

/// A server in each language in a machine with packc's own kernel (compiled once for the shared catalog: minutes). It is
/// reached over IPv4 and IPv6, cannot write where nothing was declared, and its exit code is packc's.
final class LanguageMachineSlowTests: XCTestCase {
  /// Answers `/` with "hello", `/write` with "refused" when it cannot write beside itself, and ends with 7 at `/end`.
  private static let c: [String: String] = [
    "unik.yaml": "version: 1\nbuild:\n  command: gcc -O1 -static -o server server.c\nartifact: {path: server}\n" + run,
    "server.c": """
    #include <fcntl.h>
    #include <netinet/in.h>
    #include <stdio.h>
    #include <string.h>
    #include <sys/socket.h>
    #include <unistd.h>
    int main(void) {
      struct sockaddr_in6 at = {.sin6_family = AF_INET6, .sin6_port = htons(8080)};
      int server = socket(AF_INET6, SOCK_STREAM, 0);
      if (bind(server, (void *)&at, sizeof at) || listen(server, 8)) return 1;
      for (;;) {
        char request[4096] = "", answer[256];
        int client = accept(server, 0, 0);
        if (client < 0 || read(client, request, sizeof request - 1) <= 0) continue;
        if (!strncmp(request, "GET /end", 8)) return 7;
        const char *text = "hello";
        if (!strncmp(request, "GET /write", 10))
          text = open("/app/new", O_WRONLY | O_CREAT, 0644) < 0 ? "refused" : "written";
        int length = snprintf(answer, sizeof answer, "HTTP/1.0 200 OK\\r\\nContent-Length: %zu\\r\\n\\r\\n%s", strlen(text), text);
        write(client, answer, length);
        close(client);
      }
    }

    """,
  ]
  private static let go: [String: String] = [
    "unik.yaml": "version: 1\n" + run, "go.mod": "module example.com/six\n\ngo 1.22\n",
    "main.go": """
    package main

    import (
    \t"fmt"
    \t"net/http"
    \t"os"
    )

    func main() {
    \thttp.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "hello") })
    \thttp.HandleFunc("/end", func(w http.ResponseWriter, r *http.Request) { os.Exit(7) })
    \thttp.HandleFunc("/write", func(w http.ResponseWriter, r *http.Request) {
    \t\tif os.WriteFile("/app/new", []byte("x"), 0o644) != nil {
    \t\t\tfmt.Fprint(w, "refused")
    \t\t}
    \t})
    \tfmt.Println(http.ListenAndServe("[::]:8080", nil))
    }

    """,
  ]
  private static let rust: [String: String] = [
    "unik.yaml": "version: 1\n" + run,
    "Cargo.toml": "[package]\nname = \"six\"\nversion = \"0.1.0\"\nedition = \"2021\"\n",
    "Cargo.lock": "version = 3\n\n[[package]]\nname = \"six\"\nversion = \"0.1.0\"\n",
    "src/main.rs": """
    use std::io::{Read, Write};
    use std::net::TcpListener;

    fn main() {
        let listener = TcpListener::bind("[::]:8080").expect("the port is free");
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let mut request = [0; 4096];
            let count = stream.read(&mut request).unwrap_or(0);
            let mut text = "hello";
            if request[..count].starts_with(b"GET /end") {
                std::process::exit(7);
            }
            if request[..count].starts_with(b"GET /write") {
                text = if std::fs::write("/app/new", "x").is_err() { "refused" } else { "written" };
            }
            let _ = write!(stream, "HTTP/1.0 200 OK\\r\\nContent-Length: {}\\r\\n\\r\\n{text}", text.len());
        }
    }

    """,
  ]
  private static let python: [String: String] = [
    "unik.yaml": "version: 1\n" + run, "requirements.txt": "",
    "main.py": """
    import http.server
    import os
    import socket


    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            text = b"hello"
            if self.path == "/end":
                os._exit(7)
            if self.path == "/write":
                try:
                    open("/app/new", "w")
                    text = b"written"
                except OSError:
                    text = b"refused"
            self.send_response(200)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)


    class Server(http.server.HTTPServer):
        address_family = socket.AF_INET6


    if __name__ == "__main__":
        Server(("::", 8080), Handler).serve_forever()

    """,
  ]
  private static let node: [String: String] = [
    "unik.yaml": "version: 1\n" + run,
    "package.json":
      "{\"name\": \"six\", \"version\": \"1.0.0\", \"private\": true, \"scripts\": {\"start\": \"node server.js\"}}\n",
    "server.js": """
    const fs = require("fs");
    require("http")
      .createServer((request, answer) => {
        if (request.url === "/end") process.exit(7);
        let text = "hello";
        if (request.url === "/write") {
          try {
            fs.writeFileSync("/app/new", "x");
            text = "written";
          } catch (error) {
            text = "refused";
          }
        }
        answer.end(text);
      })
      .listen(8080, "::");

    """,
  ]
  private static let java: [String: String] = [
    "unik.yaml": "version: 1\noptions: {maven_repo: /usr/share/maven-repo}\n" + run,
    "pom.xml": """
    <project xmlns="http://maven.apache.org/POM/4.0.0">
      <modelVersion>4.0.0</modelVersion>
      <groupId>com.example</groupId>
      <artifactId>six</artifactId>
      <version>1.0</version>
      <properties>
        <maven.compiler.source>17</maven.compiler.source>
        <maven.compiler.target>17</maven.compiler.target>
        <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
      </properties>
    </project>

    """,
    "src/main/java/com/example/Six.java": """
    package com.example;

    import com.sun.net.httpserver.HttpServer;
    import java.net.InetSocketAddress;
    import java.nio.file.Files;
    import java.nio.file.Path;

    public class Six {
      public static void main(String[] args) throws Exception {
        var server = HttpServer.create(new InetSocketAddress("::", 8080), 0);
        server.createContext("/", exchange -> {
          var path = exchange.getRequestURI().getPath();
          if (path.equals("/end")) Runtime.getRuntime().halt(7);
          var text = "hello";
          if (path.equals("/write")) {
            try {
              Files.writeString(Path.of("/app/new"), "x");
              text = "written";
            } catch (java.io.IOException error) {
              text = "refused";
            }
          }
          exchange.sendResponseHeaders(200, text.length());
          exchange.getResponseBody().write(text.getBytes());
          exchange.close();
        });
        server.start();
      }
    }

    """,
  ]
  private static let run = "run: {ports: [8080/tcp]}\n"

  private func fetch(_ address: String, _ port: UInt16, _ path: String) throws -> String {
    try Tools.run("curl", ["-s", "-g", "--max-time", "20", "http://\(address):\(port)\(path)"]).outputText
  }

  private func serve(_ files: [String: String], line: UInt = #line) throws {
    let site = try Site()
    let kernel = try site.packc("kernel", "build", "--json").run().expect(exit: .done).json().value
    XCTAssertEqual(try SchemaCheck("kernel.schema.json", definition: "build").problems(kernel), [])
    let project = try site.write(files, to: "six")
    _ = try site.build(project, "--kernel", kernel["digest"]?.string ?? "", line: line)
    let (four, six) = (try Ports.free(), try Ports.free())
    let machine = try Background(
      site, ["run", "\(project)", "-p", "127.0.0.1:\(four):8080", "-p", "[::1]:\(six):8080"])
    XCTAssertEqual(try machine.answer(port: four, line: line), "hello", line: line)
    let deadline = HostContext.monotonicClock() + 20_000_000_000
    while !machine.output.contains("ready: "), HostContext.monotonicClock() < deadline { usleep(20_000) }
    XCTAssertEqual(try fetch("[::1]", six, "/"), "hello", machine.output, line: line)
    XCTAssertEqual(try fetch("127.0.0.1", four, "/write"), "refused", machine.output, line: line)
    XCTAssertEqual(try fetch("127.0.0.1", four, "/end"), "", line: line)
    XCTAssertEqual(try machine.end(within: 20), .exited(7), machine.output, line: line)
    try Leftovers.assertNone(site)
  }

  func testC() throws { try serve(Self.c) }
  func testGo() throws { try serve(Self.go) }
  func testRust() throws {
    try RustProjectTests.requireCargo()
    try serve(Self.rust)
  }
  func testPython() throws { try serve(Self.python) }
  func testNode() throws { try serve(Self.node) }
  func testJava() throws { try serve(Self.java) }
}
