internal import Glibc
internal import PackCore

/// Reads a core dump by pread(2), a few bytes at a time. Every count and size out of the file is bounded before anything
/// is made of it.
struct CoreReader: ~Copyable {
  let file: Descriptor
  let size: UInt64
  let name: String

  init(file: consuming Descriptor, size: UInt64, name: String) {
    self.file = file
    self.size = size
    self.name = name
  }

  private struct Segment {
    var type: UInt32
    var flags: UInt32
    var offset: UInt64
    var address: UInt64
    var fileSize: UInt64
  }
  /// One line of NT_FILE.
  struct Mapping {
    var start: UInt64
    var end: UInt64
    /// Bytes.
    var offset: UInt64
    var path: String
  }

  /// What Linux lets a process have by default is 65,530 mappings (vm.max_map_count).
  private static let segmentLimit = 1 << 20
  private static let noteLimit = 1 << 20
  /// The kernel writes at most 4 MiB of it (`MAX_FILE_NOTE_SIZE`), gdb a little more.
  private static let fileNoteLimit: UInt64 = 16 << 20
  private static let mappingLimit: UInt64 = 1 << 18
  private static let threadLimit = 1 << 16
  /// Of each the first page is kept.
  private static let moduleLimit = 4096

  private var cutOff = false
  private var noteCount = 0
  private var hasFiles = false
  private var signal: Int32 = 0
  private var program = ""
  private var arguments = ""
  private var threads: [CoreFile.Thread] = []
  private var mappings: [Mapping] = []

  mutating func read() throws -> CoreFile {
    let header = try bytes(0, 64, "the ELF header")
    let machine = try header.withUnsafeBytes { try check($0) }
    let segments = try header.withUnsafeBytes { try self.segments($0) }
    for segment in segments where segment.type == 4 { try readNotes(segment, machine) }
    if mappings.isEmpty, threads.isEmpty { throw ELFFailure.notACore(name, "it has no notes of a process") }
    if segments.contains(where: { $0.type == 1 && $0.offset &+ $0.fileSize > size }) { cutOff = true }
    let loads = segments.filter { $0.type == 1 && $0.fileSize > 0 }.sorted { $0.address < $1.address }
    let modules = try self.modules(loads, executable: segments.filter { $0.type == 1 && $0.flags & 1 != 0 })
    return CoreFile(
      machine: machine, signal: signal, program: program, arguments: arguments, modules: modules, threads: threads,
      isCutOff: cutOff)
  }

  // MARK: Headers

  private func check(_ header: UnsafeRawBufferPointer) throws -> ELFMachine {
    guard header.prefix(4).elementsEqual(ELFFile.magic) else { throw ELFFailure.notACore(name, "not an ELF file") }
    guard header[4] == 2, header[5] == 1 else { throw ELFFailure.notACore(name, "not a 64-bit little-endian file") }
    guard header.word16(at: 16) == 4 else {
      throw ELFFailure.notACore(name, "an ELF file, but not of the type CORE (a program?)")
    }
    let machine = ELFMachine(rawValue: header.word16(at: 18))
    guard [ELFMachine(.amd64), ELFMachine(.arm64)].contains(machine) else {
      throw ELFFailure.notACore(name, "a core dump of \(machine.name); only those of amd64 and arm64 are read")
    }
    return machine
  }

  private func segments(_ header: UnsafeRawBufferPointer) throws -> [Segment] {
    let place = header.word64(at: 32)
    var count = Int(header.word16(at: 56))
    guard header.word16(at: 54) == 56 else { throw ELFFailure.malformed(name, "its program headers have an odd size") }
    if count == 0xffff {
      // PN_XNUM: the number is sh_info of the first section header (elf(5)).
      let section = try bytes(header.word64(at: 40), 64, "the first section header")
      count = Int(section.withUnsafeBytes { $0.word32(at: 44) })
    }
    guard count > 0, count <= Self.segmentLimit else {
      throw ELFFailure.malformed(name, "it has \(count) program headers")
    }
    let table = try bytes(place, UInt64(count) * 56, "the program headers")
    return table.withUnsafeBytes { table in
      (0..<count).map { index in
        let at = index * 56
        return Segment(
          type: table.word32(at: at), flags: table.word32(at: at + 4), offset: table.word64(at: at + 8),
          address: table.word64(at: at + 16), fileSize: table.word64(at: at + 32))
      }
    }
  }

