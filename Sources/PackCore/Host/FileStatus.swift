public import Glibc

/// What lstat(2) says of a file, reduced to what packc looks at.
public struct FileStatus: Hashable, Sendable {
  public enum Kind: UInt8, Sendable { case file, directory, link, other }

  public let kind: Kind
  /// Its inode has more than one name (st_nlink); for directories always.
  public let hasOtherNames: Bool
  /// Permission bits, 0o7777.
  public let mode: UInt32
  public let size: Int64
  public let uid: UInt32
  /// Nanoseconds since the epoch.
  public let modified: Int64
  public let changed: Int64
  public let inode: UInt64
  public let device: UInt64

  public init(_ status: stat) {
    kind =
      switch status.st_mode & S_IFMT {
      case S_IFREG: .file
      case S_IFDIR: .directory
      case S_IFLNK: .link
      default: .other
      }
    hasOtherNames = status.st_nlink > 1
    mode = status.st_mode & 0o7777
    size = Int64(status.st_size)
    uid = status.st_uid
    modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
    changed = Int64(status.st_ctim.tv_sec) * 1_000_000_000 + Int64(status.st_ctim.tv_nsec)
    inode = UInt64(status.st_ino)
    device = UInt64(status.st_dev)
  }

  public var isExecutable: Bool { mode & 0o111 != 0 }

  /// The bytes by which a cache tells whether a file is the one that it saw: kind, mode, size, mtime, ctime, inode, device.
  /// 45 bytes, little endian.
  /// - Parameter withChange: false leaves the ctime out, which a further hard link sets.
  public func fingerprint(into out: inout [UInt8], withChange: Bool = true) {
    out.append(kind.rawValue)
    withUnsafeBytes(of: mode.littleEndian) { out.append(contentsOf: $0) }
    func append(_ word: UInt64) { withUnsafeBytes(of: word.littleEndian) { out.append(contentsOf: $0) } }
    append(UInt64(bitPattern: size))
    append(UInt64(bitPattern: modified))
    append(UInt64(bitPattern: withChange ? changed : 0))
    append(inode)
    append(device)
  }
}
