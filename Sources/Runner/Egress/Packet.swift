/// What decides about an Ethernet frame of a machine. A frame that is not understood to its transport's ports has none.
struct Packet {
  enum Kind: Hashable {
    /// Between neighbours only: ARP, IPv6's neighbour and router discovery and multicast reports, DHCP's questions.
    case local
    /// `opens`: the first segment of a connection.
    case tcp(opens: Bool)
    case udp
    /// Pings and other messages.
    case icmp
  }
  let kind: Kind
  let source: IPAddress
  let destination: IPAddress
  let sourcePort: UInt16
  let destinationPort: UInt16
  /// Of the IP header, and of what the transport carries, from the frame's start.
  let header: Int
  let payload: Int

  static let ethernetLength = 14

  /// Nil for everything else: other protocols, fragments, headers that are cut off.
  init?(_ frame: ArraySlice<UInt8>) {
    let base = frame.startIndex
    func byte(_ at: Int) -> UInt8 { frame[base + at] }
    func word(_ at: Int) -> UInt16 { UInt16(byte(at)) << 8 | UInt16(byte(at + 1)) }
    let count = frame.count
    guard count >= Self.ethernetLength + 20 else { return nil }
    let header = Self.ethernetLength
    self.header = header
    switch word(12) {
    case 0x0806:
      kind = .local
      source = IPAddress(bytes: [0, 0, 0, 0])
      destination = source
      (sourcePort, destinationPort, payload) = (0, 0, header)
    case 0x0800:
      let length = Int(byte(header) & 15) * 4
      // A fragment's transport cannot be known: none goes out.
      guard byte(header) >> 4 == 4, length >= 20, count >= header + length + 8, word(header + 6) & 0x3fff == 0 else {
        return nil
      }
      source = IPAddress(bytes: frame[(base + header + 12)..<(base + header + 16)])
      destination = IPAddress(bytes: frame[(base + header + 16)..<(base + header + 20)])
      guard
        let rest = Transport(
          protocolNumber: byte(header + 9), at: header + length, count: count, byte: byte, word: word)
      else { return nil }
      let isDHCP = rest.kind == .udp && rest.destinationPort == 67 && destination.bytes == [255, 255, 255, 255]
      kind = isDHCP ? .local : rest.kind
      (sourcePort, destinationPort, payload) = (rest.sourcePort, rest.destinationPort, rest.payload)
    case 0x86dd:
      guard byte(header) >> 4 == 6, count >= header + 48 else { return nil }
      source = IPAddress(bytes: frame[(base + header + 8)..<(base + header + 24)])
      destination = IPAddress(bytes: frame[(base + header + 24)..<(base + header + 40)])
      var next = byte(header + 6)
      var place = header + 40
      // Multicast reports have a router alert before them.
      if next == 0 {
        next = byte(place)
        place += (Int(byte(place + 1)) + 1) * 8
        guard next == 58, count >= place + 8 else { return nil }
      }
      guard let rest = Transport(protocolNumber: next, at: place, count: count, byte: byte, word: word) else {
        return nil
      }
      // RFC 4861, 2710 and 3810: none of them is routed. The others are pings and errors.
      let isNeighbours = next == 58 && ((130...137).contains(byte(place)) || byte(place) == 143)
      kind = isNeighbours ? .local : rest.kind
      (sourcePort, destinationPort, payload) = (rest.sourcePort, rest.destinationPort, rest.payload)
    default: return nil
    }
  }

  private struct Transport {
    let kind: Kind
    var sourcePort: UInt16 = 0
    var destinationPort: UInt16 = 0
    let payload: Int

    init?(protocolNumber: UInt8, at place: Int, count: Int, byte: (Int) -> UInt8, word: (Int) -> UInt16) {
      switch protocolNumber {
      case 6:
        guard count >= place + 20 else { return nil }
        // SYN without ACK.
        kind = .tcp(opens: byte(place + 13) & 0x12 == 0x02)
        payload = place + 20
      case 17:
        kind = .udp
        payload = place + 8
      case 1, 58:
        kind = .icmp
        payload = place + 8
        return
      default: return nil
      }
      (sourcePort, destinationPort) = (word(place), word(place + 2))
    }
  }
}
