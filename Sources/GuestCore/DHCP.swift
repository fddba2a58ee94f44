import CGuest

/// What a DHCP server lends. Addresses are numbers, the first part in the highest bits; 0 for none.
struct Lease {
  var address: UInt32 = 0
  var mask: UInt32 = 0
  var gateway: UInt32 = 0
  var server: UInt32 = 0
  var nameservers: (UInt32, UInt32, UInt32) = (0, 0, 0)
  var mtu: Int32 = 0
  /// Seconds, and after how many it is asked for again.
  var duration: UInt32 = 0
  var renewal: UInt32 = 0

  var prefix: Int32 { Int32(mask.nonzeroBitCount) }
}

/// A client of RFC 2131, as much as one machine with one interface needs: discover, request, renew.
///
///      0  op htype hlen hops | 4  transaction | 8  seconds flags | 12 client | 16 yours | 20 server | 24 relay
///     28  hardware address (16) | 44  server's name, file (192) | 236  cookie | 240  options: code, length, value …
struct DHCP {
  private let interface: CString
  private let hostname: CString?
  private let hardware = UnsafeMutablePointer<UInt8>.allocate(capacity: 6)
  private let message = UnsafeMutablePointer<UInt8>.allocate(capacity: DHCP.capacity)
  private var count = 0
  private var socket: Int32 = -1
  private var transaction: UInt32 = 0
  private(set) var lease = Lease()

  private static let capacity = 1500
  private static let options = 240
  private static let shortest = 300
  private static let everybody: UInt32 = 0xffff_ffff
  private enum Kind {
    static let discover: UInt8 = 1
    static let offer: UInt8 = 2
    static let request: UInt8 = 3
    static let acknowledge: UInt8 = 5
    static let refuse: UInt8 = 6
  }

  init(interface: CString, hostname: CString?) {
    self.interface = interface
    self.hostname = hostname
  }

  // MARK: - Conversations

  /// Asks until a server lends an address, for fifteen seconds at most. The interface is up.
  mutating func acquire() -> Bool {
    guard readHardwareAddress() else { return false }
    socket = guest_dhcp_socket(interface)
    guard socket >= 0 else { return false }
    var random: UInt32 = 0
    guest_random(&random, 4)
    transaction = random
    for attempt in 0..<7 {
      let patience = Int32(min(500 << attempt, 3000))
      lease = Lease()
      write(Kind.discover, renewing: false)
      if exchange(to: DHCP.everybody, patience, wanted: Kind.offer) {
        write(Kind.request, renewing: false)
        if exchange(to: DHCP.everybody, patience, wanted: Kind.acknowledge) { return true }
      }
      transaction &+= 1
    }
    return false
  }

  /// Asks the server that lent the address for more time; waits for a second.
  mutating func renew() -> Bool {
    let kept = lease
    transaction &+= 1
    write(Kind.request, renewing: true)
    if exchange(to: kept.server, 1000, wanted: Kind.acknowledge) { return true }
    lease = kept
    return false
  }

  private mutating func exchange(to server: UInt32, _ milliseconds: Int32, wanted: UInt8) -> Bool {
    var place = server.bigEndian
    let sent = withUnsafeBytes(of: &place) { guest_dhcp_send(socket, $0.baseAddress, message, count) }
    guard sent >= 0 else {
      guest_sleep(100)
      return false
    }
    let deadline = guest_clock() + UInt64(milliseconds) * 1_000_000
    while true {
      let now = guest_clock()
      guard now < deadline else { return false }
      let wait = Int32(truncatingIfNeeded: (deadline - now) / 1_000_000 + 1)
      let got = guest_dhcp_receive(socket, message, DHCP.capacity, wait)
      guard got > 0 else { continue }
      let kind = read(Int(got))
      if kind == wanted { return true }
      if kind == Kind.refuse { return false }
    }
  }

  // MARK: - Messages

