internal import CElf
public import PackCore

/// Which system calls a static program for x86-64 makes, by its `syscall` instructions and the numbers that reach them.
///
/// What is seen is the machine code in the file: not what a program makes at run time, and not a jump into the middle of
/// something that no address in the file leads to.
public struct SystemCalls: Hashable, Sendable {
  /// In RAX, of those that were found.
  public private(set) var numbers: Set<UInt32> = []
  /// Of `syscall` instructions.
  public private(set) var sites = 0
  /// Addresses of those whose number is not known, lowest first.
  public private(set) var unknown: [UInt64] = []
  /// What else keeps the list from being whole, for people.
  public private(set) var doubts: [String] = []

  /// Every instruction was found, and every number.
  public var isWhole: Bool { unknown.isEmpty && doubts.isEmpty }

  /// Nil for what is no static program of x86-64.
  public static func read(_ path: HostPath, _ file: ELFFile) throws -> SystemCalls? {
    guard file.isStatic, file.matches(Platform(architecture: .amd64)) else { return nil }
    return try SystemCalls(ELFHandle(path))
  }

  /// - Throws: `malformed_elf`.
  init(_ handle: borrowing ELFHandle) throws {
    let segments = try handle.segments().filter { $0.p_type == UInt32(PT_LOAD) && $0.p_filesz > 0 }
    let executable = segments.filter { $0.p_flags & UInt32(PF_X) != 0 }
    let sections = try Self.codeSections(handle, executable)
    let spans = sections.isEmpty ? executable.map { Span($0) } : sections
    var regions: [(address: UInt64, bytes: UnsafeRawBufferPointer)] = []
    guard spans.reduce(0, { $0 &+ $1.size }) <= UInt64(MachineCode.mostBytes) else {
      doubts = [Self.tooLarge]
      return
    }
    for span in spans {
      regions.append((span.address, try handle.bytes(span.offset, span.size, "a section of code")))
    }
    guard var code = MachineCode(regions) else {
      doubts = [Self.tooLarge]
      return
    }
    code.take(try handle.header().e_entry)
    guard segments.reduce(0, { $0 &+ min($1.p_filesz, 1 << 32) }) <= 256 << 20 else {
      doubts = ["it has more data than is looked at"]
      return
    }
    for segment in segments { try scan(handle, segment, spans, &code) }
    sites = code.systemCalls.count
    var search = NumberSearch(code)
    for place in code.systemCalls {
      if let found = search.numbers(at: place) {
        numbers.formUnion(found)
      } else {
        unknown.append(code.address(of: place))
      }
    }
    if code.hasOtherCalls { doubts.append("it has int $0x80 or sysenter, whose numbers are others") }
    if code.hasGaps { doubts.append("bytes that are no instructions stand among its code") }
    // What execve starts has calls of its own.
    if !numbers.isDisjoint(with: [59, 322]) { doubts.append("it can start other programs") }
  }

  private static let tooLarge = "it has more code than is looked at"

  // MARK: Sections and data

  private struct Span: Hashable {
    var address: UInt64
    var offset: UInt64
    var size: UInt64
    init(_ segment: GElf_Phdr) { (address, offset, size) = (segment.p_vaddr, segment.p_offset, segment.p_filesz) }
    init(_ section: GElf_Shdr) { (address, offset, size) = (section.sh_addr, section.sh_offset, section.sh_size) }

    func holds(_ other: Span) -> Bool {
      other.offset >= offset && other.size <= size && other.offset - offset <= size - other.size
        && other.address &- address == other.offset - offset
    }
  }

  /// Those that lie in executable segments as they say; none where one does not, or two overlap.
  private static func codeSections(_ handle: borrowing ELFHandle, _ segments: [GElf_Phdr]) throws -> [Span] {
    var found: [Span] = []
    var section: OpaquePointer?
    while let next = elf_nextscn(handle.elf, section) {
      section = next
      var header = GElf_Shdr()
      guard gelf_getshdr(next, &header) != nil else { return [] }
      guard header.sh_flags & UInt64(SHF_EXECINSTR) != 0, header.sh_type != UInt32(SHT_NOBITS), header.sh_size > 0
      else {
        continue
      }
      let span = Span(header)
      guard found.count < 64, segments.contains(where: { Span($0).holds(span) }) else { return [] }
      found.append(span)
    }
    found.sort { $0.offset < $1.offset }
    for (one, next) in zip(found, found.dropFirst()) where next.offset - one.offset < one.size { return [] }
    return found
  }

  /// Addresses of code in data: pointers in words of eight bytes, relocations among them. And `syscall` instructions outside
  /// of the sections of code.
  private mutating func scan(
    _ handle: borrowing ELFHandle, _ segment: GElf_Phdr, _ spans: [Span], _ code: inout MachineCode
  ) throws {
    let bytes = try handle.bytes(segment.p_offset, segment.p_filesz, "a segment")
    let isExecutable = segment.p_flags & UInt32(PF_X) != 0
    var position = 0
    while position < bytes.count {
      let offset = segment.p_offset + UInt64(position)
      if isExecutable, let span = spans.first(where: { offset >= $0.offset && offset - $0.offset < $0.size }) {
        position += Int(span.size - (offset - span.offset))
        continue
      }
      if (segment.p_vaddr &+ UInt64(position)) % 8 == 0, position + 8 <= bytes.count {
        code.take(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)))
      }
      if isExecutable {
        if bytes[position] == 0x0f, position + 1 < bytes.count, bytes[position + 1] == 0x05 {
          unknown.append(segment.p_vaddr &+ UInt64(position))
        }
        position += 1
      } else {
        position += 8 - Int((segment.p_vaddr &+ UInt64(position)) % 8)
      }
    }
    if !isExecutable, !follow(code.tables, in: bytes, at: segment.p_vaddr, &code) {
      doubts.append("it has more tables of jumps than are looked at")
    }
  }

  /// Tables of a `switch` in position-independent code: distances of 32 bits from the table's own address.
  private func follow(
    _ tables: Set<UInt64>, in bytes: UnsafeRawBufferPointer, at address: UInt64, _ code: inout MachineCode
  ) -> Bool {
    var budget = 4 << 20
    for table in tables.sorted() where table >= address && table - address < UInt64(bytes.count) && table % 4 == 0 {
      var position = Int(table - address)
      while position + 4 <= bytes.count {
        let distance = Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: Int32.self))
        let target = table &+ UInt64(bitPattern: Int64(distance))
        guard let place = code.place(of: target), code.isInstruction(place) else { break }
        code.take(target)
        position += 4
        budget -= 1
        guard budget > 0 else { return false }
      }
    }
    return true
  }
}
