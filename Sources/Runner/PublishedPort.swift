internal import Glibc
public import Kernel
internal import PackCore

/// A port of the host that leads to one of the program: `[ADDRESS:]HOSTPORT:PORT[/udp]`.
public struct PublishedPort: Hashable, Sendable, CustomStringConvertible {
  /// An IPv4 address of the host; 127.0.0.1 unless one is given.
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
    guard !halves[0].contains("[") else {
      throw RunFailure.badPublish(text, "QEMU's user network forwards IPv4 addresses only")
    }
    let parts = halves[0].split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2 || parts.count == 3 else {
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
    address = parts.count == 3 ? parts[0] : "127.0.0.1"
    guard Self.isAddress(address) else {
      throw RunFailure.badPublish(text, "\"\(address)\" is not an IPv4 address")
    }
  }

  public var description: String { "\(address):\(hostPort):\(guest)" }

  /// Where a browser finds it.
  public var url: String { "http://\(address == "0.0.0.0" ? "127.0.0.1" : address):\(hostPort)" }

  /// inet_pton(3)'s strict form: four decimal numbers.
  private static func isAddress(_ text: String) -> Bool {
    var address = in_addr()
    return inet_pton(AF_INET, text, &address) == 1
  }

  /// Binds the port as QEMU will, and lets it go again: throws when it is taken or not ours to have. What comes in
  /// between is QEMU's to report.
  func checkFree() throws {
    let kind = guest.transport == .udp ? SOCK_DGRAM : SOCK_STREAM
    let raw = socket(AF_INET, Int32(kind.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard raw >= 0 else { throw Failure.system("open a socket", errno: errno) }
    let file = Descriptor(owning: raw)
    var one: Int32 = 1
    if guest.transport == .tcp {
      setsockopt(file.raw, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
    }
    var place = sockaddr_in()
    place.sin_family = sa_family_t(AF_INET)
    place.sin_port = hostPort.bigEndian
    inet_pton(AF_INET, address, &place.sin_addr)
    let code = withUnsafePointer(to: &place) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(file.raw, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
          && (guest.transport == .udp || listen(file.raw, 1) == 0) ? 0 : errno
      }
    }
    switch code {
    case 0: return
    case EACCES: throw RunFailure.portNotPermitted(self)
    case EADDRNOTAVAIL: throw RunFailure.noAddress(self)
    case EADDRINUSE: throw RunFailure.portTaken(self, "it is in use")
    default: throw Failure.system("publish \(self)", errno: code)
    }
  }
}
