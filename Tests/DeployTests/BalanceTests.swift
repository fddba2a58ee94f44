import PackCore
import Runner
import TestSupport
import XCTest

@testable import Deploy

/// What is written down of a balancer, what haproxy is told, and what is told of both.
final class BalanceTests: XCTestCase {
  private func balance(_ health: String? = "http:/healthz", _ listen: String = "0.0.0.0:8000:80") throws -> Balance {
    Balance(
      try PublishedPort(parsing: listen),
      [
        Balance.Server(name: "web", port: try PublishedPort(parsing: "0.0.0.0:8080:80")),
        Balance.Server(name: "web-2", port: try PublishedPort(parsing: "[::1]:8081:80")),
      ], health: try health.map { try HealthSpec(parsing: $0) }, id: "0123456789abcdef01234567")
  }

  func testItComesBackAsItWasWritten() throws {
    let directory = MachineDirectory(path: try TemporaryDirectory().path)
    for health in [nil, "tcp", "http:80/x?y=%20"] {
      let written = try balance(health)
      try FileSystem.createDirectory(directory.path)
      try written.write(directory)
      XCTAssertEqual(try Balance.read(directory), written)
    }
  }

  func testWhatHAProxyIsTold() throws {
    XCTAssertEqual(
      HAProxyConfiguration(balance: try balance()).text,
      """
      # Written by packc; `packc scale` writes it anew.
      defaults
        mode tcp
        timeout connect 5s
        timeout client 1h
        timeout server 1h
        timeout check 2s
        retries 3
        option redispatch
      frontend front
        bind 0.0.0.0:8000
        default_backend replicas
      backend replicas
        balance roundrobin
        option httpchk
        http-check send meth GET uri /healthz hdr Host localhost
        http-check expect rstatus ^[23]
        server web 127.0.0.1:8080 check inter 1s fall 2 rise 1
        server web-2 [::1]:8081 check inter 1s fall 2 rise 1

      """)
  }

  /// Whatever path a health check has, haproxy reads the file.
  func testHAProxyTakesWhatItIsTold() throws {
    let place = try TemporaryDirectory()
    let tool = try XCTUnwrap(Balancer.tool(HostContext(environment: [:], workingDirectory: "/", executable: "/x")))
    for health in [nil, "tcp", "http:/", "http:/a?b=%20&c=~", "http:/\"'$#\\x", "http:/ü"] {
      for listen in ["127.0.0.1:8000:80", "[::1]:8000:80", "[::]:8000:80"] {
        let text = HAProxyConfiguration(balance: try balance(health, listen)).text
        let file = try place.write(text, to: "haproxy.cfg")
        let result = try ProcessRunner().run(Command([tool.description, "-c", "-f", file.description], timeout: 30))
        XCTAssertTrue(result.succeeded, "\(health ?? "") \(listen): \(result.errorText)")
      }
    }
  }

  func testADeadBalancerIsNeverCalledWell() throws {
    let directory = MachineDirectory(path: try TemporaryDirectory().path)
    try FileSystem.createDirectory(directory.path)
    XCTAssertNil(try BalancerState.seen(directory))
    let balance = try balance()
    try balance.write(directory)
    XCTAssertEqual(try BalancerState.seen(directory)?.phase, .failed)
    let dead = ProcessIdentity(pid: 1, start: 1, bootID: ProcessIdentity.currentBootID())
    let living = try RunningProcess.start(
      Command(["/bin/sleep", "100"], environment: [DeploymentRecord.mark: balance.id]))
    for (identity, isLooked, phase) in [
      (ProcessIdentity.of(living.pid), true, BalancerState.Phase.running), (dead, true, .starting),
      (nil, true, .starting), (ProcessIdentity.of(living.pid), false, .broken),
    ] {
      let lock = isLooked ? try FileLock.attempt(directory.balancerLock) : nil
      try BalancerReport(haproxy: identity).write(directory)
      let seen = try withExtendedLifetime(lock) { try BalancerState.seen(directory) }
      XCTAssertEqual(seen?.phase, phase)
      XCTAssertEqual(seen?.nextStep("web") == nil, phase == .running)
    }
  }

  func testPortsOfThisHost() throws {
    for (text, address, number) in [("8000", "127.0.0.1", 8000), ("0.0.0.0:1", "0.0.0.0", 1), ("[::]:9", "::", 9)] {
      let port = try HostPort(parsing: text)
      XCTAssertEqual(port.address, address)
      XCTAssertEqual(Int(port.number), number)
    }
    for text in ["", "0", "x", "1:2:3", "80/tcp", "a:1"] {
      assertFailure("bad_balance", exit: .usage, text) { try HostPort(parsing: text) }
    }
  }
}
