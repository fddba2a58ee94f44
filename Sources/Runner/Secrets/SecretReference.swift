internal import PackCore

/// The name of a secret: letters, digits, `_` and `-`, as far as a variable may be called so.
public struct SecretName: Hashable, Sendable, CustomStringConvertible {
  public let description: String

  public init(_ text: String) throws {
    let bytes = text.utf8
    guard let first = bytes.first, (1...63).contains(bytes.count), Self.isLetter(first),
      bytes.allSatisfy({ Self.isLetter($0) || (0x30...0x39).contains($0) || $0 == 0x2d })
    else { throw SecretFailure.badName(text) }
    description = text
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (0x61...0x7a).contains(byte) || (0x41...0x5a).contains(byte) || byte == 0x5f
  }
}

/// A secret that a program gets, and the variable in which it finds it: `NAME[=VARIABLE]`.
public struct SecretReference: Hashable, Sendable, CustomStringConvertible {
  public let name: SecretName
  public let variable: String

  public init(parsing text: String) throws {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    name = try SecretName(String(parts[0]))
    variable = parts.count == 2 ? try SecretName(String(parts[1])).description : name.description
  }

  public var description: String { variable == name.description ? variable : "\(name)=\(variable)" }
}
