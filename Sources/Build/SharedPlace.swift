public import PackCore

/// Where machines leave results of steps for each other: a directory, a registry. What comes out of one is believed by
/// nobody before `SharedEntry` has read it.
public protocol SharedPlace: Sendable {
  /// For people.
  var name: String { get }
  /// Why others than root and this user may write there; nil when nobody else can.
  var openToOthers: String? { get }

  /// The same place, where a file that others may write is not taken either: what is believed without a signature.
  func ownFilesOnly() -> any SharedPlace

  func has(_ key: Digest) throws -> Bool
  /// The bytes of an entry, nil when there is none.
  /// - Parameter limit: larger ones are refused. Bytes.
  func entry(_ key: Digest, limit: Int) throws -> [UInt8]?
  /// A file with the contents that an entry names, unchecked; made in `scratch`, an empty directory, when there is none.
  /// - Parameter size: what the entry says that they have; nothing longer is fetched. Bytes.
  func contents(of key: Digest, _ digest: Digest, size: Int64, scratch: HostPath) throws -> HostPath
  /// Takes both over, in place of what is there; the file of contents goes away afterwards.
  func leave(_ key: Digest, entry: [UInt8], contents: HostPath, digest: Digest) throws
}
