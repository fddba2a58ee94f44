import CGuest

/// Host name, loopback, the one interface, /etc/resolv.conf and /etc/hosts.
struct Network {
  private var text = Text()
  private var parameter = Text()
  private var client: DHCP?
  private var lease = Lease()
  private var renewal: UInt64?
  private var addresses = FileBuffer(capacity: 4096)
  private static let loopback: StaticString = "lo"
  private static let interface: StaticString = "eth0"
  private static let interfaceDirectory: StaticString = "/sys/class/net/eth0"
  /// How long a network device may take to appear after its driver was loaded.
  private static let patience = 2000

  /// Sets everything up; `problem` says what could not be.
  mutating func configure(_ configuration: Configuration, _ cmdline: CommandLine, problem: inout Text) {
    if let hostname = configuration.hostname { _ = guest_set_hostname(hostname, length(hostname)) }
    writeHosts(configuration.hostname)
    // A kernel that was built without networks has nothing to set up.
    guard guest_exists(StaticString("/sys/class/net").cString) != 0 else { return }
    _ = guest_interface_up(Network.loopback.cString)
    set("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0\n")
    let plan = NetworkPlan(configuration, parameter: cmdline.value("ip=", into: &parameter) ? parameter.cString : nil)
    if let refused = plan.refused {
      problem.append("this is no network address: ")
      problem.append(refused)
    }
    guard plan.way != .none else { return }
    guard waitForInterface() else {
      problem.append("the machine has no network device (eth0)")
      return
    }
    allowIPv6()
    var code: Int32 = 0
    switch plan.way {
    case .none: break
    case .fixed:
      code = bringUp(plan.address, plan.prefix, plan.gateway)
      writeResolver(configuration.nameservers, (plan.nameservers.0, plan.nameservers.1, 0))
    case .dhcp: code = borrow(configuration, problem: &problem)
    }
    // The kernel tells itself of a link once a second, and IPv6 begins with that; who asks is told at once (6.12;
    // 6.1 waits).
    var carrier = FileBuffer(capacity: 8)
    _ = carrier.read(StaticString("/sys/class/net/eth0/carrier").cString)
    guard code < 0 else { return }
    problem.append("cannot set the network address: errno ")
    problem.append(Int(-code))
  }

  private func set(_ path: StaticString, _ value: StaticString) {
    _ = writeFile(
      path.cString, UnsafeBufferPointer(start: value.utf8Start, count: value.utf8CodeUnitCount), create: false)
  }

  /// The kernel takes its IPv6 addresses from the router's announcements, at once: nobody else is on this link who could
  /// have the same one, so it does not wait a second to find out.
  private func allowIPv6() {
    set("/proc/sys/net/ipv6/conf/eth0/accept_dad", "0\n")
    set("/proc/sys/net/ipv6/conf/eth0/router_solicitation_delay", "0\n")
  }

  /// eth0 has an IPv6 address that may be used: the router and who is beyond it have heard of the machine.
  mutating func hasIPv6() -> Bool {
    guard addresses.read(StaticString("/proc/net/if_inet6").cString) else { return false }
    var line = addresses.cString
    while line[0] != 0 {
      var end = 0
      while line[end] != 0, line[end] != 0x0a { end += 1 }
      // `fe80…56 02 40 20 80     eth0`; the last number holds 40 while the address is only tried.
      if end == 53, line[42] == 0x30 || line[42] == 0x38, starts(line + 45, with: "    eth0") { return true }
      guard line[end] != 0 else { return false }
      line += end + 1
    }
    return false
  }

  private func waitForInterface() -> Bool {
    var waited = 0
    while guest_exists(Network.interfaceDirectory.cString) == 0 {
      guard waited < Network.patience else { return false }
      guest_sleep(5)
      waited += 5
    }
    return true
  }

  private func bringUp(_ address: UInt32, _ prefix: Int32, _ gateway: UInt32) -> Int32 {
    let name = Network.interface.cString
    var code = Address.withBytes(address) { guest_interface_address(name, $0, prefix) }
    if code >= 0 { code = guest_interface_up(name) }
    guard code >= 0, gateway != 0 else { return code }
    if !Address.isInside(gateway, network: address, prefix: prefix) {
      code = Address.withBytes(gateway) { guest_host_route(name, $0) }
    }
    return code < 0 ? code : Address.withBytes(gateway) { guest_default_route($0) }
  }

  // MARK: - DHCP

  private mutating func borrow(_ configuration: Configuration, problem: inout Text) -> Int32 {
    let code = guest_interface_up(Network.interface.cString)
    guard code >= 0 else { return code }
    var client = DHCP(interface: Network.interface.cString, hostname: configuration.hostname)
    guard client.acquire() else {
      problem.append("no DHCP server on eth0 gave the machine an address")
      return 0
    }
    lease = client.lease
    self.client = client
    renewal = Network.later(lease.renewal)
    if lease.mtu >= 576 { _ = guest_interface_mtu(Network.interface.cString, lease.mtu) }
    writeResolver(configuration.nameservers, lease.nameservers)
    return bringUp(lease.address, lease.prefix, lease.gateway)
  }

  /// Nil for a lease that is for ever.
  private static func later(_ seconds: UInt32) -> UInt64? {
    seconds == 0 || seconds == .max ? nil : guest_clock() + UInt64(seconds) * 1_000_000_000
  }

  /// When `renew` is to be called.
  var nextRenewal: UInt64? { renewal }

  /// Asks for the address again when it is time to; a server that does not answer is asked again in a minute, and the
  /// address is kept: without it the machine were lost for sure.
  mutating func renew() {
    guard let due = renewal, guest_clock() >= due, client != nil else { return }
    guard client?.renew() ?? false, let next = client?.lease else {
      renewal = Network.later(60)
      return
    }
    if next.address != lease.address { _ = bringUp(next.address, next.prefix, next.gateway) }
    lease = next
    renewal = Network.later(lease.renewal)
  }

  // MARK: - Files

  /// What the place says (DHCP, `ip=`) goes before what the image says.
  private mutating func writeResolver(_ configured: StringList, _ found: (UInt32, UInt32, UInt32)) {
    text.clear()
    for address in [found.0, found.1, found.2] where address != 0 {
      text.append("nameserver ")
      text.append(address: address)
      text.append("\n")
    }
    if text.count == 0 {
      for index in 0..<configured.count {
        text.append("nameserver ")
        text.append(configured[index])
        text.append("\n")
      }
    }
    guard text.count > 0 else { return }
    let path = StaticString("/etc/resolv.conf").cString
    _ = guest_mkdir(StaticString("/etc").cString, 0o755)
    _ = guest_unlink(path)
    _ = writeFile(path, text.bytes, create: true)
  }

  /// Unless the image has its own.
  private mutating func writeHosts(_ hostname: CString?) {
    let path = StaticString("/etc/hosts").cString
    guard guest_exists(path) == 0 else { return }
    text.clear()
    text.append("127.0.0.1 localhost\n::1 localhost\n")
    if let hostname {
      text.append("127.0.1.1 ")
      text.append(hostname)
      text.append("\n")
    }
    _ = guest_mkdir(StaticString("/etc").cString, 0o755)
    _ = writeFile(path, text.bytes, create: true)
  }
}
