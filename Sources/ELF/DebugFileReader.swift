internal import CElf
public import PackCore

/// What packc itself reads out of a debug file; the rest is the debugger's.
public struct DebugFileReader: Sendable {
  /// It is loaded where it was linked to be (`ET_EXEC`), so that addresses of a process are addresses of the file.
  public let isFixed: Bool
  /// First and last address that is loaded, the last not among them.
  public let loaded: Range<UInt64>
  /// Where the first executable segment's page begins.
  public let codeStart: UInt64?
  private let path: HostPath

  /// - Throws: `malformed_elf`, `not_an_elf`.
  public init(_ path: HostPath) throws {
    self.path = path
    let handle = try ELFHandle(path)
    isFixed = Int32(try handle.header().e_type) == ET_EXEC
    let loads = try handle.segments().filter { $0.p_type == UInt32(PT_LOAD) }
    let start = loads.map(\.p_vaddr).min() ?? 0
    let end = loads.map { $0.p_vaddr.addingReportingOverflow($0.p_memsz).overflow ? .max : $0.p_vaddr + $0.p_memsz }
      .max()
    loaded = start..<max(start, end ?? 0)
    codeStart = loads.first { $0.p_flags & UInt32(PF_X) != 0 }.map {
      $0.p_align > 1 ? $0.p_vaddr - $0.p_vaddr % $0.p_align : $0.p_vaddr
    }
  }

  /// Where functions of these names begin, each address once; several where several files have a static one of the name.
  public func addresses(of names: Set<String>) throws -> [String: Set<UInt64>] {
    guard !names.isEmpty else { return [:] }
    let handle = try ELFHandle(path)
    var nameTable = 0
    guard elf_getshdrstrndx(handle.elf, &nameTable) == 0 else { throw handle.malformed(ELFHandle.problem()) }
    var found: [String: Set<UInt64>] = [:]
    for section in try handle.sections(nameTable) where section.header.sh_type == UInt32(SHT_SYMTAB) {
      let size = UInt64(MemoryLayout<Elf64_Sym>.size)
      let count = section.header.sh_size / size
      let data = try handle.chunk(section.header.sh_offset, count * size, ELF_T_SYM, section.name)
      for index in 0..<Int(clamping: min(count, 1 << 26)) {
        var symbol = GElf_Sym()
        guard gelf_getsym(data, Int32(index), &symbol) != nil else { throw handle.malformed(ELFHandle.problem()) }
        // STT_NOTYPE, STT_FUNC, STT_GNU_IFUNC
        guard symbol.st_shndx != 0, [0, 2, 10].contains(symbol.st_info & 15),
          let text = elf_strptr(handle.elf, Int(section.header.sh_link), Int(symbol.st_name))
        else { continue }
        let name = String(cString: text)
        if names.contains(name) { found[name, default: []].insert(symbol.st_value) }
      }
    }
    return found
  }
}
