internal import Glibc
internal import PackCore

/// An address of IPv4 (four bytes) or IPv6 (sixteen).
struct IPAddress: Hashable, CustomStringConvertible {
  let bytes: [UInt8]

  init(bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

  /// inet_pton(3)'s strict forms.
  init?(_ text: String) {
    var four = in_addr()
    var six = in6_addr()
    if inet_pton(AF_INET, text, &four) == 1 {
      bytes = withUnsafeBytes(of: four) { Array($0) }
    } else if inet_pton(AF_INET6, text, &six) == 1 {
      bytes = withUnsafeBytes(of: six) { Array($0) }
    } else {
      return nil
    }
  }

  var isMulticast: Bool {
    bytes.count == 4 ? bytes[0] >= 224 : bytes[0] == 0xff
  }

  var description: String {
    var text = [CChar](repeating: 0, count: 64)
    _ = inet_ntop(bytes.count == 4 ? AF_INET : AF_INET6, bytes, &text, socklen_t(text.count))
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

/// A place that the program may connect to, as `contract.egress` names it: `api.example.com:443`, `*.example.com:443`,
/// `10.0.0.1:53`, `[2001:db8::1]:443`.
struct EgressRule: Hashable {
  enum Host: Hashable {
    case address(IPAddress)
    case name(String)
    /// Every name that ends with a dot and this one.
    case below(String)
  }
  let host: Host
  let port: UInt16

  init?(parsing text: String) {
    guard let cut = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: cut)...]), port > 0 else {
      return nil
    }
    self.port = port
    let host = text[..<cut].lowercased()
    if host.hasPrefix("["), host.hasSuffix("]") {
      guard let address = IPAddress(String(host.dropFirst().dropLast())) else { return nil }
      self.host = .address(address)
    } else if let address = IPAddress(host) {
      self.host = .address(address)
    } else if host.isEmpty || host.contains(":") {
      return nil
    } else {
      self.host = host.hasPrefix("*.") ? .below(String(host.dropFirst(2))) : .name(host)
    }
  }

  /// - Parameter name: in lower case, without a dot at its end.
  func covers(_ name: String) -> Bool {
    switch host {
    case .address: false
    case .name(let known): name == known
    case .below(let known): name.hasSuffix("." + known)
    }
  }
}
