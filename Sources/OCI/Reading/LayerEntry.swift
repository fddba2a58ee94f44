public import PackCore

/// One entry of a layer's archive, as whoever made it wrote it, after it passed the checks of the reader.
public struct LayerEntry: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    case file
    case directory
    /// The target's bytes, any.
    case link([UInt8])
    /// Another name for a file of the same layer, or of a lower one.
    case hardLink(RootPath)
    /// Character or block device, FIFO: counted and shown, never unpacked.
    case special
    /// `.wh.NAME`: removes NAME of the layers below (OCI image spec, layer.md, "Whiteouts"); `path` is NAME's.
    case whiteout
    /// `.wh..wh..opq`: hides everything that the layers below have in the directory `path`.
    case opaque
  }

  public var path: RootPath
  public var kind: Kind
  /// Permission bits with set-user-ID, set-group-ID and sticky.
  public var mode: UInt32
  public var uid: Int64
  public var gid: Int64
  /// Bytes of a file's content.
  public var size: Int64
  /// Seconds since 1970.
  public var time: Int64
  /// Extended attributes by name, sorted.
  public var attributes: [String: [UInt8]]

  public init(
    path: RootPath, kind: Kind, mode: UInt32, uid: Int64 = 0, gid: Int64 = 0, size: Int64 = 0, time: Int64 = 0,
    attributes: [String: [UInt8]] = [:]
  ) {
    self.path = path
    self.kind = kind
    self.mode = mode
    self.uid = uid
    self.gid = gid
    self.size = size
    self.time = time
    self.attributes = attributes
  }
}
