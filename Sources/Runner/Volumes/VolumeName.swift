internal import PackCore

/// The name of a volume that packc keeps: lower-case letters, digits and dashes, at most 63.
public struct VolumeName: Hashable, Sendable, CustomStringConvertible {
  public let description: String

  public init(_ text: String) throws {
    let bytes = text.utf8
    guard (1...63).contains(bytes.count), bytes.first != 0x2d, bytes.last != 0x2d,
      bytes.allSatisfy({ (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2d })
    else { throw VolumeFailure.badName(text) }
    description = text
  }
}
