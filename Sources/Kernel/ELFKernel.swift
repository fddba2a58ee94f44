internal import Glibc
internal import PackCore

/// A kernel that is an ELF file, of the two kinds that QEMU's `-kernel` starts: a Linux with a PVH entry point (xen:
/// docs/misc/pvh.pandoc), and Unikraft's ELF loader with a multiboot header (Multiboot 0.6.96, section 3.1).
struct ELFKernel {
  private let bytes: [UInt8]
  private let name: String
  /// 64-bit fields; Unikraft's file is a 32-bit one, whose code switches over.
  private let isWide: Bool
  private let sections: [String: Range<Int>]

  static let magic: [UInt8] = [0x7f, 0x45, 0x4c, 0x46]
  private static let machines: Set<Int> = [3, 62]
  private static let countLimit = 4096

  /// - Parameter name: stands in errors.
  init(_ bytes: [UInt8], name: String) throws {
    guard bytes.count >= 64, bytes.starts(with: Self.magic), bytes[4] == 1 || bytes[4] == 2 else {
      throw KernelFailure.notAKernel(name, "it is a damaged ELF file")
    }
    guard bytes[5] == 1, Self.machines.contains(Int(bytes[18]) | Int(bytes[19]) << 8) else {
      throw KernelFailure.otherArchitecture(name, "another processor")
    }
    guard bytes[16] == 2, bytes[17] == 0 else {
      throw KernelFailure.notAKernel(name, "it is an ELF file, but no program with fixed addresses")
    }
    (self.bytes, self.name, isWide) = (bytes, name, bytes[4] == 2)
    sections = try Self.readSections(bytes, name, isWide)
  }

  func image() throws -> KernelImage {
    if sections.keys.contains(where: { $0.hasPrefix(".uk_") }) { return try unikraft() }
    guard try hasPVHEntry() else {
      throw KernelFailure.notAKernel(name, "it is an ELF file without a PVH entry point (CONFIG_PVH)")
    }
    guard let release = text(after: "Linux version ") else {
      throw KernelFailure.notAKernel(name, "it is an ELF file, and no Linux")
    }
    return KernelImage(format: .vmlinux, release: release, features: ["pvh"])
  }

  // MARK: - Unikraft

  /// Parameters that the kernel takes, by the library that registers them.
  private static let parameters = [
    ("libvfscore", UnikraftFeature.fileSystems), ("libuknetdev", .address), ("libposix_environ", .variables),
  ]

  private func unikraft() throws -> KernelImage {
    guard hasMultibootHeader else {
      throw KernelFailure.notAKernel(name, "it is a Unikraft kernel for another monitor: it has no multiboot header")
    }
    guard contains("appelfloader") else {
      throw KernelFailure.notAKernel(
        name,
        "it is a Unikraft kernel with a program of its own, and not the ELF loader (app-elfloader), which starts others"
      )
    }
    guard sections[".uk_fs_list"] != nil else {
      throw KernelFailure.notAKernel(
        name, "it is a Unikraft kernel without file systems, whose initrd is the program itself")
    }
    var features = Self.parameters.filter { sections[".uk_libparam_params_\($0.0)"] != nil }.map(\.1)
    if contains("liblwip") { features.append(.network) }
    // `Unikraft Telesto 0.16.3`
    let version = text(after: "Unikraft ").flatMap { text(after: "Unikraft \($0) ") }
    return KernelImage(
      format: .unikraft, release: version.map { "unikraft-\($0)" } ?? "unikraft", features: features.map(\.rawValue))
  }

  private var hasMultibootHeader: Bool {
    for at in stride(from: 0, through: min(bytes.count, 8192) - 12, by: 4)
    where word(at, 4) == 0x1bad_b002 && (word(at, 4) + word(at + 4, 4) + word(at + 8, 4)) & 0xffff_ffff == 0 {
      return true
    }
    return false
  }

  // MARK: - PVH

  /// The note XEN_ELFNOTE_PHYS32_ENTRY, in a PT_NOTE segment.
  private func hasPVHEntry() throws -> Bool {
    let (table, size, count) =
      isWide ? (word(32, 8), word(54, 2), word(56, 2)) : (word(28, 4), word(42, 2), word(44, 2))
    guard count <= Self.countLimit, size >= (isWide ? 56 : 32), Self.range(table, count * size, in: bytes.count) != nil
    else { throw KernelFailure.notAKernel(name, "its program headers lie outside of it") }
    for index in 0..<count {
      let at = table + index * size
      guard word(at, 4) == 4 else { continue }
      let (start, length) = isWide ? (word(at + 8, 8), word(at + 32, 8)) : (word(at + 4, 4), word(at + 16, 4))
      guard let notes = Self.range(start, length, in: bytes.count) else {
        throw KernelFailure.notAKernel(name, "its notes lie outside of it")
      }
      if hasPVHNote(notes) { return true }
    }
    return false
  }

