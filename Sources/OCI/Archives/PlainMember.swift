/// One member of a tar that packc writes for itself and reads back: a file, of which path and size are said and nothing
/// else. Whoever has only tar can list and unpack it; packc takes no header but the one that it would write.
public struct PlainMember: Hashable, Sendable {
  /// Bytes of a header, and what contents are padded to.
  public static let blockSize = TarHeader.blockSize
  /// Zeros after the last member. Bytes.
  public static let endSize = 2 * TarHeader.blockSize

  /// Short ASCII without an empty, `.` or `..` component.
  public let path: String
  /// Bytes of content.
  public let size: Int64

  /// Nil for a path that one block has no room for, and for a negative size.
  public init?(path: String, size: Int64) {
    let parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    guard path.utf8.count < 100, path.utf8.allSatisfy({ (0x21...0x7e).contains($0) }), size >= 0,
      parts.allSatisfy({ !$0.isEmpty && !$0.elementsEqual(".".utf8) && !$0.elementsEqual("..".utf8) })
    else { return nil }
    self.path = path
    self.size = size
  }

  /// Zeros between the content and the next header. Bytes.
  public var padding: Int64 { -size & Int64(Self.blockSize - 1) }

  public var header: [UInt8] {
    var bytes: [UInt8] = []
    TarHeader(kind: .file, path: Array(path.utf8), mode: 0o600, size: size, time: 0).encodeSingleBlock(into: &bytes)
    return bytes
  }

  /// - Parameter header: 512 bytes. Nil when it is not exactly what `header` writes.
  public init?(header: UnsafeRawBufferPointer) {
    guard header.count == Self.blockSize, let block = try? TarBlock(header),
      let path = String(validating: block.name, as: UTF8.self),
      let member = PlainMember(path: path, size: block.contentSize), member.header.elementsEqual(header)
    else { return nil }
    self = member
  }
}
