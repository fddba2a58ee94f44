internal import CElf
internal import PackCore

/// The dynamic section as the loader reads it: by PT_DYNAMIC and addresses, every read inside the file.
struct DynamicSection {
  private var entries: [(tag: Int64, value: UInt64)] = []
  private var table: [UInt8] = []
  private let file: String
  /// Nil when the symbol table cannot be found or read.
  private(set) var imports: ImportedSymbols?

  private static let maximumEntries: UInt64 = 1 << 16
  private static let maximumStrings: UInt64 = 256 << 20

  /// Nil when the file has none.
  init?(_ handle: borrowing ELFHandle, _ segments: [GElf_Phdr]) throws {
    guard let segment = segments.first(where: { $0.p_type == UInt32(PT_DYNAMIC) }), segment.p_filesz > 0 else {
      return nil
    }
    file = handle.name
    let entrySize = UInt64(gelf_fsize(handle.elf, ELF_T_DYN, 1, UInt32(EV_CURRENT)))
    guard entrySize > 0, segment.p_filesz / entrySize <= Self.maximumEntries else {
      throw handle.malformed("the dynamic section is too large")
    }
    let data = try handle.chunk(
      segment.p_offset, segment.p_filesz / entrySize * entrySize, ELF_T_DYN, "the dynamic section")
    for index in 0..<Int32(segment.p_filesz / entrySize) {
      var entry = GElf_Dyn()
      guard gelf_getdyn(data, index, &entry) != nil else { throw handle.malformed(ELFHandle.problem()) }
      if entry.d_tag == Int64(DT_NULL) { break }
      entries.append((entry.d_tag, entry.d_un.d_val))
    }
    try readStrings(handle, segments)
    imports = try? ImportedSymbols(handle, segments, self)
  }

  private mutating func readStrings(_ handle: borrowing ELFHandle, _ segments: [GElf_Phdr]) throws {
    guard let address = first(DT_STRTAB), let size = first(DT_STRSZ), size > 0 else { return }
    guard size <= Self.maximumStrings, let offset = Self.offset(of: address, in: segments) else {
      throw handle.malformed("the string table lies in no segment")
    }
    table = Array(try handle.bytes(offset, size, "the string table"))
  }

  func first(_ tag: Int32) -> UInt64? { entries.first { $0.tag == Int64(tag) }?.value }

  /// The strings that all entries of `tag` point to.
  func strings(_ tag: Int32) throws -> [String] {
    try entries.filter { $0.tag == Int64(tag) }.map { entry in
      guard let bytes = string(at: entry.value), let text = String(validating: bytes, as: UTF8.self) else {
        throw ELFFailure.malformed(file, "the dynamic section names a string that is not in the string table")
      }
      return text
    }
  }

  /// Bytes up to the NUL, or nil when they are not all in the table.
  func string(at offset: UInt64) -> ArraySlice<UInt8>? {
    guard offset < UInt64(table.count) else { return nil }
    let rest = table[Int(offset)...]
    guard let end = rest.firstIndex(of: 0) else { return nil }
    return rest[..<end]
  }

  /// Where in the file the byte at a virtual address lies.
  static func offset(of address: UInt64, in segments: [GElf_Phdr]) -> UInt64? {
    for segment in segments where segment.p_type == UInt32(PT_LOAD) && address >= segment.p_vaddr {
      let distance = address - segment.p_vaddr
      if distance < segment.p_filesz {
        let (offset, overflow) = segment.p_offset.addingReportingOverflow(distance)
        return overflow ? nil : offset
      }
    }
    return nil
  }
}

/// The undefined symbols of the dynamic symbol table.
struct ImportedSymbols {
  private(set) var count = 0
  /// Only names that this module asks for.
  private(set) var names: Set<String> = []

  private static let maximumSymbols: UInt64 = 1 << 22

  /// Functions that `-D_FORTIFY_SOURCE` replaces wherever it can (glibc, "Source Fortification").
  static let couldBeFortified: Set<String> = [
    "memcpy", "memmove", "memset", "strcpy", "strncpy", "strcat", "strncat", "sprintf", "snprintf", "vsprintf",
    "vsnprintf", "printf", "fprintf", "vprintf", "vfprintf", "gets", "fgets", "fread", "read", "pread", "recv",
    "recvfrom", "realpath", "getcwd", "readlink", "stpcpy", "syslog", "vsyslog",
  ]
  private static let others: Set<String> = [
    "__stack_chk_fail", "__stack_chk_guard", "iconv_open", "dlopen", "dlmopen",
  ]
  /// `__memcpy_chk`, but not `__stack_chk_fail`.
  static func isFortified(_ name: String) -> Bool { name.hasPrefix("__") && name.hasSuffix("_chk") }

