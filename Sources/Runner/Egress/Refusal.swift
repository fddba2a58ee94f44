/// What the filter tells the machine in the place of a host that may not be reached, so that a program gets an error at
/// once: connect(2) fails with EHOSTUNREACH (IPv4) or EACCES (IPv6).
enum Refusal {
  /// "Administratively prohibited": ICMP 3/13 (RFC 1812), ICMPv6 1/1 (RFC 4443).
  static func prohibited(_ frame: ArraySlice<UInt8>, _ packet: Packet) -> [UInt8] {
    let isFour = packet.destination.bytes.count == 4
    let quote = Array(frame[(frame.startIndex + packet.header)...].prefix(isFour ? 68 : 512))
    var message: [UInt8] = (isFour ? [3, 13] : [1, 1]) + [0, 0, 0, 0, 0, 0] + quote
    let start = isFour ? 0 : pseudoSum(packet, UInt32(message.count), 58)
    let sum = checksum(message, start)
    (message[2], message[3]) = (UInt8(sum >> 8), UInt8(sum & 0xff))
    return answer(frame, packet, isFour ? 1 : 58, message)
  }

  /// A datagram from the one that was asked to the one that asked.
  static func datagram(_ frame: ArraySlice<UInt8>, _ packet: Packet, _ data: [UInt8]) -> [UInt8] {
    let length = 8 + data.count
    func bytes(_ number: Int) -> [UInt8] { [UInt8(number >> 8 & 0xff), UInt8(number & 0xff)] }
    var message =
      bytes(Int(packet.destinationPort)) + bytes(Int(packet.sourcePort)) + bytes(length) + [0, 0] + data
    let sum = checksum(message, pseudoSum(packet, UInt32(length), 17))
    // Zero would say that there is none.
    (message[6], message[7]) = sum == 0 ? (0xff, 0xff) : (UInt8(sum >> 8), UInt8(sum & 0xff))
    return answer(frame, packet, 17, message)
  }

  /// Ethernet and IP headers of the frame turned round.
  private static func answer(_ frame: ArraySlice<UInt8>, _ packet: Packet, _ number: UInt8, _ message: [UInt8])
    -> [UInt8]
  {
    let base = frame.startIndex
    var out =
      Array(frame[(base + 6)..<(base + 12)]) + Array(frame[base..<(base + 6)]) + Array(frame[(base + 12)..<(base + 14)])
    let length = message.count
    if packet.destination.bytes.count == 4 {
      let total = length + 20
      var header: [UInt8] = [0x45, 0, UInt8(total >> 8), UInt8(total & 0xff), 0, 0, 0x40, 0, 64, number, 0, 0]
      header += packet.destination.bytes + packet.source.bytes
      let sum = checksum(header, 0)
      (header[10], header[11]) = (UInt8(sum >> 8), UInt8(sum & 0xff))
      out += header
    } else {
      out += [0x60, 0, 0, 0, UInt8(length >> 8), UInt8(length & 0xff), number, 64]
      out += packet.destination.bytes + packet.source.bytes
    }
    return out + message
  }

  private static func pseudoSum(_ packet: Packet, _ length: UInt32, _ number: UInt32) -> UInt32 {
    sum(packet.source.bytes) + sum(packet.destination.bytes) + length + number
  }
  private static func sum(_ bytes: [UInt8]) -> UInt32 {
    stride(from: 0, to: bytes.count, by: 2).reduce(UInt32(0)) { sum, at in
      sum + UInt32(bytes[at]) << 8 + (at + 1 < bytes.count ? UInt32(bytes[at + 1]) : 0)
    }
  }
  /// RFC 1071.
  private static func checksum(_ bytes: [UInt8], _ start: UInt32) -> UInt16 {
    var total = sum(bytes) + start
    while total > 0xffff { total = total >> 16 + total & 0xffff }
    return ~UInt16(total)
  }
}
