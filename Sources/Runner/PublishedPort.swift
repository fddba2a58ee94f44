internal import Glibc
public import Kernel
public import PackCore

/// A port of the host that leads to one of the program: `[ADDRESS:]HOSTPORT:PORT[/udp]`; an IPv6 address in brackets.
public struct PublishedPort: Hashable, Sendable, CustomStringConvertible {
  /// An IPv4 or IPv6 address of the host; 127.0.0.1 unless one is given.
  public let address: String
  public let hostPort: UInt16
  public let guest: GuestPort

  public init(address: String = "127.0.0.1", hostPort: UInt16, guest: GuestPort) {
    self.address = address
    self.hostPort = hostPort
    self.guest = guest
  }

  public init(parsing text: String) throws {
    let halves = text.split(separator: "/", omittingEmptySubsequences: false)
    guard halves.count <= 2,
      let transport = GuestPort.Transport(rawValue: halves.count == 2 ? String(halves[1]) : "tcp")
    else { throw RunFailure.badPublish(text, "what follows the / must be tcp or udp") }
    let (inBrackets, rest) = Self.cutBrackets(halves[0])
    let parts = rest.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2 || (parts.count == 3 && inBrackets == nil) else {
      throw RunFailure.badPublish(text, "it needs the host's port and the program's")
    }
    func port(_ part: String) throws -> UInt16 {
      guard part.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt16(part), number > 0 else {
        throw RunFailure.badPublish(text, "\"\(part)\" is not a port from 1 to 65535")
      }
      return number
    }
    guest = GuestPort(number: try port(parts[parts.count - 1]), transport: transport)
    hostPort = try port(parts[parts.count - 2])
    address = inBrackets ?? (parts.count == 3 ? parts[0] : "127.0.0.1")
    guard Self.isAddress(address, inBrackets == nil ? AF_INET : AF_INET6) else {
      throw RunFailure.badPublish(
        text,
        "\"\(address)\" is not an \(inBrackets == nil ? "IPv4 address (an IPv6 one stands in [])" : "IPv6 address")")
    }
  }

  /// `[ADDRESS]:` before the rest.
  private static func cutBrackets(_ text: Substring) -> (address: String?, rest: Substring) {
    guard text.first == "[", let end = text.firstIndex(of: "]"), text[end...].dropFirst().first == ":" else {
      return (nil, text)
    }
    return (String(text[text.index(after: text.startIndex)..<end]), text[end...].dropFirst(2))
  }

  public var isIPv6: Bool { address.contains(":") }

  /// As it stands before a port.
  private var host: String { isIPv6 ? "[\(address)]" : address }
  public var description: String { "\(host):\(hostPort):\(guest)" }
  /// Without the program's side.
  var place: String { "\(host):\(hostPort)" }

  /// Where a browser finds it.
  public var url: String {
    switch address {
    case "0.0.0.0": "http://127.0.0.1:\(hostPort)"
    case "::": "http://[::1]:\(hostPort)"
    default: "http://\(place)"
    }
  }

  /// What comes in by IPv6 is not carried on to a socket of IPv4, nor the other way round; `::` takes both.
  func reaches(_ listener: GuestListener) -> Bool {
    guard listener.port == guest else { return false }
    if address == "::" || listener.isAnyIPv6 { return true }
    return isIPv6 == (listener.address.count == 16)
  }

  /// inet_pton(3)'s strict forms.
  private static func isAddress(_ text: String, _ family: Int32) -> Bool {
    var bytes = in6_addr()
    return inet_pton(family, text, &bytes) == 1
  }

  /// Binds the port as QEMU will, and lets it go again: throws when it is taken or not ours to have. What comes in
  /// between is QEMU's to report.
  public func checkFree() throws {
    let kind = guest.transport == .udp ? SOCK_DGRAM : SOCK_STREAM
    let raw = socket(isIPv6 ? AF_INET6 : AF_INET, Int32(kind.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard raw >= 0 else { throw Failure.system("open a socket", errno: errno) }
    let file = Descriptor(owning: raw)
    var one: Int32 = 1
    if guest.transport == .tcp {
      setsockopt(file.raw, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
    }
    let code =
      bind(file.raw) == 0 && (guest.transport == .udp || listen(file.raw, 1) == 0) ? 0 : errno
    switch code {
    case 0: return
    case EACCES: throw RunFailure.portNotPermitted(self)
    case EADDRNOTAVAIL: throw RunFailure.noAddress(self)
    case EADDRINUSE: throw RunFailure.portTaken(self, "it is in use")
    default: throw Failure.system("publish \(self)", errno: code)
    }
  }

  /// Holds a port of TCP for a machine that is to come: others cannot have it, QEMU can, since both share the address
  /// (SO_REUSEADDR) and this socket does not listen. Nil for UDP, where nobody could share it.
  public func reserve() throws -> Descriptor? {
    guard guest.transport == .tcp else { return nil }
    let raw = socket(isIPv6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard raw >= 0 else { throw Failure.system("open a socket", errno: errno) }
    let file = Descriptor(owning: raw)
    var one: Int32 = 1
    setsockopt(file.raw, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
    guard bind(file.raw) == 0 else { throw RunFailure.portTaken(self, "it is in use") }
    return file
  }

  /// connect(2) of a socket of this address's family to where this host reaches the port.
  public func connect(_ file: Int32) -> Int32 {
    let place = PublishedPort(
      address: address == "0.0.0.0" ? "127.0.0.1" : address == "::" ? "::1" : address, hostPort: hostPort, guest: guest)
    return place.withAddress { Glibc.connect(file, $0, $1) }
  }

  private func bind(_ file: Int32) -> Int32 { withAddress { Glibc.bind(file, $0, $1) } }

  private func withAddress(_ body: (UnsafePointer<sockaddr>?, socklen_t) -> Int32) -> Int32 {
    func call<Address>(_ place: Address) -> Int32 {
      withUnsafeBytes(of: place) { body($0.assumingMemoryBound(to: sockaddr.self).baseAddress, socklen_t($0.count)) }
    }
    if isIPv6 {
      var place = sockaddr_in6()
      place.sin6_family = sa_family_t(AF_INET6)
      place.sin6_port = hostPort.bigEndian
      inet_pton(AF_INET6, address, &place.sin6_addr)
      return call(place)
    }
    var place = sockaddr_in()
    place.sin_family = sa_family_t(AF_INET)
    place.sin_port = hostPort.bigEndian
    inet_pton(AF_INET, address, &place.sin_addr)
    return call(place)
  }
}
