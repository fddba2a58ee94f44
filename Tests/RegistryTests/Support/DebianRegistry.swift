import Glibc
import PackCore
import TestSupport
import XCTest

/// Debian's docker-registry on a free port of loopback, in a directory of its own, with an authority of its own for TLS.
final class DebianRegistry {
  struct Wishes {
    /// `USER`, `PASSWORD`
    var basic: (String, String)?
    var tls = false
  }
  let directory: TemporaryDirectory
  let port: UInt16
  /// Runs until the box is empty: other children of this process come and go.
  private var process: ProcessBox?
  var host: String { "localhost:\(port)" }
  /// The authority's certificate, PEM.
  var authority: HostPath { directory / "ca.crt" }

  init(_ wishes: Wishes = Wishes()) throws {
    let tool = try Tools.require("docker-registry")
    directory = try TemporaryDirectory("registry")
    port = try Self.freePort()
    var http = "http:\n  addr: \"127.0.0.1:\(port)\"\n"
    var auth = ""
    if wishes.tls {
      try makeCertificates()
      http += "  tls:\n    certificate: \(directory / "server.crt")\n    key: \(directory / "server.key")\n"
    }
    if let (user, password) = wishes.basic {
      let line = try Tools.output("htpasswd", ["-Bbn", user, password])
      try directory.write(line, to: "htpasswd")
      auth = "auth:\n  htpasswd:\n    realm: test\n    path: \(directory / "htpasswd")\n"
    }
    let configuration = try directory.write(
      "version: 0.1\nlog: {level: error}\nstorage: {filesystem: {rootdirectory: \(directory / "data")}}\n\(http)\(auth)",
      to: "config.yml")
    try start(tool, configuration)
  }

  /// To be called by the test that made it; what is dropped earlier would be gone too early.
  func stop() {
    process = nil
  }

  private static func freePort() throws -> UInt16 {
    let server = try ScriptedServer { _ in ScriptedAnswer() }
    defer { server.stop() }
    return server.port
  }

  /// In the background; the tools that run to their end are no use here.
  private func start(_ tool: HostPath, _ configuration: HostPath) throws {
    process = ProcessBox(
      try RunningProcess.start(
        Command(
          [tool.description, "serve", configuration.description], environment: ["PATH": "/usr/bin:/bin"],
          standardOutput: .discard, standardError: .discard)))
    for _ in 0..<200 where !isListening() { _ = poll(nil, 0, 25) }
  }

  private func isListening() -> Bool {
    let connection = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(connection) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(connection, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }

  private func makeCertificates() throws {
    func openssl(_ arguments: String...) throws { _ = try Tools.output("openssl", arguments, in: directory.path) }
    let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    _ = try Tools.output(
      "openssl", ["req", "-x509"] + curve + ["-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=test authority"],
      in: directory.path)
    _ = try Tools.output(
      "openssl", ["req"] + curve + ["-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost"],
      in: directory.path)
    try directory.write("subjectAltName=DNS:localhost,IP:127.0.0.1\n", to: "names")
    try openssl(
      "x509", "-req", "-in", "server.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
      "-extfile", "names", "-out", "server.crt")
  }
}

private final class ProcessBox {
  private let process: RunningProcess
  init(_ process: consuming RunningProcess) { self.process = process }
}
