internal import CElf
internal import PackCore

/// What of a linked 64-bit ELF file stays when its symbol table and debug sections go. The file up to the end of what is
/// loaded keeps its bytes and offsets; after that come the sections that stay and a new section header table:
///
///     before  | ELF header | segments … | .comment .debug_* .symtab .strtab .shstrtab | section headers |
///     after   | ELF header'| segments … | .comment .shstrtab' | section headers' |
///
/// Only `e_shoff`, `e_shnum` and `e_shstrndx` of the ELF header change, and the section numbers in `.dynsym` where
/// sections before them went.
struct StripPlan {
  var pieces = FilePieces()
  /// Names of what went.
  var removed: [String] = []

  private typealias Section = ELFSection

  /// Why a file is left as it is.
  enum Outcome {
    case plan(StripPlan)
    case unchanged(String)
  }

  static func make(_ handle: borrowing ELFHandle) throws -> Outcome {
    var header = try handle.header()
    guard Int32(header.e_type) == ET_EXEC || Int32(header.e_type) == ET_DYN else {
      return .unchanged("not a linked program or shared object")
    }
    guard gelf_getclass(handle.elf) == ELFCLASS64 else { return .unchanged("not a 64-bit file") }
    guard header.e_shoff != 0 else { return .unchanged("it has no section headers") }
    var nameTable = 0
    guard elf_getshdrstrndx(handle.elf, &nameTable) == 0 else { throw handle.malformed(ELFHandle.problem()) }
    let sections = try handle.sections(nameTable)
    guard sections.count < Int(SHN_LORESERVE), sections.indices.contains(nameTable) else {
      return .unchanged("its sections are numbered in an unusual way")
    }
    let gone = removable(sections, nameTable)
    guard !gone.isEmpty else { return .unchanged("it has no symbol table and no debug sections") }
    let segments = try handle.segments()
    let loadedEnd = try loadedEnd(header, segments, sections, handle)
    let known = sections.map(\.end).reduce(
      max(loadedEnd, header.e_shoff + UInt64(sections.count) * UInt64(header.e_shentsize)), max)
    guard handle.size <= known else { return .unchanged("data of its own follows the ELF file") }

    var plan = StripPlan()
    plan.removed = gone.sorted().map { sections[$0].name }
    let kept = sections.filter { !gone.contains($0.index) }
    try plan.lay(kept, nameTable, loadedEnd, &header, handle)
    return .plan(plan)
  }

  // MARK: What there is

  private static func removable(_ sections: [Section], _ nameTable: Int) -> Set<Int> {
    var gone: Set<Int> = []
    for section in sections where !section.isLoaded {
      let type = Int32(bitPattern: section.header.sh_type)
      if type == SHT_SYMTAB || type == SHT_SYMTAB_SHNDX || (type == SHT_PROGBITS && isDebug(section.name)) {
        gone.insert(section.index)
      }
    }
    let link = { (section: Section) in Int(section.header.sh_link) }
    // Relocations that the linker kept (--emit-relocs) speak of symbols that are gone.
    for section in sections
    where !section.isLoaded && [SHT_REL, SHT_RELA].contains(Int32(bitPattern: section.header.sh_type)) {
      if gone.contains(link(section)) || gone.contains(Int(section.header.sh_info)) { gone.insert(section.index) }
    }
    let strings = Set(gone.map { link(sections[$0]) })
    let needed = Set(sections.filter { !gone.contains($0.index) }.map(link))
    for index in strings.subtracting(needed) where index != nameTable && sections.indices.contains(index) {
      let section = sections[index]
      if !section.isLoaded, section.header.sh_type == UInt32(SHT_STRTAB) { gone.insert(index) }
    }
    return gone
  }

  private static func isDebug(_ name: String) -> Bool {
    [".debug_", ".zdebug_", ".gnu.debuglto_", ".gnu.linkonce.wi.", ".stab"].contains { name.hasPrefix($0) }
      || [".line", ".gdb_index", ".debug"].contains(name)
  }

