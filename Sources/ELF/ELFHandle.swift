internal import CElf
internal import Glibc
internal import PackCore

/// libelf's descriptor with one owner. Files are read by pread(2), not mapped: a file that is cut off while it is read
/// gives an error, not a signal.
struct ELFHandle: ~Copyable {
  let elf: OpaquePointer
  /// For messages.
  let name: String
  /// Bytes in the file.
  let size: UInt64
  private let descriptor: Int32
  private let memory: UnsafeMutableRawBufferPointer?

  /// libelf wants to be told the version once, before anything else.
  private static let ready = elf_version(UInt32(EV_CURRENT)) != UInt32(EV_NONE)

  /// Opens a file that begins with the ELF magic.
  init(_ path: HostPath) throws {
    let name = path.description
    let file = try Descriptor.open(path, O_RDONLY | O_NONBLOCK)
    let status = FileStatus(try file.status())
    guard status.kind == .file else { throw ELFFailure.notELF(name, "not a regular file") }
    guard Self.ready, let elf = elf_begin(file.raw, ELF_C_READ, nil) else {
      throw ELFFailure.malformed(name, Self.problem())
    }
    try Self.check(elf, name, else: nil)
    self.elf = elf
    self.name = name
    size = UInt64(max(0, status.size))
    descriptor = file.release()
    memory = nil
  }

  /// Reads from memory; `name` stands in messages.
  init(_ bytes: [UInt8], name: String) throws {
    guard !bytes.isEmpty else { throw ELFFailure.notELF(name, "empty") }
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 16)
    memory.copyBytes(from: bytes)
    guard Self.ready, let elf = elf_memory(memory.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count) else {
      memory.deallocate()
      throw ELFFailure.malformed(name, Self.problem())
    }
    try Self.check(elf, name, else: memory)
    self.elf = elf
    self.name = name
    size = UInt64(bytes.count)
    descriptor = -1
    self.memory = memory
  }

  deinit {
    elf_end(elf)
    if descriptor >= 0 { close(descriptor) }
    memory?.deallocate()
  }

  /// Throws, and frees what was opened, unless it is an ELF file.
  private static func check(_ elf: OpaquePointer, _ name: String, else memory: UnsafeMutableRawBufferPointer?) throws {
    let kind = elf_kind(elf)
    guard kind != ELF_K_ELF else { return }
    elf_end(elf)
    memory?.deallocate()
    throw ELFFailure.notELF(name, kind == ELF_K_AR ? "an archive of object files" : "something else")
  }

  /// libelf's text for its last error.
  static func problem() -> String {
    let code = elf_errno()
    guard code != 0, let text = elf_errmsg(code) else { return "it cannot be read" }
    return String(cString: text)
  }

  func malformed(_ reason: String) -> Failure { ELFFailure.malformed(name, reason) }

  func header() throws -> GElf_Ehdr {
    var header = GElf_Ehdr()
    guard gelf_getehdr(elf, &header) != nil else { throw malformed(Self.problem()) }
    return header
  }

  /// The program headers; each segment's bytes lie inside the file.
  func segments() throws -> [GElf_Phdr] {
    var count = 0
    guard elf_getphdrnum(elf, &count) == 0 else { throw malformed(Self.problem()) }
    let header = try header()
    guard count == 0 || header.e_phoff != 0 else { return [] }
    guard count <= 1 << 16 else { throw malformed("\(count) program headers") }
    return try (0..<count).map { index in
      var segment = GElf_Phdr()
      guard gelf_getphdr(elf, Int32(index), &segment) != nil else { throw malformed(Self.problem()) }
      return segment
    }
  }

  /// `length` bytes at `offset`, decoded as `type`; valid as long as the handle.
  func chunk(_ offset: UInt64, _ length: UInt64, _ type: Elf_Type, _ what: String) throws
    -> UnsafeMutablePointer<Elf_Data>
  {
    guard offset <= size, length <= size - offset, let start = Int64(exactly: offset), let count = Int(exactly: length)
    else { throw malformed("\(what) reaches past the end of the file") }
    guard let data = elf_getdata_rawchunk(elf, start, count, type) else {
      throw malformed("\(what): \(Self.problem())")
    }
    return data
  }

  func bytes(_ offset: UInt64, _ length: UInt64, _ what: String) throws -> UnsafeRawBufferPointer {
    guard length > 0 else { return UnsafeRawBufferPointer(start: nil, count: 0) }
    let data = try chunk(offset, length, ELF_T_BYTE, what)
    return UnsafeRawBufferPointer(start: data.pointee.d_buf, count: data.pointee.d_size)
  }
}
