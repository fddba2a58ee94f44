import Glibc
import PackCore
import Runner
import TestSupport
import XCTest

@testable import Deploy

/// Ports that are taken, and by whom.
final class PortTests: XCTestCase {
  /// A listener of this process at a port that the kernel chose.
  private final class Listener {
    let socket: Descriptor
    let port: UInt16
    init(_ socket: consuming Descriptor, _ port: UInt16) {
      self.socket = socket
      self.port = port
    }
  }
  private func listener() throws -> Listener {
    let raw = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var place = sockaddr_in()
    place.sin_family = sa_family_t(AF_INET)
    inet_pton(AF_INET, "127.0.0.1", &place.sin_addr)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &place) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        XCTAssertEqual(bind(raw, $0, length), 0)
        XCTAssertEqual(listen(raw, 8), 0)
        XCTAssertEqual(getsockname(raw, $0, &length), 0)
      }
    }
    return Listener(Descriptor(owning: raw), UInt16(bigEndian: place.sin_port))
  }

  func testAStrangerIsNamed() throws {
    let place = try TemporaryDirectory()
    let listener = try listener()
    let number = listener.port
    let port = try PublishedPort(parsing: "\(number):80")
    let failure = assertFailure("port_taken", exit: .failed) {
      try PortCheck(state: StateDirectory(root: place.path)).check([port], for: "shop")
    }
    XCTAssertTrue(failure?.message.contains("process \(getpid()) (") ?? false, failure?.message ?? "")
    XCTAssertNotNil(failure?.hint)
    withExtendedLifetime(listener) {}
  }

  func testADeploymentIsNamed() throws {
    let place = try TemporaryDirectory()
    let state = StateDirectory(root: place.path)
    try state.create()
    let directory = state.machine("shop")
    try FileSystem.createDirectory(directory.path)
    try DeploymentRecord(name: "shop", spec: try StateTests.spec(), now: 7).write(directory)
    try MachineState(.running, release: 1).write(directory)
    let lives = try XCTUnwrap(try FileLock.attempt(directory.supervisorLock))
    let port = try PublishedPort(parsing: "8080:1")
    let failure = assertFailure("port_taken", exit: .failed) {
      try PortCheck(state: state).checkOthers([port], for: "other")
    }
    XCTAssertTrue(failure?.message.contains("deployment shop") ?? false)
    try PortCheck(state: state).checkOthers([port], for: "shop")
    withExtendedLifetime(lives) {}
  }

  func testAddressesCollideAsTheKernelSaysTheyDo() throws {
    let rows: [(String, String, Bool)] = [
      ("80:1", "80:2", true), ("80:1", "81:1", false), ("80:1", "80:1/udp", false), ("0.0.0.0:80:1", "80:1", true),
      ("127.0.0.2:80:1", "80:1", false), ("[::]:80:1", "80:1", true), ("[::1]:80:1", "80:1", false),
    ]
    for (a, b, collide) in rows {
      let (one, two) = (try PublishedPort(parsing: a), try PublishedPort(parsing: b))
      XCTAssertEqual(PortCheck.collide(one, two), collide, "\(a) \(b)")
      XCTAssertEqual(PortCheck.collide(two, one), collide, "\(b) \(a)")
    }
  }

  func testAReservedPortIsOursToListenAtAndNobodyElses() throws {
    let number = try listener().port
    let port = try PublishedPort(parsing: "\(number):80")
    let held = try XCTUnwrap(try port.reserve()?.release())
    defer { close(held) }
    // As QEMU does.
    try port.checkFree()
    let raw = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    let other = Descriptor(owning: raw)
    var place = sockaddr_in()
    place.sin_family = sa_family_t(AF_INET)
    place.sin_port = number.bigEndian
    inet_pton(AF_INET, "127.0.0.1", &place.sin_addr)
    let code = withUnsafePointer(to: &place) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(other.raw, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    XCTAssertEqual(code, -1)
    XCTAssertEqual(errno, EADDRINUSE)
  }

  // MARK: - Health

  /// Serves one answer to each connection until the check has settled.
  private func check(_ answer: String?, _ spec: HealthSpec) throws -> Check {
    let listener = try listener()
    let number = listener.port
    let health = HealthCheck(spec, try PublishedPort(parsing: "\(number):80"))
    health.begin()
    let end = HostContext.monotonicClock() + 3_000_000_000
    var accepted: [Int32] = []
    while health.check.result == .waiting, HostContext.monotonicClock() < end {
      var watched = [
        pollfd(fd: listener.socket.raw, events: Int16(POLLIN), revents: 0),
        pollfd(fd: health.descriptor, events: health.events, revents: 0),
      ]
      _ = poll(&watched, 2, 20)
      if watched[0].revents != 0 {
        let client = accept(listener.socket.raw, nil, nil)
        guard let answer else {
          close(client)
          continue
        }
        accepted.append(client)
        if case .http = spec {
          health.advance()
          var request = [UInt8](repeating: 0, count: 1000)
          _ = recv(client, &request, request.count, 0)
          _ = send(client, answer, answer.utf8.count, Int32(MSG_NOSIGNAL))
        }
      }
      health.advance()
    }
    for client in accepted { close(client) }
    return withExtendedLifetime(listener) { health.check }
  }

  func testAProgramIsWellWhenItSaysSo() throws {
    let http = try HealthSpec(parsing: "http:/healthz")
    XCTAssertEqual(try check("HTTP/1.1 200 OK\r\n\r\n", http).result, .pass)
    XCTAssertEqual(try check("HTTP/1.1 503 No\r\n\r\n", http), Check(.fail, "http:/healthz answered 503"))
    XCTAssertEqual(try check("SSH-2.0\r\n", http).result, .fail)
    XCTAssertEqual(try check(nil, http).result, .fail)
    XCTAssertEqual(try check("", try HealthSpec(parsing: "tcp")).result, .pass)
    XCTAssertEqual(try check(nil, try HealthSpec(parsing: "tcp")).result, .fail)
  }
}
