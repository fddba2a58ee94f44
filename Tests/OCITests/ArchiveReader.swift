import CArchive
import Glibc
import PackCore

@testable import OCI

/// libarchive's view of an archive: the reference for what packc writes.
struct ArchiveMember: Equatable {
  var path: [UInt8]
  var kind: UInt32
  var mode: UInt32
  var uid: Int64
  var gid: Int64
  var size: Int64
  var time: Int
  var link: [UInt8]?
  /// The first name, of a hard link.
  var firstName: [UInt8]?
  var capabilities: [UInt8]?
  var content: Digest?

  struct Unreadable: Error { let text: String }

  /// Reads all members of an archive in memory, compressed or not.
  static func read(_ bytes: [UInt8], headersOnly: Bool = false) throws -> [ArchiveMember] {
    setlocale(LC_CTYPE, "C.UTF-8")
    let archive = archive_read_new()
    defer { archive_read_free(archive) }
    archive_read_support_filter_gzip(archive)
    archive_read_support_filter_zstd(archive)
    archive_read_support_format_tar(archive)
    return try bytes.withUnsafeBytes { buffer in
      guard archive_read_open_memory(archive, buffer.baseAddress, buffer.count) == ARCHIVE_OK else {
        throw Unreadable(text: text(archive))
      }
      var members: [ArchiveMember] = []
      var entry: OpaquePointer?
      while true {
        let code = archive_read_next_header(archive, &entry)
        if code == ARCHIVE_EOF { return members }
        guard code == ARCHIVE_OK else { throw Unreadable(text: text(archive)) }
        var member = header(entry)
        if headersOnly { return [member] }
        if member.kind == S_IFREG, member.firstName == nil { member.content = try content(archive) }
        members.append(member)
      }
    }
  }

  private static func header(_ entry: OpaquePointer?) -> ArchiveMember {
    var member = ArchiveMember(
      path: bytes(archive_entry_pathname(entry)) ?? [], kind: archive_entry_filetype(entry),
      mode: archive_entry_perm(entry), uid: archive_entry_uid(entry), gid: archive_entry_gid(entry),
      size: archive_entry_size(entry), time: archive_entry_mtime(entry), link: bytes(archive_entry_symlink(entry)))
    member.firstName = bytes(archive_entry_hardlink(entry))
    // A hard link has no type of its own.
    if member.firstName != nil { member.kind = S_IFREG }
    archive_entry_xattr_reset(entry)
    var name: UnsafePointer<CChar>?
    var value: UnsafeRawPointer?
    var count = 0
    while archive_entry_xattr_next(entry, &name, &value, &count) == ARCHIVE_OK {
      guard bytes(name) == Array(FileCapabilities.attribute.utf8) else { continue }
      member.capabilities = Array(UnsafeRawBufferPointer(start: value, count: count))
    }
    return member
  }

  private static func content(_ archive: OpaquePointer?) throws -> Digest {
    var hash = SHA256()
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = buffer.withUnsafeMutableBytes { archive_read_data(archive, $0.baseAddress, $0.count) }
      guard count >= 0 else { throw Unreadable(text: text(archive)) }
      if count == 0 { return hash.finish() }
      hash.update(Array(buffer[..<count]))
    }
  }

  private static func bytes(_ text: UnsafePointer<CChar>?) -> [UInt8]? {
    text.map { Array(UnsafeBufferPointer(start: $0, count: strlen($0))).map(UInt8.init(bitPattern:)) }
  }
  private static func text(_ archive: OpaquePointer?) -> String {
    archive_error_string(archive).map { String(cString: $0) } ?? "unknown"
  }

  /// What an entry must look like to libarchive.
  init(_ entry: RootFilesystem.Entry, epoch: Int64) throws {
    self.init(
      path: entry.path.bytes, kind: S_IFREG, mode: entry.mode, uid: Int64(entry.uid), gid: Int64(entry.gid),
      size: entry.size, time: Int(epoch))
    capabilities = entry.capabilities?.bytes
    switch entry.content {
    case .directory:
      kind = S_IFDIR
      path.append(UInt8(ascii: "/"))
    case .link(let target):
      kind = S_IFLNK
      mode = 0o777
      link = target
    case .hardLink(let first): firstName = first.bytes
    case .bytes(let bytes): content = Digest(of: bytes)
    case .host(let path, _): content = try FileSystem.digest(of: path)
    }
  }

  init(path: [UInt8], kind: UInt32, mode: UInt32, uid: Int64, gid: Int64, size: Int64, time: Int, link: [UInt8]? = nil)
  {
    self.path = path
    self.kind = kind
    self.mode = mode
    self.uid = uid
    self.gid = gid
    self.size = size
    self.time = time
    self.link = link
  }
}
