/// One member of a tar archive, as libarchive understood its headers: nothing is checked yet. Names are the archive's
/// bytes.
public struct TarMember: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    case file
    case directory
    case link([UInt8])
    case hardLink([UInt8])
    case characterDevice
    case blockDevice
    case fifo
    /// A socket, or what no tar knows.
    case other
  }

  public var path: [UInt8]
  public var kind: Kind
  /// Permission bits, 0o7777.
  public var mode: UInt32
  public var uid: Int64
  public var gid: Int64
  /// Bytes of content that come out; with holes, more than the archive has.
  public var size: Int64
  /// Seconds since 1970.
  public var time: Int64
  /// By name, in the archive's bytes; a name that is not UTF-8 has U+FFFD in it.
  public var attributes: [String: [UInt8]]
  /// Its content has holes that the archive does not store.
  public var isSparse: Bool
}

/// Where an archive's bytes come from.
public protocol ByteSource: AnyObject {
  /// The next bytes, valid until the next call; empty at the end.
  func next() throws -> UnsafeRawBufferPointer
}
