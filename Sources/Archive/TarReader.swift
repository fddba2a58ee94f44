internal import CArchive
internal import Glibc
internal import PackCore

/// The members of a tar archive, one after the other, by libarchive: ustar, pax, GNU and old tar, no compression (the
/// caller decompresses, with bounds). Names come out as the bytes that the archive has: libarchive would turn them into
/// those of the thread's locale, so it works in the C locale, where what is not ASCII stays as it is.
///
/// Damage ends the reading; libarchive would go on with what follows.
public final class TarReader {
  /// `libarchive 3.6.2`
  public static let libraryVersion = String(cString: archive_version_string())

  private let archive: OpaquePointer
  private let input: TarInput
  private var current: OpaquePointer?
  private var path: [UInt8]?
  /// Of the current member. Bytes.
  private var size: Int64 = 0
  /// What follows its content to the end of the block. Bytes.
  private var padding: Int64 = 0
  private var isAtEnd = false
  // Never freed: one for the process.
  private static let plainLocale = PlainLocale()

  public init(_ source: any ByteSource) throws {
    input = TarInput(source)
    guard let archive = archive_read_new() else { throw ArchiveFailure.memory() }
    self.archive = archive
    guard archive_read_support_format_tar(archive) == ARCHIVE_OK else { throw ArchiveFailure.memory() }
    try open()
  }

  deinit { archive_read_free(archive) }

  private func open() throws {
    let code = archive_read_open2(
      archive, Unmanaged.passUnretained(input).toOpaque(), nil,
      { _, context, buffer in
        guard let context, let buffer else { return -1 }
        return Unmanaged<TarInput>.fromOpaque(context).takeUnretainedValue().read(into: buffer)
      }, nil, nil)
    // An archive without members may have no byte at all.
    if code != ARCHIVE_OK, input.isEmpty, input.error == nil { isAtEnd = true } else { try check(code) }
  }

  /// The next member, nil at the end of the archive: then all of the source was read, and what followed the end were
  /// zeros.
  /// - Throws: `bad_archive`; what the source throws.
  public func next() throws -> TarMember? {
    if isAtEnd { return nil }
    try finishMember()
    var entry: OpaquePointer?
    let code = Self.plainLocale.use { archive_read_next_header(archive, &entry) }
    if code == ARCHIVE_EOF {
      isAtEnd = true
      current = nil
      try finish()
      return nil
    }
    try check(code)
    guard let entry else { throw ArchiveFailure.damaged("a member without a header", after: path) }
    current = entry
    let member = Self.plainLocale.use { TarMember(entry) }
    path = member.path
    size = member.size
    padding = member.isSparse || member.kind != .file ? 0 : -size & 511
    return member
  }

  /// The content of the member that `next` gave, once, holes as zeros: exactly `size` bytes. What is not read is skipped.
  public func readContent(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    guard current != nil else { return }
    current = nil
    var position: Int64 = 0
    while true {
      var start: UnsafeRawPointer?
      var count = 0
      var offset: la_int64_t = 0
      let code = archive_read_data_block(archive, &start, &count, &offset)
      if code == ARCHIVE_EOF { break }
      try check(code)
      guard offset >= position, Int64(count) <= size, offset <= size - Int64(count) else {
        throw ArchiveFailure.damaged("content outside its member", after: path)
      }
      try Self.zeros(offset - position, body)
      if count > 0 { try body(UnsafeRawBufferPointer(start: start, count: count)) }
      position = offset + Int64(count)
    }
    try Self.zeros(size - position, body)
  }

  private static func zeros(_ count: Int64, _ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    guard count > 0 else { return }
    let block = [UInt8](repeating: 0, count: Int(min(count, 1 << 16)))
    var rest = count
    while rest > 0 {
      try Interruption.check()
      try block.withUnsafeBytes {
        try body(UnsafeRawBufferPointer(rebasing: $0[..<Int(min(rest, Int64(block.count)))]))
      }
      rest -= Int64(block.count)
    }
  }

  /// Skips what was not read of the member, and refuses one that the source does not have whole: an archive may end
  /// right behind the content of its last file, as umoci's do, but not before.
  private func finishMember() throws {
    guard path != nil else { return }
    current = nil
    try check(archive_read_data_skip(archive))
    guard archive_filter_bytes(archive, 0) - padding <= input.count else {
      throw ArchiveFailure.damaged("it ends within the file", after: path)
    }
  }

  /// Reads what follows the end: zeros to the end of a record (tar(5)), more or less of them, and nothing else.
  private func finish() throws {
    try input.drain()
    guard input.contentEnd <= archive_filter_bytes(archive, 0) else { throw ArchiveFailure.trailing() }
  }

  /// Everything but success is damage, except a name that the C locale cannot say, which is kept as bytes.
  private func check(_ code: Int32) throws {
    if code == ARCHIVE_OK { return }
    if let error = input.error { throw error }
    let text = archive_error_string(archive).map { String(cString: $0) } ?? "libarchive's error \(code)"
    if code == ARCHIVE_WARN, text.contains("can't be converted") { return }
    throw ArchiveFailure.damaged(text, after: path)
  }
}

/// The C locale for the calling thread, whatever the process set.
private struct PlainLocale: @unchecked Sendable {
  // Made once, read only afterwards.
  private let locale = newlocale(1 << LC_CTYPE, "C", nil)

  func use<R>(_ body: () throws -> R) rethrows -> R {
    let before = uselocale(locale)
    defer { _ = uselocale(before) }
    return try body()
  }
}