  private mutating func write(_ kind: UInt8, renewing: Bool) {
    for index in 0..<DHCP.capacity { message[index] = 0 }
    message[0] = 1
    message[1] = 1
    message[2] = 6
    put(transaction, at: 4)
    // To everybody: before there is an address, nothing else would be taken.
    if !renewing { message[10] = 0x80 } else { put(lease.address, at: 12) }
    for index in 0..<6 { message[28 + index] = hardware[index] }
    put(0x6382_5363, at: 236)
    count = DHCP.options
    option(53, kind)
    if kind == Kind.request, !renewing {
      option(50, lease.address)
      option(54, lease.server)
    }
    if let hostname { option(12, hostname) }
    // Mask, router, name servers, MTU, duration, server, renewal.
    let wanted: StaticString = "\u{1}\u{3}\u{6}\u{1a}\u{33}\u{36}\u{3a}"
    option(55, wanted.cString)
    message[count] = 255
    count = max(count + 1, DHCP.shortest)
  }

  private mutating func option(_ code: UInt8, _ value: UInt8) {
    message[count] = code
    message[count + 1] = 1
    message[count + 2] = value
    count += 3
  }
  private mutating func option(_ code: UInt8, _ value: UInt32) {
    message[count] = code
    message[count + 1] = 4
    put(value, at: count + 2)
    count += 6
  }
  private mutating func option(_ code: UInt8, _ value: CString) {
    let size = length(value)
    message[count] = code
    message[count + 1] = UInt8(truncatingIfNeeded: size)
    for index in 0..<size { message[count + 2 + index] = UInt8(bitPattern: value[index]) }
    count += 2 + size
  }
  private func put(_ number: UInt32, at offset: Int) {
    for index in 0..<4 { message[offset + index] = UInt8(truncatingIfNeeded: number >> UInt32(24 - 8 * index)) }
  }
  private func get(_ offset: Int) -> UInt32 {
    var number: UInt32 = 0
    for index in 0..<4 { number = number << 8 | UInt32(message[offset + index]) }
    return number
  }

  /// Takes an answer to our last question into `lease`; what kind it was, 0 for what is none.
  private mutating func read(_ size: Int) -> UInt8 {
    guard size >= DHCP.options, message[0] == 2, get(4) == transaction, get(236) == 0x6382_5363 else { return 0 }
    for index in 0..<6 where message[28 + index] != hardware[index] { return 0 }
    var kind: UInt8 = 0
    lease.address = get(16)
    var at = DHCP.options
    while at + 1 < size, message[at] != 255 {
      if message[at] == 0 {
        at += 1
        continue
      }
      let length = Int(message[at + 1])
      guard at + 2 + length <= size else { break }
      if message[at] == 53, length == 1 { kind = message[at + 2] }
      take(message[at], at + 2, length)
      at += 2 + length
    }
    if lease.mask == 0 { lease.mask = 0xffff_ff00 }
    if lease.renewal == 0 { lease.renewal = lease.duration / 2 }
    return lease.address == 0 && kind != Kind.refuse ? 0 : kind
  }

  private mutating func take(_ code: UInt8, _ at: Int, _ length: Int) {
    switch (code, length) {
    case (1, 4): lease.mask = get(at)
    case (3, 4...): lease.gateway = get(at)
    case (6, 4...):
      lease.nameservers.0 = get(at)
      if length >= 8 { lease.nameservers.1 = get(at + 4) }
      if length >= 12 { lease.nameservers.2 = get(at + 8) }
    case (26, 2): lease.mtu = Int32(message[at]) << 8 | Int32(message[at + 1])
    case (51, 4): lease.duration = get(at)
    case (54, 4): lease.server = get(at)
    case (58, 4): lease.renewal = get(at)
    default: break
    }
  }

  /// `52:54:00:12:34:56` in /sys/class/net/<interface>/address.
  private func readHardwareAddress() -> Bool {
    var path = Text()
    path.append("/sys/class/net/")
    path.append(interface)
    path.append("/address")
    var file = FileBuffer(capacity: 64)
    guard file.read(path.cString), file.count >= 17 else { return false }
    for index in 0..<6 {
      guard let high = DHCP.digit(file.start[3 * index]), let low = DHCP.digit(file.start[3 * index + 1]) else {
        return false
      }
      hardware[index] = high << 4 | low
    }
    return true
  }

  private static func digit(_ character: UInt8) -> UInt8? {
    switch character {
    case 0x30...0x39: character - 0x30
    case 0x61...0x66: character - 0x57
    default: nil
    }
  }
}
