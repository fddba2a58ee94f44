internal import Glibc
internal import Kernel
internal import PackCore

/// passt(1) between a machine and this host, for ports that are published on IPv6 addresses (QEMU's own user network
/// forwards IPv4 only) and for programs that may connect to declared places only. It speaks to QEMU over a socket that both inherit, needs no rights, and ends with it.
///
/// The machine sees the addresses that its image says (QEMU's), the name server by passt's forwarding, and IPv6 by
/// announcements, as the host has it.
final class PasstNetwork {
  private var process: RunningProcess
  private var filtered: FilteredLink?
  /// passt's descriptor of the socket.
  private static let descriptor: Int32 = 3

  /// `socket` is connected to QEMU's, and still the caller's to close. A filter lies between the two.
  init(
    _ tool: HostPath, _ network: GuestNetwork, _ ports: [PublishedPort], socket: Int32, environment: [String: String],
    filter: EgressFilter?, reporter: Reporter
  ) throws {
    func start(_ socket: Int32) throws -> RunningProcess {
      var command = Self.command(tool, network, ports, socket: socket)
      command.environment.merge(environment) { known, _ in known }
      return try RunningProcess.start(command)
    }
    guard let filter else {
      process = try start(socket)
      return
    }
    let own = try SocketPair()
    let link = Descriptor(owning: fcntl(socket, F_DUPFD_CLOEXEC, 0))
    guard link.raw >= 0 else { throw Failure.system("duplicate a socket", errno: errno) }
    process = try start(own.theirs.raw)
    filtered = try FilteredLink(machine: link, network: own.takeOurs(), filter: filter, reporter: reporter)
  }

  /// Readable once it has ended.
  var endDescriptor: Int32 { process.endDescriptor }

  /// What went wrong when it has ended.
  func failure() throws -> Failure? {
    guard let end = try process.reapIfEnded() else { return nil }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = read(process.error, &bytes, bytes.count)
    return RunFailure.networkFailed(end, errors: String(decoding: bytes.prefix(max(0, count)), as: UTF8.self))
  }

  private static func command(
    _ tool: HostPath, _ network: GuestNetwork, _ ports: [PublishedPort], socket: Int32
  ) -> Command {
    var arguments = [tool.description, "--foreground", "--quiet", "--fd", String(descriptor)]
    // Else passt lends the host's own by DHCP.
    if !network.host.isEmpty {
      let prefix = String(network.address.dropFirst(network.host.count + 1))
      arguments += ["--address", network.host, "--netmask", prefix, "--gateway", network.gateway]
      arguments += ["--dns-forward", network.nameserver]
    }
    for transport in [GuestPort.Transport.tcp, .udp] {
      let specs = ports.filter { $0.guest.transport == transport }.map(spec)
      let flag = transport == .tcp ? "--tcp-ports" : "--udp-ports"
      arguments += specs.isEmpty ? [flag, "none"] : specs.flatMap { [flag, $0] }
    }
    return Command(
      arguments, environment: ["PATH": "/usr/bin:/bin"], standardOutput: .discard, standardError: .capture,
      descriptors: [(socket, descriptor)])
  }

  /// `::1/8080:80`; without an address every one of both families.
  private static func spec(_ port: PublishedPort) -> String {
    let numbers = "\(port.hostPort):\(port.guest.number)"
    return port.address == "::" ? numbers : "\(port.address)/\(numbers)"
  }

  /// passt has one list of ports for both families.
  static func check(_ ports: [PublishedPort]) throws {
    var seen: Set<GuestPort> = []
    for port in ports where !seen.insert(GuestPort(number: port.hostPort, transport: port.guest.transport)).inserted {
      throw RunFailure.badPublish(
        port.description,
        "port \(port.hostPort) of this host is published twice, which goes together with IPv6 only as [::]")
    }
  }
}
