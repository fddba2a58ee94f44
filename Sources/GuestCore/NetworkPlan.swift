import CGuest

/// How the one interface gets its address: `ip=` of the kernel's command line says it for the place where the machine
/// runs; else the configuration does; when neither names one, a DHCP server is asked.
struct NetworkPlan {
  enum Way { case none, fixed, dhcp }
  private(set) var way = Way.dhcp
  private(set) var address: UInt32 = 0
  private(set) var prefix: Int32 = 24
  private(set) var gateway: UInt32 = 0
  private(set) var nameservers: (UInt32, UInt32) = (0, 0)
  /// The text that could not be understood.
  private(set) var refused: CString?

  /// `text` must live as long as the plan.
  init(_ configuration: Configuration, parameter text: CString?) {
    if let text {
      take(parameter: text)
      return
    }
    guard let stated = configuration.address else { return }
    if equal(stated, "none") {
      way = .none
    } else if !equal(stated, "dhcp") {
      guard let parsed = Address.parse(stated) else {
        refuse(stated)
        return
      }
      way = .fixed
      (address, prefix) = parsed
      gateway = configuration.gateway.flatMap { Address.parse($0)?.address } ?? 0
    }
  }

  private mutating func refuse(_ text: CString) {
    way = .none
    refused = text
  }

  /// `client:server:gateway:netmask:host:device:how:dns:dns` (Documentation/admin-guide/nfs/nfsroot.rst), or one word.
  private mutating func take(parameter text: CString) {
    if let word = NetworkPlan.way(text, end: 0) {
      way = word
      return
    }
    guard let client = Address.parse(text, end: 0x3a) else {
      // `:::::eth0:dhcp`
      let how = NetworkPlan.field(text, 6).flatMap { NetworkPlan.way($0, end: 0x3a) }
      guard text[0] == 0x3a, let how else { return refuse(text) }
      way = how
      return
    }
    way = .fixed
    (address, prefix) = client
    if let field = NetworkPlan.field(text, 2) { gateway = Address.parse(field, end: 0x3a)?.address ?? 0 }
    if let field = NetworkPlan.field(text, 3), let mask = Address.parse(field, end: 0x3a) {
      prefix = Int32(mask.address.nonzeroBitCount)
    } else if prefix == 32 {
      prefix = 24
    }
    if let field = NetworkPlan.field(text, 7) { nameservers.0 = Address.parse(field, end: 0x3a)?.address ?? 0 }
    if let field = NetworkPlan.field(text, 8) { nameservers.1 = Address.parse(field, end: 0x3a)?.address ?? 0 }
  }

  private static func way(_ text: CString, end: CChar) -> Way? {
    func isWord(_ word: StaticString) -> Bool {
      let after = word.utf8CodeUnitCount
      return starts(text, with: word) && (text[after] == 0 || text[after] == end)
    }
    if isWord("dhcp") || isWord("on") || isWord("any") || isWord("both") { return .dhcp }
    return isWord("off") || isWord("none") ? Way.none : nil
  }

  /// The field of that number; nil when there are fewer.
  private static func field(_ text: CString, _ number: Int) -> CString? {
    var index = 0
    for _ in 0..<number {
      while text[index] != 0x3a {
        if text[index] == 0 { return nil }
        index += 1
      }
      index += 1
    }
    return text + index
  }
}
