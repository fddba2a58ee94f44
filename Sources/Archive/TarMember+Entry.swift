internal import CArchive
internal import Glibc

extension TarMember {
  init(_ entry: OpaquePointer) {
    let link = archive_entry_hardlink(entry).map { Kind.hardLink(Self.bytes($0)) }
    self.init(
      path: archive_entry_pathname(entry).map(Self.bytes) ?? [], kind: link ?? Self.kind(entry),
      mode: UInt32(archive_entry_perm(entry)) & 0o7777, uid: archive_entry_uid(entry), gid: archive_entry_gid(entry),
      size: archive_entry_size(entry), time: Int64(archive_entry_mtime(entry)), attributes: Self.attributes(entry),
      isSparse: archive_entry_sparse_reset(entry) > 0)
  }

  private static func kind(_ entry: OpaquePointer) -> Kind {
    // AE_IFREG and its like (archive_entry.h), the values of stat(2).
    switch UInt32(archive_entry_filetype(entry)) {
    case 0o100000: .file
    case 0o040000: .directory
    case 0o120000: .link(archive_entry_symlink(entry).map(bytes) ?? [])
    case 0o020000: .characterDevice
    case 0o060000: .blockDevice
    case 0o010000: .fifo
    default: .other
    }
  }

  private static func attributes(_ entry: OpaquePointer) -> [String: [UInt8]] {
    var found: [String: [UInt8]] = [:]
    archive_entry_xattr_reset(entry)
    var name: UnsafePointer<CChar>?
    var value: UnsafeRawPointer?
    var count = 0
    while archive_entry_xattr_next(entry, &name, &value, &count) == ARCHIVE_OK {
      guard let name else { continue }
      found[String(decoding: bytes(name), as: UTF8.self)] = Array(UnsafeRawBufferPointer(start: value, count: count))
    }
    return found
  }

  private static func bytes(_ text: UnsafePointer<CChar>) -> [UInt8] {
    Array(UnsafeRawBufferPointer(start: text, count: strlen(text)))
  }
}
