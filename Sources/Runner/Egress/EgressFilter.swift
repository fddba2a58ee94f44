internal import Kernel
internal import PackCore

/// Which frames of a machine go on to its network, by what its program says that it connects to (`contract.egress`).
///
/// - A connection (TCP) or datagram (UDP) goes to a declared address and port, or to an address that the name server has
///   given for a declared name, as long as it said (a minute at least), and the port declared with it.
/// - The name server is asked for declared names only; any other question is answered "refused" here.
/// - Whoever came to a published port is answered.
/// - Neighbours are spoken to (ARP, IPv6's discovery, DHCP).
/// - Everything else goes nowhere: pings, fragments, other protocols, multicast. Who can be told is told at once.
///
/// Segments that belong to a connection are not judged: the network behind (passt) ends each connection itself and throws
/// away what belongs to none, and a connection begins with a judged one.
struct EgressFilter {
  enum Verdict: Equatable {
    case pass
    case drop
    /// To the machine, in the place of what was asked; `place` for people, nil for what is no connection.
    case refuse([UInt8], place: String?)
  }

  private let rules: [EgressRule]
  private let nameserver: IPAddress?
  /// Ports that the program serves by UDP.
  private let served: Set<UInt16>
  private let direct: Set<Place>
  /// Until when, in nanoseconds.
  private var learnt: [Place: UInt64] = [:]
  private var peers: [Place: UInt64] = [:]

  private struct Place: Hashable {
    let address: IPAddress
    let port: UInt16
  }

  private static let second: UInt64 = 1_000_000_000
  /// What a program keeps a name's address for, whatever the name server says.
  private static let leastTime: UInt64 = 60
  private static let mostTime: UInt64 = 86_400
  private static let peerTime: UInt64 = 180
  private static let limit = 4096

  /// - Throws: `bad_egress` for a text that is no place.
  init(_ declared: [String], nameserver: String, ports: [GuestPort]) throws {
    rules = try declared.map { text in
      guard let rule = EgressRule(parsing: text) else { throw RunFailure.badEgress(text) }
      return rule
    }
    self.nameserver = IPAddress(nameserver)
    served = Set(ports.filter { $0.transport == .udp }.map(\.number))
    direct = Set(
      rules.compactMap { rule in
        if case .address(let address) = rule.host { Place(address: address, port: rule.port) } else { nil }
      })
  }

  // MARK: - Out of the machine

  mutating func judge(_ frame: ArraySlice<UInt8>, now: UInt64) -> Verdict {
    guard let packet = Packet(frame) else { return .drop }
    switch packet.kind {
    case .local: return .pass
    case .tcp(opens: false): return .pass
    case .icmp: return .drop
    case .tcp: return judgeConnection(frame, packet, "tcp", now)
    case .udp:
      if packet.destinationPort == 53, packet.destination == nameserver { return judgeQuestion(frame, packet) }
      let place = Place(address: packet.destination, port: packet.destinationPort)
      if served.contains(packet.sourcePort), let until = peers[place], until > now { return .pass }
      return judgeConnection(frame, packet, "udp", now)
    }
  }

  private func judgeConnection(
    _ frame: ArraySlice<UInt8>, _ packet: Packet, _ transport: String, _ now: UInt64
  ) -> Verdict {
    let place = Place(address: packet.destination, port: packet.destinationPort)
    if direct.contains(place) { return .pass }
    if let until = learnt[place], until > now { return .pass }
    // Nobody answers those.
    if packet.destination.isMulticast { return .drop }
    let host = packet.destination.bytes.count == 4 ? "\(packet.destination)" : "[\(packet.destination)]"
    return .refuse(
      Refusal.prohibited(frame, packet), place: "\(host):\(packet.destinationPort)/\(transport)")
  }

  private func judgeQuestion(_ frame: ArraySlice<UInt8>, _ packet: Packet) -> Verdict {
    let data = frame[(frame.startIndex + packet.payload)...]
    guard let question = DNSMessage(data), !question.isAnswer else { return .drop }
    if rules.contains(where: { $0.covers(question.name) }) { return .pass }
    return .refuse(
      Refusal.datagram(frame, packet, question.refusal(of: data)), place: "the name \(question.name)")
  }

  // MARK: - Into the machine

  /// Everything goes in; addresses of declared names and those who ask the program are remembered.
  mutating func observe(_ frame: ArraySlice<UInt8>, now: UInt64) {
    // Most of what comes in is TCP.
    guard frame.count >= 34, Self.isUDP(frame), let packet = Packet(frame), packet.kind == .udp else { return }
    if packet.sourcePort == 53, packet.source == nameserver {
      learn(frame[(frame.startIndex + packet.payload)...], now)
    } else if served.contains(packet.destinationPort) {
      remember(&peers, Place(address: packet.source, port: packet.sourcePort), Self.peerTime, now)
    }
  }

  private static func isUDP(_ frame: ArraySlice<UInt8>) -> Bool {
    let base = frame.startIndex
    return frame[base + 12] == 0x08 ? frame[base + 23] == 17 : frame[base + 20] == 17
  }

  private mutating func learn(_ data: ArraySlice<UInt8>, _ now: UInt64) {
    guard let answer = DNSMessage(data), answer.isAnswer else { return }
    for rule in rules where rule.covers(answer.name) {
      for (address, seconds) in answer.addresses {
        let time = min(max(UInt64(seconds), Self.leastTime), Self.mostTime)
        remember(&learnt, Place(address: address, port: rule.port), time, now)
      }
    }
  }

  /// A full table first forgets what is over, then takes nothing new.
  private func remember(_ table: inout [Place: UInt64], _ place: Place, _ seconds: UInt64, _ now: UInt64) {
    if table[place] == nil, table.count >= Self.limit {
      table = table.filter { $0.value > now }
      guard table.count < Self.limit else { return }
    }
    table[place] = max(table[place] ?? 0, now + seconds * Self.second)
  }
}
