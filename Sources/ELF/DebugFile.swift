internal import CElf
public import PackCore

/// The file that debuggers look for when a program was stripped: what `Strip` takes away, at the addresses of the program.
/// All headers, the notes (the build-id among them), the loader's name and all sections that are not loaded stay; other
/// sections keep address and size but have no bytes (NOBITS), and neither have their segments:
///
///     | ELF header' | program headers' | .interp, notes | .comment .debug_* .symtab … .shstrtab | section headers' |
///
/// Sections keep their numbers. The shape is that of `objcopy --only-keep-debug`; the same input gives the same bytes.
public enum DebugFile {
  /// The debug file of an unstripped program, in blocks.
  /// - Parameter input: as the linker left it.
  /// - Throws: `malformed_elf`, or whatever `sink` throws. False, without a call of `sink`, for a file from which
  ///   `Strip` takes nothing.
  public static func write(_ input: HostPath, _ sink: (UnsafeRawBufferPointer) throws -> Void) throws -> Bool {
    guard try ELFFile.head(of: input, count: 4) == ELFFile.magic else { return false }
    let handle = try ELFHandle(input)
    guard case .plan = try StripPlan.make(handle) else { return false }
    let pieces = try DebugPlan.make(handle)
    try pieces.write(from: Descriptor.open(input), sink)
    return true
  }
}

/// Where the parts of a debug file come from.
private enum DebugPlan {
  /// A part of the program that is loaded and still kept, since debuggers read it: notes, the loader's name.
  struct Range {
    var offset: UInt64
    var end: UInt64
    /// Where it lies in the debug file.
    var place: UInt64 = 0
    func holds(_ start: UInt64, _ count: UInt64) -> Bool {
      start >= offset && count <= end - offset && start <= end - count
    }
  }

  /// Larger ones are somebody's data.
  static let rangeLimit: UInt64 = 1 << 20
  /// Parts that lie so far into the file keep their place; the zeros in front of them compress to nothing.
  static let prefixLimit: UInt64 = 1 << 16

  static func make(_ handle: borrowing ELFHandle) throws -> FilePieces {
    var header = try handle.header()
    var nameTable = 0
    guard elf_getshdrstrndx(handle.elf, &nameTable) == 0 else { throw handle.malformed(ELFHandle.problem()) }
    let sections = try handle.sections(nameTable)
    var segments = try handle.segments()
    var ranges = kept(sections, segments, handle.size)

    let headerSize = UInt64(MemoryLayout<Elf64_Ehdr>.size)
    guard UInt64(header.e_ehsize) == headerSize, handle.size >= headerSize,
      Int(header.e_phentsize) == MemoryLayout<Elf64_Phdr>.size || segments.isEmpty
    else { throw handle.malformed("its headers have an unusual size") }

    let tableSize = UInt64(segments.count * MemoryLayout<Elf64_Phdr>.size)
    var pieces = FilePieces()
    // What the headers say is known only at the end.
    pieces.append([UInt8](repeating: 0, count: Int(headerSize + tableSize)))
    // The first segment loads the file's beginning; so far it still does.
    var prefix = pieces.size
    for index in ranges.indices {
      let offset = ranges[index].offset
      if prefix == pieces.size, offset >= prefix, offset <= prefixLimit {
        pieces.append([UInt8](repeating: 0, count: Int(offset - prefix)))
        prefix = ranges[index].end
      } else {
        // Congruent to the old place, so that whatever alignment was asked for holds.
        _ = pieces.pad(to: 16)
        pieces.append([UInt8](repeating: 0, count: Int(offset % 16)))
      }
      ranges[index].place = pieces.size
      pieces.copy(offset: ranges[index].offset, count: ranges[index].end - ranges[index].offset)
    }
    var headers: [GElf_Shdr] = []
    for section in sections { headers.append(try lay(section, ranges, &pieces, handle)) }
    for index in segments.indices where segments[index].p_type != UInt32(PT_PHDR) {
      move(&segments[index], ranges, prefix: prefix)
    }
    // Where all linkers put it already.
    for index in segments.indices where segments[index].p_type == UInt32(PT_PHDR) {
      (segments[index].p_offset, segments[index].p_filesz) = (headerSize, tableSize)
    }
    header.e_phoff = segments.isEmpty ? 0 : headerSize
    header.e_shoff = pieces.pad(to: 8)
    pieces.append(try handle.encode(&headers, ELF_T_SHDR))
    pieces.replaceFirst(with: try handle.encode(&header) + handle.encode(&segments, ELF_T_PHDR))
    return pieces
  }

  /// Each PT_NOTE and PT_INTERP segment and loaded note section, overlapping ones as one, by offset.
  private static func kept(_ sections: [ELFSection], _ segments: [GElf_Phdr], _ size: UInt64) -> [Range] {
    var found: [Range] = []
    for segment in segments where [UInt32(PT_NOTE), UInt32(PT_INTERP)].contains(segment.p_type) {
      found.append(Range(offset: segment.p_offset, end: segment.p_offset &+ segment.p_filesz))
    }
    for section in sections where section.isLoaded && section.header.sh_type == UInt32(SHT_NOTE) {
      found.append(Range(offset: section.header.sh_offset, end: section.end))
    }
    found = found.filter { $0.offset < $0.end && $0.end <= size && $0.end - $0.offset <= rangeLimit }
    found.sort { ($0.offset, $0.end) < ($1.offset, $1.end) }
    return found.reduce(into: []) { merged, range in
      if let last = merged.last, range.offset <= last.end {
        merged[merged.count - 1].end = max(last.end, range.end)
      } else {
        merged.append(range)
      }
    }
  }

  private static func lay(
    _ section: ELFSection, _ ranges: [Range], _ pieces: inout FilePieces, _ handle: borrowing ELFHandle
  ) throws -> GElf_Shdr {
    var header = section.header
    guard section.index != 0 else { return header }
    if section.isLoaded {
      if section.hasBytes, let range = ranges.first(where: { $0.holds(header.sh_offset, header.sh_size) }) {
        header.sh_offset = range.place + (header.sh_offset - range.offset)
      } else {
        header.sh_type = UInt32(SHT_NOBITS)
        header.sh_offset = pieces.size
      }
    } else if section.hasBytes {
      header.sh_offset = pieces.pad(to: try section.alignment(in: handle))
      pieces.copy(offset: section.header.sh_offset, count: header.sh_size)
    } else {
      header.sh_offset = pieces.size
    }
    return header
  }

  /// A segment whose bytes are not here has none.
  private static func move(_ segment: inout GElf_Phdr, _ ranges: [Range], prefix: UInt64) {
    if segment.p_type == UInt32(PT_LOAD), segment.p_offset == 0 {
      segment.p_filesz = min(segment.p_filesz, prefix)
    } else if segment.p_type != UInt32(PT_LOAD), segment.p_filesz > 0,
      let range = ranges.first(where: { $0.holds(segment.p_offset, segment.p_filesz) })
    {
      segment.p_offset = range.place + (segment.p_offset - range.offset)
    } else {
      // The offset keeps its remainder by the page, which readers compare with the address's.
      segment.p_offset = segment.p_align > 1 ? segment.p_vaddr % segment.p_align : 0
      segment.p_filesz = 0
    }
  }
}