  // MARK: Notes

  private mutating func readNotes(_ segment: Segment, _ machine: ELFMachine) throws {
    guard segment.offset <= size else { return cutOff = true }
    let end = segment.offset + min(segment.fileSize, size - segment.offset)
    if segment.fileSize > size - segment.offset { cutOff = true }
    var offset = segment.offset
    while end - offset >= 12 {
      // Of all segments together, which may lie over each other.
      noteCount += 1
      guard noteCount <= Self.noteLimit else { throw ELFFailure.malformed(name, "it has too many notes") }
      if noteCount.isMultiple(of: 4096) { try Interruption.check() }
      let head = try bytes(offset, min(20, end - offset), "a note")
      let (nameSize, length, type) = head.withUnsafeBytes {
        (UInt64($0.word32(at: 0)), UInt64($0.word32(at: 4)), $0.word32(at: 8))
      }
      let start = offset + 12 + (nameSize + 3) / 4 * 4
      guard start <= end, length <= end - start else { return cutOff = true }
      if nameSize == 5, head.count >= 16, head[12..<16].elementsEqual("CORE".utf8) {
        try read(type, start, length, machine)
      }
      offset = min(end, start + (length + 3) / 4 * 4)
    }
  }

  private mutating func read(_ type: UInt32, _ start: UInt64, _ length: UInt64, _ machine: ELFMachine) throws {
    switch type {
    case 1:  // NT_PRSTATUS: struct elf_prstatus; the registers begin at 112
      let place = machine == ELFMachine(.amd64) ? 112 + 16 * 8 : 112 + 32 * 8
      guard length >= UInt64(place + 8), threads.count < Self.threadLimit else { return }
      let status = try bytes(start, UInt64(place + 8), "a thread's status")
      status.withUnsafeBytes {
        if threads.isEmpty { signal = Int32($0.word16(at: 12)) }
        threads.append(CoreFile.Thread(id: Int32(bitPattern: $0.word32(at: 32)), address: $0.word64(at: place)))
      }
    case 3:  // NT_PRPSINFO: struct elf_prpsinfo; pr_fname at 40, pr_psargs at 56
      guard length >= 136 else { return }
      let information = try bytes(start, 136, "the process's name")
      program = Self.text(information[40..<56])
      arguments = Self.text(information[56..<136])
      while arguments.last == " " { arguments.removeLast() }
    case 0x4649_4c45 where !hasFiles:  // NT_FILE
      hasFiles = true
      guard length <= Self.fileNoteLimit else {
        throw ELFFailure.malformed(name, "its list of mapped files has \(length) bytes")
      }
      let list = try bytes(start, length, "the list of mapped files")
      mappings = try list.withUnsafeBytes { try files($0) }
    default: break
    }
  }

  /// count, page size, count × (start, end, offset in pages), count × path with NUL.
  private func files(_ list: UnsafeRawBufferPointer) throws -> [Mapping] {
    let wrong = ELFFailure.malformed(name, "its list of mapped files is broken")
    guard list.count >= 16 else { throw wrong }
    let count = list.word64(at: 0)
    let page = list.word64(at: 8)
    guard count <= Self.mappingLimit, count * 24 + 16 <= UInt64(list.count), page > 0 else { throw wrong }
    var cursor = Int(count) * 24 + 16
    return try (0..<Int(count)).map { index in
      let at = 16 + index * 24
      guard let end = list[cursor...].firstIndex(of: 0), end - cursor <= 4096 else { throw wrong }
      let path = String(decoding: list[cursor..<end], as: UTF8.self)
      cursor = end + 1
      let (start, stop) = (list.word64(at: at), list.word64(at: at + 8))
      let (offset, tooFar) = list.word64(at: at + 16).multipliedReportingOverflow(by: page)
      guard start <= stop, !tooFar else { throw wrong }
      return Mapping(start: start, end: stop, offset: offset, path: path)
    }
  }

