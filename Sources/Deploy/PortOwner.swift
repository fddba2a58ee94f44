internal import Glibc
internal import Kernel
internal import PackCore
internal import Runner

/// Who listens at a port of this host, as far as /proc lets us see.
enum PortOwner {
  /// `process 123 (nginx -g daemon off;)`; nil when it is not visible.
  static func find(_ port: PublishedPort) -> String? {
    let name = port.guest.transport == .tcp ? "tcp" : "udp"
    var sockets: Set<String> = []
    for file in [name, name + "6"] {
      let bytes = (try? FileSystem.read(HostPath("/proc/net/\(file)"), limit: 16 << 20)) ?? []
      for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n").dropFirst() {
        // `  0: 0100007F:1F90 00000000:0000 0A … uid timeout inode …`; 0A listens, 07 is UDP's.
        let fields = line.split(separator: " ")
        guard fields.count > 9, ["0A", "07"].contains(fields[3]),
          let number = fields[1].split(separator: ":").last.flatMap({ UInt16($0, radix: 16) }), number == port.hostPort
        else { continue }
        sockets.insert("socket:[\(fields[9])]")
      }
    }
    guard !sockets.isEmpty else { return nil }
    return process(with: sockets)
  }

  private static func process(with sockets: Set<String>) -> String? {
    let numbers = ((try? DirectoryWalk.names(in: "/proc")) ?? []).compactMap {
      Int32(String(decoding: $0, as: UTF8.self))
    }
    for pid in numbers.sorted() {
      let directory = HostPath("/proc/\(pid)/fd")
      for name in (try? DirectoryWalk.names(in: directory)) ?? [] {
        guard let target = try? FileSystem.linkTarget(directory / HostPath(bytes: name)),
          sockets.contains(String(decoding: target, as: UTF8.self))
        else { continue }
        return "process \(pid) (\(command(pid)))"
      }
    }
    return nil
  }

  private static func command(_ pid: Int32) -> String {
    let bytes = (try? FileSystem.head(HostPath("/proc/\(pid)/cmdline"), count: 200)) ?? nil
    return String(decoding: bytes ?? [], as: UTF8.self).split(separator: "\0").joined(separator: " ")
  }
}

/// Looks whether the ports of a deployment can be had. To be called under `portsLock`, which the caller keeps until the
/// supervisor has bound them.
struct PortCheck {
  let state: StateDirectory

  func check(_ ports: [PublishedPort], for name: String) throws {
    let all = try Deployment.all(state)
    let others = all.filter { $0.name != name && $0.isAlive }
    for port in ports {
      if let other = all.first(where: { $0.balancer.map { Self.collide($0.balance.listen, port) } ?? false }) {
        throw DeployFailure.portOfOurs(port, other.name)
      }
      if let other = others.first(where: { $0.spec?.publish.contains { Self.collide($0, port) } ?? false }) {
        throw DeployFailure.portOfOurs(port, other.name)
      }
      try checkFree(port)
    }
  }

  /// The port of a balancer, which nobody may have, the deployment itself neither.
  func checkBalanced(_ port: PublishedPort) throws {
    for other in try Deployment.all(state) where other.isAlive || other.balancer != nil {
      let taken = (other.isAlive ? other.spec?.publish ?? [] : []) + (other.balancer.map { [$0.balance.listen] } ?? [])
      if taken.contains(where: { Self.collide($0, port) }) { throw DeployFailure.portOfOurs(port, other.name) }
    }
    try checkFree(port)
  }

  /// A machine that was just killed keeps its sockets until the last of its threads is gone; nobody is seen to have them then.
  private func checkFree(_ port: PublishedPort) throws {
    for attempt in 0... {
      do { return try port.checkFree() } catch var failure as Failure {
        guard failure.code == "port_taken" else { throw failure }
        failure.exit = .failed
        if let owner = PortOwner.find(port) {
          failure.message = "port \(port.hostPort)/\(port.guest.transport.rawValue) is held by \(owner)"
          throw failure
        }
        guard attempt < Self.patience else { throw failure }
        usleep(20_000)
      }
    }
  }

  /// Times twenty milliseconds.
  private static let patience = 100

  static func collide(_ a: PublishedPort, _ b: PublishedPort) -> Bool {
    guard a.hostPort == b.hostPort, a.guest.transport == b.guest.transport else { return false }
    if a.address == b.address || a.address == "::" || b.address == "::" { return true }
    return a.isIPv6 == b.isIPv6 && (a.address == "0.0.0.0" || b.address == "0.0.0.0")
  }
}