  private func hasPVHNote(_ notes: Range<Int>) -> Bool {
    var at = notes.lowerBound
    while notes.upperBound - at >= 12 {
      let (nameSize, size, type) = (word(at, 4), word(at + 4, 4), word(at + 8, 4))
      let owner = at + 12
      guard nameSize + size <= notes.upperBound - owner else { return false }
      if type == 18, nameSize == 4, Array(bytes[owner..<(owner + 4)]) == Array("Xen\0".utf8) { return true }
      at = owner + (nameSize + 3) / 4 * 4 + (size + 3) / 4 * 4
    }
    return false
  }

  // MARK: - Reading

  private static func readSections(_ bytes: [UInt8], _ name: String, _ isWide: Bool) throws -> [String: Range<Int>] {
    func word(_ at: Int, _ count: Int) -> Int { Self.word(bytes, at, count) }
    let table = isWide ? word(40, 8) : word(32, 4)
    let (size, count, names) =
      isWide ? (word(58, 2), word(60, 2), word(62, 2)) : (word(46, 2), word(48, 2), word(50, 2))
    guard count > 0 else { return [:] }
    guard count <= countLimit, names < count, size >= (isWide ? 64 : 40),
      range(table, count * size, in: bytes.count) != nil
    else { throw KernelFailure.notAKernel(name, "its section headers lie outside of it") }
    func content(_ index: Int) -> Range<Int>? {
      let at = table + index * size
      // Type NOBITS has no bytes in the file.
      if word(at + 4, 4) == 8 { return 0..<0 }
      return isWide
        ? range(word(at + 24, 8), word(at + 32, 8), in: bytes.count)
        : range(word(at + 16, 4), word(at + 20, 4), in: bytes.count)
    }
    guard let strings = content(names) else {
      throw KernelFailure.notAKernel(name, "its section names lie outside of it")
    }
    var sections: [String: Range<Int>] = [:]
    for index in 0..<count {
      let start = strings.lowerBound + word(table + index * size, 4)
      guard start < strings.upperBound, let content = content(index) else { continue }
      let text = bytes[start..<strings.upperBound].prefix { $0 != 0 }
      sections[String(decoding: text, as: UTF8.self)] = content
    }
    return sections
  }

  private static func range(_ start: Int, _ length: Int, in count: Int) -> Range<Int>? {
    guard start >= 0, length >= 0, start <= count, length <= count - start else { return nil }
    return start..<(start + length)
  }

  /// Little endian; negative for what no file can have.
  private static func word(_ bytes: [UInt8], _ at: Int, _ count: Int) -> Int {
    Int(truncatingIfNeeded: (0..<count).reduce(UInt64(0)) { $0 | UInt64(bytes[at + $1]) << UInt64(8 * $1) })
  }
  private func word(_ at: Int, _ count: Int) -> Int { Self.word(bytes, at, count) }

  private func contains(_ text: String) -> Bool { find(text) != nil }

  /// Where it stands first.
  private func find(_ text: String) -> Int? {
    let wanted = Array(text.utf8)
    return bytes.withUnsafeBytes { all -> Int? in
      guard let base = all.baseAddress else { return nil }
      var at = 0
      while all.count - at >= wanted.count, let found = memchr(base + at, Int32(wanted[0]), all.count - at) {
        at = UnsafeRawPointer(found) - base
        guard all.count - at >= wanted.count else { return nil }
        if memcmp(found, wanted, wanted.count) == 0 { return at }
        at += 1
      }
      return nil
    }
  }

  /// The word that follows a text, which may stand in a path or a file's name: no control character, space or slash, and at
  /// most 64 letters.
  private func text(after prefix: String) -> String? {
    guard let start = find(prefix).map({ $0 + prefix.utf8.count }) else { return nil }
    let word = bytes[start..<min(bytes.count, start + 65)].prefix { $0 > 0x20 && $0 < 0x7f && $0 != 0x2f }
    return word.isEmpty || word.count > 64 ? nil : String(decoding: word, as: UTF8.self)
  }
}