  private static func text(_ bytes: ArraySlice<UInt8>) -> String {
    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }

  // MARK: Modules

  /// A module begins where a file's first byte is mapped and goes on as long as mappings of that file follow.
  private func modules(_ loads: [Segment], executable: [Segment]) throws -> [CoreFile.Module] {
    let code = Set(executable.map(\.address))
    var modules: [CoreFile.Module] = []
    let sorted = mappings.sorted { ($0.start, $0.end) < ($1.start, $1.end) }
    var index = 0
    while index < sorted.count {
      let first = sorted[index]
      var last = index
      while last + 1 < sorted.count, sorted[last + 1].path == first.path, sorted[last + 1].offset != 0 { last += 1 }
      let group = sorted[index...last]
      index = last + 1
      guard first.offset == 0, modules.count < Self.moduleLimit else { continue }
      let isProgram = try dumped(first.start, 4, loads) == ELFFile.magic
      let head = try isProgram ? dumped(first.start, 1 << 16, loads) : []
      guard head.starts(with: ELFFile.magic) || group.contains(where: { code.contains($0.start) }) else { continue }
      let image = head.withUnsafeBytes { MappedHeaders($0) }
      modules.append(
        CoreFile.Module(
          path: first.path, start: first.start, end: group.last?.end ?? first.end,
          bias: image.map { first.start &- $0.firstAddress }, identity: image?.identity, head: Array(head.prefix(4096)))
      )
    }
    return modules
  }

  /// Bytes of memory at `address`, as many of `limit` as were dumped.
  private func dumped(_ address: UInt64, _ limit: UInt64, _ loads: [Segment]) throws -> [UInt8] {
    var (low, high) = (0, loads.count)
    while low < high {
      let middle = (low + high) / 2
      if loads[middle].address <= address { low = middle + 1 } else { high = middle }
    }
    guard low > 0 else { return [] }
    let load = loads[low - 1]
    let skip = address - load.address
    guard skip < load.fileSize else { return [] }
    let (offset, overflow) = load.offset.addingReportingOverflow(skip)
    guard !overflow, offset < size else { return [] }
    return try bytes(offset, min(limit, load.fileSize - skip, size - offset), "memory")
  }

  private func bytes(_ offset: UInt64, _ count: UInt64, _ what: String) throws -> [UInt8] {
    guard offset <= size, count <= size - offset else {
      throw ELFFailure.malformed(name, "\(what) reaches past the end of the file (cut off?)")
    }
    var bytes = [UInt8](repeating: 0, count: Int(count))
    try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: offset) }
    return bytes
  }
}

/// The headers of a program as they lie in memory.
private struct MappedHeaders {
  /// Where the linker wanted the file's first byte.
  var firstAddress: UInt64
  var identity: BuildIdentity?

  /// Nil when they are not those of a 64-bit little-endian program.
  init?(_ image: UnsafeRawBufferPointer) {
    guard image.count >= 64, image.prefix(4).elementsEqual(ELFFile.magic), image[4] == 2, image[5] == 1 else {
      return nil
    }
    let count = Int(image.word16(at: 56))
    let (table, size) = (image.word64(at: 32), UInt64(count * 56))
    guard image.word16(at: 54) == 56, table <= UInt64(image.count), size <= UInt64(image.count) - table else {
      return nil
    }
    var first: UInt64?
    var notes: [(bytes: UnsafeRawBufferPointer, alignment: UInt64)] = []
    for at in stride(from: Int(table), to: Int(table + size), by: 56) {
      let (offset, address) = (image.word64(at: at + 8), image.word64(at: at + 16))
      let (length, alignment) = (image.word64(at: at + 32), image.word64(at: at + 48))
      switch image.word32(at: at) {
      case 1 where first == nil: first = address &- offset
      case 4 where offset <= UInt64(image.count) && length <= UInt64(image.count) - offset:
        notes.append((UnsafeRawBufferPointer(rebasing: image[Int(offset)..<Int(offset + length)]), alignment))
      default: break
      }
    }
    guard let first else { return nil }
    firstAddress = first
    identity = BuildIdentity(notes: notes)
  }
}