  /// The end of what must keep its place: headers, segments, loaded sections.
  private static func loadedEnd(
    _ header: GElf_Ehdr, _ segments: [GElf_Phdr], _ sections: [Section], _ handle: borrowing ELFHandle
  ) throws -> UInt64 {
    var end = UInt64(header.e_ehsize)
    end = max(end, header.e_phoff &+ UInt64(header.e_phentsize) * UInt64(segments.count))
    for segment in segments { end = max(end, segment.p_offset &+ segment.p_filesz) }
    for section in sections where section.isLoaded { end = max(end, section.end) }
    guard end <= handle.size else { throw handle.malformed("a segment reaches past the end of the file") }
    return end
  }

  // MARK: The new file

  private mutating func lay(
    _ kept: [Section], _ nameTable: Int, _ loadedEnd: UInt64, _ header: inout GElf_Ehdr, _ handle: borrowing ELFHandle
  ) throws {
    pieces.copy(offset: 0, count: loadedEnd)
    let newIndex = Dictionary(uniqueKeysWithValues: kept.enumerated().map { ($0.element.index, $0.offset) })
    let (names, nameOffsets) = ELFSection.nameTable(kept)
    var headers: [GElf_Shdr] = []
    for (position, section) in kept.enumerated() {
      var new = section.header
      new.sh_name = nameOffsets[position]
      new.sh_link = UInt32(newIndex[Int(section.header.sh_link)] ?? 0)
      if Self.infoIsSection(section.header) { new.sh_info = UInt32(newIndex[Int(section.header.sh_info)] ?? 0) }
      if section.index == nameTable {
        new.sh_size = UInt64(names.count)
        new.sh_offset = pieces.pad(to: try section.alignment(in: handle))
        pieces.append(names)
      } else if section.hasBytes, section.end > loadedEnd {
        new.sh_offset = pieces.pad(to: try section.alignment(in: handle))
        pieces.copy(offset: section.header.sh_offset, count: section.header.sh_size)
      } else if !section.hasBytes, section.index != 0, section.header.sh_offset > loadedEnd {
        new.sh_offset = loadedEnd
      }
      headers.append(new)
    }
    header.e_shoff = pieces.pad(to: 8)
    header.e_shnum = UInt16(kept.count)
    header.e_shstrndx = UInt16(newIndex[nameTable] ?? 0)
    pieces.append(try handle.encode(&headers, ELF_T_SHDR))
    pieces.patch(at: 0, try handle.encode(&header))
    try renumberSymbols(kept, newIndex, handle)
  }

  private static func infoIsSection(_ header: GElf_Shdr) -> Bool {
    let type = Int32(bitPattern: header.sh_type)
    return type == SHT_REL || type == SHT_RELA || header.sh_flags & UInt64(SHF_INFO_LINK) != 0
  }

  /// Section numbers of defined dynamic symbols, where they changed (2 bytes each; rare: linkers put what is not loaded
  /// last).
  private mutating func renumberSymbols(_ kept: [Section], _ newIndex: [Int: Int], _ handle: borrowing ELFHandle) throws
  {
    guard newIndex.contains(where: { $0.key != $0.value }) else { return }
    for section in kept where section.header.sh_type == UInt32(SHT_DYNSYM) {
      let size = UInt64(MemoryLayout<Elf64_Sym>.size)
      let data = try handle.chunk(
        section.header.sh_offset, section.header.sh_size / size * size, ELF_T_SYM, section.name)
      for index in 0..<(section.header.sh_size / size) {
        var symbol = GElf_Sym()
        guard gelf_getsym(data, Int32(clamping: index), &symbol) != nil else {
          throw handle.malformed(ELFHandle.problem())
        }
        let number = Int(symbol.st_shndx)
        guard number != 0, number < Int(SHN_LORESERVE), newIndex[number] != number else { continue }
        symbol.st_shndx = UInt16(newIndex[number] ?? 0)
        var one = [symbol]
        pieces.patch(at: section.header.sh_offset + index * size, try handle.encode(&one, ELF_T_SYM))
      }
    }
  }
}
