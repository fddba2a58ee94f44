internal import CElf
public import PackCore

/// What names the symbols of a program, wherever the program is: in a file, in an image, in a core dump.
public struct BuildIdentity: Hashable, Sendable, CustomStringConvertible {
  public enum Source: String, Sendable {
    /// NT_GNU_BUILD_ID, what linkers write (gABI-GNU, "Note sections").
    case gnu
    /// Go's own note; the key is the first 20 bytes of its SHA-256, which Go's linker too makes a GNU build-id of.
    case go
    /// The program has neither: the SHA-256 of the file that is in the image. It is in no core dump.
    case digest
  }
  public let source: Source
  /// 8 to 128 lower-case hex digits.
  public let hex: String

  /// Nil when `hex` is not 4 to 64 bytes in lower-case hex.
  public init?(source: Source, hex: String) {
    guard (8...128).contains(hex.utf8.count), hex.utf8.count.isMultiple(of: 2),
      hex.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
    else { return nil }
    self.source = source
    self.hex = hex
  }

  /// Of a file that has no build-id.
  public init(digest: Digest) {
    source = .digest
    hex = digest.hex
  }

  public var description: String { hex }
  /// Below a directory of debug files, where gdb and elfutils look for it: `.build-id/ab/cdef….debug`.
  public var debugPath: RootPath {
    let cut = hex.index(hex.startIndex, offsetBy: 2)
    return RootPath(".build-id/\(hex[..<cut])/\(hex[cut...]).debug") ?? .root
  }

  /// By the notes of a program: GNU's before Go's, whatever their order.
  init?(notes: [(bytes: UnsafeRawBufferPointer, alignment: UInt64)]) {
    var go: BuildIdentity?
    for (bytes, alignment) in notes {
      var found: BuildIdentity?
      ELFNotes.each(in: bytes, alignment: alignment) { note in
        if note.type == UInt32(NT_GNU_BUILD_ID), note.name.elementsEqual("GNU\0".utf8) {
          found = BuildIdentity(source: .gnu, hex: ELFNotes.hex(note.description))
        } else if note.type == 4, note.name.elementsEqual("Go\0\0".utf8), !note.description.isEmpty, go == nil {
          let key = Digest(of: Array(note.description)).hex.prefix(40)
          go = BuildIdentity(source: .go, hex: String(key))
        }
        return found == nil
      }
      if let found {
        self = found
        return
      }
    }
    guard let go else { return nil }
    self = go
  }

  /// Of a linked program or library; nil when it has none, or is no such file.
  /// - Throws: `malformed_elf`.
  public init?(of path: HostPath) throws {
    guard try ELFFile.head(of: path, count: 4) == ELFFile.magic else { return nil }
    let handle = try ELFHandle(path)
    let segments = try handle.segments().filter {
      $0.p_type == UInt32(PT_NOTE) && $0.p_filesz > 0 && $0.p_filesz <= 1 << 20
    }
    let notes = try segments.map { (try handle.bytes($0.p_offset, $0.p_filesz, "a note"), UInt64($0.p_align)) }
    self.init(notes: notes)
  }
}

/// The notes of a little-endian file: 12 bytes (sizes of name and description, type), the name, the description, both
/// padded to 4 bytes, or to 8 in a segment that asks for it (gABI, chapter 5, "Note Section").
enum ELFNotes {
  struct Note {
    var type: UInt32
    /// With its NUL.
    var name: Slice<UnsafeRawBufferPointer>
    var description: Slice<UnsafeRawBufferPointer>
  }

  /// Calls `body` for each until it returns false or a note reaches past the end.
  static func each(in bytes: UnsafeRawBufferPointer, alignment: UInt64, _ body: (Note) -> Bool) {
    let unit = alignment == 8 ? 8 : 4
    func padded(_ offset: Int) -> Int { (offset + unit - 1) / unit * unit }
    var offset = 0
    while bytes.count - offset >= 12 {
      let name = offset + 12
      let nameSize = Int(bytes.word32(at: offset))
      let descriptionSize = Int(bytes.word32(at: offset + 4))
      let description = padded(name + nameSize)
      guard description <= bytes.count, descriptionSize <= bytes.count - description else { return }
      let note = Note(
        type: bytes.word32(at: offset + 8), name: bytes[name..<(name + nameSize)],
        description: bytes[description..<(description + descriptionSize)])
      guard body(note) else { return }
      offset = padded(description + descriptionSize)
    }
  }

  static func hex(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}

extension UnsafeRawBufferPointer {
  func word16(at offset: Int) -> UInt16 { UInt16(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt16.self)) }
  func word32(at offset: Int) -> UInt32 { UInt32(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self)) }
  func word64(at offset: Int) -> UInt64 { UInt64(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt64.self)) }
}
