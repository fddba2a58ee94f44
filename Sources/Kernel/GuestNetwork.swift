/// The one network interface of a machine. `ip=` on the kernel's command line goes before it, wherever the machine runs.
public struct GuestNetwork: Hashable, Sendable {
  /// `10.0.2.15/24`, `dhcp`, or `none`
  public var address: String
  /// Empty for none, as the name server.
  public var gateway: String
  public var nameserver: String

  public init(address: String, gateway: String, nameserver: String) {
    self.address = address
    self.gateway = gateway
    self.nameserver = nameserver
  }

  /// What QEMU's user network expects (qemu(1), `-netdev user`).
  public static let qemuUser = GuestNetwork(
    address: "10.0.2.15/24", gateway: "10.0.2.2", nameserver: "10.0.2.3")

  /// A server on the network says all of it.
  public static let dhcp = GuestNetwork(address: "dhcp", gateway: "", nameserver: "")
  /// Loopback alone.
  public static let none = GuestNetwork(address: "none", gateway: "", nameserver: "")

  /// The address without its prefix length; empty where it is not known.
  public var host: String { address.contains("/") ? String(address.prefix { $0 != "/" }) : "" }
}
