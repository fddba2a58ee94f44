import CGuest

/// Host name, loopback, the one interface with its fixed address, /etc/resolv.conf and /etc/hosts.
struct Network {
  private var text = Text()
  private static let loopback: StaticString = "lo"
  private static let interface: StaticString = "eth0"
  private static let interfaceDirectory: StaticString = "/sys/class/net/eth0"
  /// How long a network device may take to appear after its driver was loaded.
  private static let patience = 2000

  /// Sets everything up; `problem` says what could not be.
  mutating func configure(_ configuration: Configuration, problem: inout Text) {
    if let hostname = configuration.hostname { _ = guest_set_hostname(hostname, length(hostname)) }
    _ = guest_interface_up(Network.loopback.cString)
    allowLowPorts()
    writeHosts(configuration.hostname)
    guard let address = configuration.address else { return }
    guard waitForInterface() else {
      problem.append("the machine has no network device (eth0)")
      return
    }
    configure(address, configuration.gateway, problem: &problem)
    writeResolver(configuration.nameservers)
  }

  /// Any user may listen on ports below 1024: nobody else lives in this machine.
  private mutating func allowLowPorts() {
    text.clear()
    text.append("0\n")
    _ = writeFile(StaticString("/proc/sys/net/ipv4/ip_unprivileged_port_start").cString, text.bytes, create: false)
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

  private func configure(_ address: CString, _ gateway: CString?, problem: inout Text) {
    var parsed = Address()
    guard parsed.parse(address) else {
      problem.append("the address in /.packc/config is none: ")
      problem.append(address)
      return
    }
    let name = Network.interface.cString
    var code = guest_interface_address(name, parsed.start, parsed.prefix)
    if code >= 0 { code = guest_interface_up(name) }
    if code >= 0, let gateway {
      var route = Address()
      code = route.parse(gateway) ? guest_default_route(route.start) : -22
    }
    guard code < 0 else { return }
    problem.append("cannot set the network address: errno ")
    problem.append(Int(-code))
  }

  private mutating func writeResolver(_ nameservers: StringList) {
    guard nameservers.count > 0 else { return }
    text.clear()
    for index in 0..<nameservers.count {
      text.append("nameserver ")
      text.append(nameservers[index])
      text.append("\n")
    }
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

/// `a.b.c.d` or `a.b.c.d/prefix`.
struct Address {
  let start = UnsafeMutablePointer<UInt8>.allocate(capacity: 4)
  private(set) var prefix: Int32 = 32

  mutating func parse(_ text: CString) -> Bool {
    var index = 0
    for part in 0..<4 {
      guard let number = Address.number(text, &index), number < 256 else { return false }
      start[part] = UInt8(number)
      if part < 3 {
        guard text[index] == 0x2e else { return false }
        index += 1
      }
    }
    if text[index] == 0x2f {
      index += 1
      guard let number = Address.number(text, &index), number <= 32 else { return false }
      prefix = Int32(number)
    }
    return text[index] == 0
  }

  private static func number(_ text: CString, _ index: inout Int) -> Int? {
    var value = 0
    let first = index
    while index - first < 3, text[index] >= 0x30, text[index] <= 0x39 {
      value = value * 10 + Int(text[index]) - 0x30
      index += 1
    }
    return index > first ? value : nil
  }
}
