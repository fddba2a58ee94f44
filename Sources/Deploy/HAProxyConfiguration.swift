internal import Kernel
internal import PackCore
internal import Runner

/// What haproxy is told: connections of one port go to the replicas in turn, and not to those that do not answer.
struct HAProxyConfiguration {
  let balance: Balance

  var text: String {
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
      bind \(Self.address(balance.listen, isServer: false))
      default_backend replicas
    backend replicas
      balance roundrobin
    \(checks)\(servers)
    """
  }

  /// Without a path to ask, a connection has to do; QEMU's own network takes one also while the program does not listen.
  private var checks: String {
    guard case .http(let path, _) = balance.health, path.utf8.allSatisfy(Self.isPlain) else { return "" }
    return """
        option httpchk
        http-check send meth GET uri \(path) hdr Host localhost
        http-check expect rstatus ^[23]

      """.split(separator: "\n").map { "  \($0.drop { $0 == " " })\n" }.joined()
  }

  private var servers: String {
    balance.servers.map {
      "  server \($0.name) \(Self.address($0.port, isServer: true)) check inter 1s fall 2 rise 1\n"
    }
    .joined()
  }

  /// What needs no quotes in haproxy's language.
  private static func isPlain(_ byte: UInt8) -> Bool {
    (0x61...0x7a).contains(byte | 0x20) || (0x30...0x39).contains(byte) || Array("/._~%?&=+,:@-".utf8).contains(byte)
  }

  private static func address(_ port: PublishedPort, isServer: Bool) -> String {
    let any = ["0.0.0.0": "127.0.0.1", "::": "::1"]
    let address = isServer ? any[port.address] ?? port.address : port.address
    return port.isIPv6 ? "[\(address)]:\(port.hostPort)" : "\(address):\(port.hostPort)"
  }
}
