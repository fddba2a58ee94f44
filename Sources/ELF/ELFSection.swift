internal import CElf
internal import PackCore

/// A section of an ELF file: its header, and its name.
struct ELFSection {
  var index: Int
  var header: GElf_Shdr
  var name: String

  var isLoaded: Bool { header.sh_flags & UInt64(SHF_ALLOC) != 0 }
  var hasBytes: Bool { header.sh_type != UInt32(SHT_NOBITS) && header.sh_type != UInt32(SHT_NULL) }
  /// Where its bytes end in the file; 0 without any.
  var end: UInt64 { hasBytes ? header.sh_offset &+ header.sh_size : 0 }

  /// What a section that gets a new place is aligned to.
  /// - Throws: `malformed_elf` beyond 1 MiB: no linker asks for it, and that many zeros would be written.
  func alignment(in handle: borrowing ELFHandle) throws -> UInt64 {
    guard header.sh_addralign <= 1 << 20 else {
      throw handle.malformed("section \(name) asks for an alignment of \(header.sh_addralign) bytes")
    }
    return max(1, header.sh_addralign)
  }

  /// A section name table: NUL, then each name with its NUL; the same name once.
  static func nameTable(_ sections: [ELFSection]) -> (bytes: [UInt8], offsets: [UInt32]) {
    var bytes: [UInt8] = [0]
    var places: [String: UInt32] = ["": 0]
    let offsets = sections.map { section -> UInt32 in
      if let place = places[section.name] { return place }
      let place = UInt32(bytes.count)
      places[section.name] = place
      bytes += Array(section.name.utf8) + [0]
      return place
    }
    return (bytes, offsets)
  }
}

extension ELFHandle {
  /// All sections; the bytes of each lie inside the file. `nameTable` is the section that holds their names.
  func sections(_ nameTable: Int) throws -> [ELFSection] {
    var count = 0
    guard elf_getshdrnum(elf, &count) == 0 else { throw malformed(Self.problem()) }
    return try (0..<count).map { index in
      var header = GElf_Shdr()
      guard let found = elf_getscn(elf, index), gelf_getshdr(found, &header) != nil else {
        throw malformed(Self.problem())
      }
      let name = index == 0 ? "" : elf_strptr(elf, nameTable, Int(header.sh_name)).map { String(cString: $0) }
      guard let name else { throw malformed("section \(index) has no name") }
      let section = ELFSection(index: index, header: header, name: name)
      guard !section.hasBytes || (header.sh_offset <= size && header.sh_size <= size - header.sh_offset)
      else { throw malformed("section \(name) reaches past the end of the file") }
      return section
    }
  }

  /// Headers or symbols in the file's byte order, by libelf.
  func encode<T>(_ values: inout [T], _ type: Elf_Type) throws -> [UInt8] {
    let count = MemoryLayout<T>.stride * values.count
    return try values.withUnsafeMutableBytes { try encode($0.baseAddress, count, type) }
  }
  func encode(_ header: inout GElf_Ehdr) throws -> [UInt8] {
    let count = MemoryLayout<GElf_Ehdr>.size
    return try withUnsafeMutableBytes(of: &header) { try encode($0.baseAddress, count, ELF_T_EHDR) }
  }
  private func encode(_ source: UnsafeMutableRawPointer?, _ count: Int, _ type: Elf_Type) throws -> [UInt8] {
    let order = UInt32(try header().e_ident.5)
    var bytes = [UInt8](repeating: 0, count: count)
    try bytes.withUnsafeMutableBytes { target in
      var from = Elf_Data()
      from.d_buf = source
      from.d_size = count
      from.d_type = type
      from.d_version = UInt32(EV_CURRENT)
      var to = from
      to.d_buf = target.baseAddress
      guard elf64_xlatetof(&to, &from, order) != nil else { throw ELFFailure.strip(name, Self.problem()) }
    }
    return bytes
  }
}
