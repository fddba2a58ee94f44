public import PackCore

/// The name of a project, machine or volume: lower-case letters, digits and dashes, a letter or digit at both ends, at
/// most 63 bytes (a DNS label, RFC 1123).
public struct ProjectName: Hashable, Sendable, CustomStringConvertible {
  public let description: String

  public init?(_ text: String) {
    let bytes = text.utf8
    guard (1...63).contains(bytes.count), bytes.first != 0x2d, bytes.last != 0x2d,
      bytes.allSatisfy({ (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2d })
    else { return nil }
    description = text
  }

  /// The nearest name to any text, such as a directory's: `My Shop_2` gives `my-shop-2`; nil when nothing is left.
  public init?(slugifying text: String) {
    var slug: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case 0x61...0x7a, 0x30...0x39: slug.append(byte)
      case 0x41...0x5a: slug.append(byte + 0x20)
      default: if !slug.isEmpty, slug.last != 0x2d { slug.append(0x2d) }
      }
    }
    slug = Array(slug.prefix(63))
    while slug.last == 0x2d { slug.removeLast() }
    self.init(String(decoding: slug, as: UTF8.self))
  }
}

/// A port that the program listens on: `8080/tcp`.
public struct Port: Hashable, Sendable, Comparable, CustomStringConvertible {
  public enum Transport: String, Sendable, CaseIterable { case tcp, udp }
  public let number: UInt16
  public let transport: Transport

  /// `8080` (TCP), `8080/tcp` or `53/udp`, from 1 to 65535, without leading zeros.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), let number = UInt16(parts[0]), number > 0, String(number) == parts[0],
      let transport = parts.count == 1 ? .tcp : Transport(rawValue: String(parts[1]))
    else { return nil }
    self.number = number
    self.transport = transport
  }

  public var description: String { "\(number)/\(transport.rawValue)" }
  public static func < (a: Port, b: Port) -> Bool {
    (a.number, a.transport.rawValue) < (b.number, b.transport.rawValue)
  }
}

/// An amount of memory or storage: a whole number and a suffix. `Ki Mi Gi Ti` are powers of 1024, `k M G T` of 1000; none
/// means bytes (as Kubernetes writes them, without its fractions).
public struct ByteSize: Hashable, Sendable, Comparable, CustomStringConvertible {
  public let bytes: Int64

  private static let suffixes: [(name: String, factor: Int64)] = [
    ("Ki", 1 << 10), ("Mi", 1 << 20), ("Gi", 1 << 30), ("Ti", 1 << 40), ("k", 1000), ("M", 1_000_000),
    ("G", 1_000_000_000), ("T", 1_000_000_000_000), ("", 1),
  ]

  public init(bytes: Int64) { self.bytes = bytes }

  /// Nil unless a positive whole number with one of the suffixes, below 2⁶³ bytes.
  public init?(_ text: String) {
    let digits = text.utf8.prefix { (0x30...0x39).contains($0) }.count
    guard digits > 0, let number = Int64(text.prefix(digits)), number > 0,
      let suffix = Self.suffixes.first(where: { $0.name == text.dropFirst(digits) })
    else { return nil }
    let (product, overflow) = number.multipliedReportingOverflow(by: suffix.factor)
    guard !overflow else { return nil }
    bytes = product
  }

  /// The shortest exact form: `128Mi`.
  public var description: String {
    for (name, factor) in Self.suffixes[..<4].reversed() where bytes % factor == 0 { return "\(bytes / factor)\(name)" }
    return String(bytes)
  }

  /// What a wrong text was probably meant to be, for hints.
  static func guess(_ text: String) -> String? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard !digits.isEmpty, let unit = text.dropFirst(digits.count).first(where: { $0 != " " })?.uppercased(),
      "KMGT".contains(unit)
    else { return nil }
    return "\(digits)\(unit)i"
  }

  public static func < (a: ByteSize, b: ByteSize) -> Bool { a.bytes < b.bytes }
}

/// Which kernel the machine boots.
public enum KernelReference: Hashable, Sendable, CustomStringConvertible {
  /// The one that packc chooses.
  case standard
  /// A name or profile of `packc kernel list`.
  case named(String)
  case digest(Digest)

  public init?(_ text: String) {
    if text == "default" {
      self = .standard
    } else if text.hasPrefix("sha256:") {
      guard let digest = Digest(text) else { return nil }
      self = .digest(digest)
    } else {
      let bytes = text.utf8
      guard (1...128).contains(bytes.count), bytes.first != 0x2d, bytes.first != 0x2e,
        bytes.allSatisfy({
          (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || (0x41...0x5a).contains($0)
            || "-._+".utf8.contains($0)
        })
      else { return nil }
      self = .named(text)
    }
  }

  public var description: String {
    switch self {
    case .standard: "default"
    case .named(let name): name
    case .digest(let digest): digest.description
    }
  }
}

/// The names that environment variables may have here.
enum EnvironmentName {
  static func isValid(_ text: String) -> Bool {
    guard let first = text.utf8.first, text.utf8.count <= 256, !(0x30...0x39).contains(first), first != 0x2d,
      first != 0x2e
    else { return false }
    return text.utf8.allSatisfy {
      (0x61...0x7a).contains($0) || (0x41...0x5a).contains($0) || (0x30...0x39).contains($0) || "_.-".utf8.contains($0)
    }
  }
}

/// Where a program may connect to: `host:port`, the host a name (`*.` before it stands for every name below), an IPv4
/// address or an IPv6 address in brackets.
enum EgressTarget {
  static func isValid(_ text: String) -> Bool {
    guard text.utf8.count <= 300, let cut = text.lastIndex(of: ":") else { return false }
    let port = text[text.index(after: cut)...]
    guard let number = UInt16(port), number > 0, String(number) == port else { return false }
    return isHost(text[..<cut])
  }

  private static func isHost(_ host: Substring) -> Bool {
    if host.hasPrefix("[") {
      guard host.hasSuffix("]") else { return false }
      let inside = host.dropFirst().dropLast()
      return inside.contains(":") && inside.allSatisfy { $0.isHexDigit && $0.isASCII || $0 == ":" || $0 == "." }
    }
    let name = host.hasPrefix("*.") ? host.dropFirst(2) : host
    let labels = name.split(separator: ".", omittingEmptySubsequences: false)
    return name.utf8.count <= 253
      && labels.allSatisfy { label in
        (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
          && label.utf8.allSatisfy {
            (0x61...0x7a).contains($0) || (0x41...0x5a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2d
              || $0 == 0x5f
          }
      }
  }

  static func hint(_ text: String) -> String {
    if let scheme = text.firstRange(of: "://") {
      let rest = text[scheme.upperBound...].prefix { $0 != "/" }
      let port = text.hasPrefix("https") ? ":443" : text.hasPrefix("http:") ? ":80" : ":PORT"
      return "write host and port only: \(rest.contains(":") ? String(rest) : rest + port)"
    }
    return text.contains(":") ? "write host:port, for example api.example.com:443" : "add the port: \(text):443"
  }
}
