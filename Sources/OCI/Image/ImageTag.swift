/// The name of an image in a layout, `org.opencontainers.image.ref.name` (OCI image spec, annotations.md): alphanumeric
/// parts with one of `- . _ : @ +` or `--` between them, in components with `/` between those.
public struct ImageTag: Hashable, Sendable, CustomStringConvertible {
  public static let annotation = "org.opencontainers.image.ref.name"
  /// The whole name, which Docker and containerd write beside it: there, `annotation` may be the tag alone.
  static let fullNameAnnotation = "io.containerd.image.name"

  public let description: String

  /// - Throws: `Failure` when the text is no such name.
  public init(_ text: String) throws {
    guard text.utf8.count <= 255, Self.isReference(text) else { throw OCIFailure.tag(text) }
    description = text
  }

  private static func isReference(_ text: String) -> Bool {
    text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).allSatisfy(isComponent)
  }

  private static func isComponent(_ component: Substring.UTF8View) -> Bool {
    guard let first = component.first, let last = component.last, isAlphanumeric(first), isAlphanumeric(last) else {
      return false
    }
    let separators = component.split(maxSplits: .max, omittingEmptySubsequences: true, whereSeparator: isAlphanumeric)
    return separators.allSatisfy { $0.elementsEqual("--".utf8) || ($0.count == 1 && "-._:@+".utf8.contains($0.first!)) }
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
  }
}
