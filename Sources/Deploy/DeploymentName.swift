/// A deployment's name: lower-case letters, digits and hyphens, 63 at most, so that it is a host name and a file's name.
public struct DeploymentName: Hashable, Sendable, CustomStringConvertible {
  public let description: String

  public init(_ text: String) throws {
    func isWord(_ byte: UInt8) -> Bool { (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte) }
    let bytes = Array(text.utf8)
    guard (1...63).contains(bytes.count), bytes.allSatisfy({ isWord($0) || $0 == UInt8(ascii: "-") }),
      isWord(bytes[0]), isWord(bytes[bytes.count - 1])
    else { throw DeployFailure.badName(text) }
    description = text
  }
}
