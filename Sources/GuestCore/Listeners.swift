import CGuest

/// A socket that waits for others: TCP in LISTEN, or UDP bound to a port of the fixed range.
struct ListeningSocket {
  let transport: UInt8
  let family: UInt8
  let port: UInt16
  /// In network order, as four words of memory order; only the first one for IPv4.
  let address: (UInt32, UInt32, UInt32, UInt32)

  func byte(_ index: Int) -> UInt8 {
    let word = index < 4 ? address.0 : index < 8 ? address.1 : index < 12 ? address.2 : address.3
    return UInt8(truncatingIfNeeded: word >> UInt32(8 * (index % 4)))
  }
  func isSame(as other: ListeningSocket) -> Bool {
    transport == other.transport && family == other.family && port == other.port && address == other.address
  }
}

/// What listens in the machine, by /proc/net (proc_net(5)); changes are told to the host.
struct Listeners {
  private static let capacity = 64
  /// Ports from here on are handed out to clients (ip_local_port_range): a UDP socket there is not a server's.
  private static let firstEphemeralPort = 32768
  private var known = UnsafeMutablePointer<ListeningSocket>.allocate(capacity: Listeners.capacity)
  private var knownCount = 0
  private var found = UnsafeMutablePointer<ListeningSocket>.allocate(capacity: Listeners.capacity)
  private var foundCount = 0
  private var table = FileBuffer(capacity: 1 << 17)

  var isEmpty: Bool { knownCount == 0 }

  mutating func poll(_ control: inout Control) {
    foundCount = 0
    collect("/proc/net/tcp", transport: 6, family: 4)
    collect("/proc/net/tcp6", transport: 6, family: 6)
    collect("/proc/net/udp", transport: 17, family: 4)
    collect("/proc/net/udp6", transport: 17, family: 6)
    for index in 0..<foundCount where !contains(known, knownCount, found[index]) {
      control.listens(found[index], there: true)
    }
    for index in 0..<knownCount where !contains(found, foundCount, known[index]) {
      control.listens(known[index], there: false)
    }
    swap(&known, &found)
    knownCount = foundCount
  }

  private func contains(_ list: UnsafeMutablePointer<ListeningSocket>, _ count: Int, _ socket: ListeningSocket) -> Bool
  {
    for index in 0..<count where list[index].isSame(as: socket) { return true }
    return false
  }

  private mutating func collect(_ path: StaticString, transport: UInt8, family: UInt8) {
    guard table.read(path.cString) else { return }
    var line = table.cString
    while let next = Listeners.afterLine(line) {
      line = next
      guard let socket = Listeners.parse(line, transport, family), foundCount < Listeners.capacity else { continue }
      if contains(found, foundCount, socket) { continue }
      found[foundCount] = socket
      foundCount += 1
    }
  }

  private static func afterLine(_ line: CString) -> CString? {
    var index = 0
    while line[index] != 0 {
      if line[index] == 0x0a { return line + index + 1 }
      index += 1
    }
    return nil
  }

  /// `   0: 0100007F:1F90 00000000:0000 0A …`: number, local address, remote address, state; words in memory order.
  private static func parse(_ line: CString, _ transport: UInt8, _ family: UInt8) -> ListeningSocket? {
    var at = line
    while at[0] == 0x20 { at += 1 }
    while at[0] >= 0x30 && at[0] <= 0x39 { at += 1 }
    guard at[0] == 0x3a, at[1] == 0x20 else { return nil }
    at += 2
    var words: (UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0)
    guard let first = hex(&at, 8) else { return nil }
    words.0 = first
    if family == 6 {
      guard let second = hex(&at, 8), let third = hex(&at, 8), let fourth = hex(&at, 8) else { return nil }
      words = (first, second, third, fourth)
    }
    guard skip(&at, 0x3a), let port = hex(&at, 4), skip(&at, 0x20) else { return nil }
    while at[0] != 0x20 && at[0] != 0 { at += 1 }
    guard skip(&at, 0x20), let state = hex(&at, 2) else { return nil }
    let waits = transport == 6 ? state == 0x0a : state == 0x07 && Int(port) < firstEphemeralPort
    guard waits else { return nil }
    return ListeningSocket(transport: transport, family: family, port: UInt16(port), address: words)
  }

  private static func skip(_ at: inout CString, _ character: CChar) -> Bool {
    guard at[0] == character else { return false }
    at += 1
    return true
  }

  private static func hex(_ at: inout CString, _ count: Int) -> UInt32? {
    var value: UInt32 = 0
    for _ in 0..<count {
      let character = UInt8(bitPattern: at[0])
      switch character {
      case 0x30...0x39: value = value << 4 | UInt32(character - 0x30)
      case 0x41...0x46: value = value << 4 | UInt32(character - 0x37)
      default: return nil
      }
      at += 1
    }
    return value
  }
}