  init?(_ handle: borrowing ELFHandle, _ segments: [GElf_Phdr], _ dynamic: DynamicSection) throws {
    guard let address = dynamic.first(DT_SYMTAB), let offset = DynamicSection.offset(of: address, in: segments),
      let total = try Self.symbolCount(handle, segments, dynamic)
    else { return nil }
    let size = UInt64(gelf_fsize(handle.elf, ELF_T_SYM, 1, UInt32(EV_CURRENT)))
    guard total > 0 else { return }
    let data = try handle.chunk(offset, total * size, ELF_T_SYM, "the symbol table")
    for index in 1..<max(1, Int32(total)) {
      var symbol = GElf_Sym()
      guard gelf_getsym(data, index, &symbol) != nil else { return nil }
      guard symbol.st_shndx == UInt16(SHN_UNDEF), symbol.st_name != 0 else { continue }
      count += 1
      guard let bytes = dynamic.string(at: UInt64(symbol.st_name)), Self.isAsked(bytes) else { continue }
      names.insert(String(decoding: bytes, as: UTF8.self))
    }
  }

  private static func isAsked(_ bytes: ArraySlice<UInt8>) -> Bool {
    guard bytes.count <= 32 else { return false }
    let name = String(decoding: bytes, as: UTF8.self)
    return others.contains(name) || couldBeFortified.contains(name) || isFortified(name)
  }

  /// No dynamic entry says how many symbols there are. Section headers do, where there are any; else the hash tables
  /// know (gABI, "Hash Table"; GNU hash: the last symbol is where the longest chain ends, and a table that exports
  /// nothing knows nothing: then linkers put the strings right behind the symbols).
  private static func symbolCount(_ handle: borrowing ELFHandle, _ segments: [GElf_Phdr], _ dynamic: DynamicSection)
    throws -> UInt64?
  {
    let size = UInt64(gelf_fsize(handle.elf, ELF_T_SYM, 1, UInt32(EV_CURRENT)))
    var count = sectionCount(handle, dynamic, size)
    if count == nil, let address = dynamic.first(DT_HASH), let offset = DynamicSection.offset(of: address, in: segments)
    {
      count = UInt64(try words(handle, offset, 2)[1])
    }
    if count == nil, let address = dynamic.first(DT_GNU_HASH),
      let offset = DynamicSection.offset(of: address, in: segments)
    {
      count = try gnuCount(handle, offset)
    }
    if count == nil, let symbols = dynamic.first(DT_SYMTAB), let strings = dynamic.first(DT_STRTAB), strings > symbols {
      count = (strings - symbols) / size
    }
    guard let count, count <= maximumSymbols else { return nil }
    return count
  }

  /// From the section header of the dynamic symbol table.
  private static func sectionCount(_ handle: borrowing ELFHandle, _ dynamic: DynamicSection, _ size: UInt64) -> UInt64?
  {
    var section: OpaquePointer?
    while let next = elf_nextscn(handle.elf, section) {
      section = next
      var header = GElf_Shdr()
      guard gelf_getshdr(next, &header) != nil else { return nil }
      if header.sh_type == UInt32(SHT_DYNSYM), header.sh_addr == dynamic.first(DT_SYMTAB) {
        return header.sh_size / size
      }
    }
    return nil
  }

  private static func words(_ handle: borrowing ELFHandle, _ offset: UInt64, _ count: UInt64) throws -> [UInt32] {
    guard count <= maximumSymbols else { throw handle.malformed("a hash table is too large") }
    guard count > 0 else { return [] }
    let data = try handle.chunk(offset, 4 * count, ELF_T_WORD, "a hash table")
    let raw = UnsafeRawBufferPointer(start: data.pointee.d_buf, count: data.pointee.d_size)
    return (0..<Int(count)).map { raw.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self) }
  }

  /// Header (buckets, first symbol, bloom words, shift), bloom filter, buckets, chains.
  private static func gnuCount(_ handle: borrowing ELFHandle, _ offset: UInt64) throws -> UInt64? {
    let header = try words(handle, offset, 4)
    let bloomWord: UInt64 = gelf_getclass(handle.elf) == ELFCLASS64 ? 8 : 4
    let bucketsAt = offset + 16 + UInt64(header[2]) * bloomWord
    let buckets = try words(handle, bucketsAt, UInt64(header[0]))
    let first = UInt64(header[1])
    guard let last = buckets.max(), last > 0, UInt64(last) >= first else { return nil }
    var index = UInt64(last)
    let chains = bucketsAt + 4 * UInt64(header[0])
    while index < maximumSymbols {
      let place = chains + 4 * (index - first)
      guard place < handle.size else { break }
      let block = try words(handle, place, min(256, (handle.size - place) / 4))
      if let end = block.firstIndex(where: { $0 & 1 == 1 }) { return index + UInt64(end) + 1 }
      guard !block.isEmpty else { break }
      index += UInt64(block.count)
    }
    throw handle.malformed("a hash chain does not end")
  }
}
