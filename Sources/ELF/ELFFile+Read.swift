internal import CElf
internal import Glibc
public import PackCore

extension ELFFile {
  /// The first four bytes of every ELF file.
  static let magic: [UInt8] = [0x7f, 0x45, 0x4c, 0x46]

  /// Reads `path`. Throws a `Failure` (65) that says what is wrong with it.
  public init(_ path: HostPath) throws {
    let handle = try ELFHandle(path)
    try self.init(reading: handle)
  }

  /// Reads a file that is in memory; `name` stands in messages.
  public init(_ bytes: [UInt8], name: String) throws {
    let handle = try ELFHandle(bytes, name: name)
    try self.init(reading: handle)
  }

  /// Nil when the file does not begin with the ELF magic: only its first bytes are read then.
  public static func readIfELF(_ path: HostPath) throws -> ELFFile? {
    try head(of: path, count: 4) == magic ? ELFFile(path) : nil
  }

  /// At most `count` first bytes of a file.
  static func head(of path: HostPath, count: Int) throws -> [UInt8] {
    let file = try Descriptor.open(path, O_RDONLY | O_NONBLOCK)
    var bytes = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
      let read = try bytes.withUnsafeMutableBytes {
        try file.read(into: UnsafeMutableRawBufferPointer(rebasing: $0[filled...]))
      }
      if read == 0 { break }
      filled += read
    }
    return Array(bytes[..<filled])
  }

  private init(reading handle: borrowing ELFHandle) throws {
    let header = try handle.header()
    kind =
      switch Int32(header.e_type) {
      case ET_REL: .relocatable
      case ET_EXEC: .executable
      case ET_DYN: .shared
      case ET_CORE: .core
      default: .other
      }
    bits = gelf_getclass(handle.elf) == ELFCLASS64 ? 64 : 32
    isLittleEndian = header.e_ident.5 == UInt8(ELFDATA2LSB)
    machine = ELFMachine(rawValue: header.e_machine)
    guard kind == .executable || kind == .shared else { return }
    let segments = try handle.segments()
    guard !segments.isEmpty else { throw handle.malformed("it has no program headers") }
    try readSegments(segments, handle)
    let dynamic = try DynamicSection(handle, segments)
    if let dynamic { try readDynamic(dynamic, handle) }
    finish(dynamic)
  }

  private mutating func readSegments(_ segments: [GElf_Phdr], _ handle: borrowing ELFHandle) throws {
    for (index, segment) in segments.enumerated() {
      guard segment.p_offset <= handle.size, segment.p_filesz <= handle.size - segment.p_offset else {
        throw handle.malformed("segment \(index) reaches past the end of the file (cut off?)")
      }
      let flags = Int32(bitPattern: segment.p_flags)
      switch Int32(bitPattern: segment.p_type) {
      case PT_LOAD:
        guard segment.p_memsz >= segment.p_filesz else {
          throw handle.malformed("segment \(index) is larger in the file than in memory")
        }
        if flags & (PF_W | PF_X) == PF_W | PF_X { writableExecutableSegments += 1 }
      case PT_INTERP: interpreter = try Self.interpreter(segment, handle)
      case Int32(bitPattern: UInt32(PT_GNU_STACK)): stack = flags & PF_X != 0 ? .executable : .nonExecutable
      case Int32(bitPattern: UInt32(PT_GNU_RELRO)): relro = .partial
      case PT_NOTE: if buildID == nil { buildID = try Self.buildID(segment, handle) }
      default: break
      }
    }
  }

  private static func interpreter(_ segment: GElf_Phdr, _ handle: borrowing ELFHandle) throws -> String {
    guard segment.p_filesz <= 4096 else { throw handle.malformed("the interpreter's path is too long") }
    let bytes = try handle.bytes(segment.p_offset, segment.p_filesz, "the interpreter's path")
    guard bytes.last == 0, let text = String(validating: bytes.prefix { $0 != 0 }, as: UTF8.self), text.hasPrefix("/")
    else { throw handle.malformed("the interpreter is not an absolute path") }
    return text
  }

  /// gABI-GNU, "Note sections": name `GNU`, type NT_GNU_BUILD_ID.
  private static func buildID(_ segment: GElf_Phdr, _ handle: borrowing ELFHandle) throws -> String? {
    guard segment.p_filesz > 0, segment.p_filesz <= 1 << 20 else { return nil }
    let type = segment.p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR
    guard let data = try? handle.chunk(segment.p_offset, segment.p_filesz, type, "a note") else { return nil }
    var offset = 0
    while true {
      var note = GElf_Nhdr()
      var name = 0
      var description = 0
      let next = gelf_getnote(data, offset, &note, &name, &description)
      guard next > offset, let base = data.pointee.d_buf else { return nil }
      let bytes = UnsafeRawBufferPointer(start: base, count: data.pointee.d_size)
      if note.n_type == UInt32(NT_GNU_BUILD_ID), note.n_namesz == 4,
        bytes[name..<(name + 4)].elementsEqual("GNU\0".utf8)
      {
        return ELFNotes.hex(bytes[description..<(description + Int(note.n_descsz))])
      }
      offset = next
    }
  }

  private mutating func readDynamic(_ dynamic: DynamicSection, _ handle: borrowing ELFHandle) throws {
    hasDynamicSection = true
    needed = try dynamic.strings(DT_NEEDED)
    soname = try dynamic.strings(DT_SONAME).first
    rpath = try dynamic.strings(DT_RPATH).flatMap(Self.split)
    runpath = try dynamic.strings(DT_RUNPATH).flatMap(Self.split)
    let flags1 = dynamic.first(DT_FLAGS_1) ?? 0
    skipsDefaultDirectories = flags1 & UInt64(DF_1_NODEFLIB) != 0
    isPositionIndependentProgram =
      kind == .shared && (flags1 & UInt64(DF_1_PIE) != 0 || (interpreter != nil && soname == nil))
    let bindsNow =
      dynamic.first(DT_BIND_NOW) != nil || (dynamic.first(DT_FLAGS) ?? 0) & UInt64(DF_BIND_NOW) != 0
      || flags1 & UInt64(DF_1_NOW) != 0
    if relro == .partial, bindsNow { relro = .full }
  }

  private static func split(_ path: String) -> [String] {
    path.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
  }

  private mutating func finish(_ dynamic: DynamicSection?) {
    guard let symbols = dynamic?.imports else { return }
    importCount = symbols.count
    usesIconv = symbols.names.contains("iconv_open")
    usesDlopen = symbols.names.contains("dlopen") || symbols.names.contains("dlmopen")
    guard !isStatic else { return }
    canary = symbols.names.isDisjoint(with: ["__stack_chk_fail", "__stack_chk_guard"]) ? .absent : .present
    if symbols.names.contains(where: { ImportedSymbols.isFortified($0) }) {
      fortify = .present
    } else if symbols.names.contains(where: { ImportedSymbols.couldBeFortified.contains($0) }) {
      fortify = .absent
    }
  }
}
