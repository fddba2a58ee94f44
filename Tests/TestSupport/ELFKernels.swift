/// ELF files that a kernel's import takes for kernels, and that no machine starts.
public enum ELFKernels {
  /// As Unikraft builds its ELF loader: 32-bit, with a multiboot header, and its libraries by their sections.
  public static func unikraft(
    libraries: [String] = ["libvfscore", "libuknetdev", "libposix_environ"],
    text: String = "appelfloader\0liblwip\0Unikraft Telesto 0.16.3\0", fileSystems: Bool = true, multiboot: Bool = true
  ) -> [UInt8] {
    let magic: UInt32 = 0x1bad_b002
    var sections = libraries.map { (".uk_libparam_params_\($0)", [UInt8](repeating: 0, count: 8)) }
    sections.append((".uk_bootinfo", [UInt8](repeating: 0, count: 16)))
    if fileSystems { sections.append((".uk_fs_list", [1])) }
    sections.append((".rodata", Array(text.utf8)))
    let header = [magic, 3, 0 &- magic &- 3].flatMap { little(UInt64($0), 4) }
    return file(isWide: false, machine: 3, sections: sections, head: multiboot ? header : [])
  }

  /// As a Linux with CONFIG_PVH: 64-bit, with Xen's note.
  public static func vmlinux(release: String = "6.1.0-1-test", pvh: Bool = true) -> [UInt8] {
    func note(_ owner: String, _ type: UInt64) -> [UInt8] {
      little(UInt64(owner.utf8.count + 1), 4) + little(8, 4) + little(type, 4) + Array(owner.utf8) + [0]
        + [UInt8](repeating: 7, count: 8)
    }
    return file(
      isWide: true, machine: 62,
      sections: [(".rodata", Array("Linux version \(release) (nobody@nowhere) #1\0".utf8))],
      notes: note("GNU", 3) + (pvh ? note("Xen", 18) : []))
  }

  private static func little(_ value: UInt64, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
  }

  /// File header, `head`, one PT_NOTE header, notes, sections, their names, their table.
  private static func file(
    isWide: Bool, machine: UInt64, sections: [(name: String, bytes: [UInt8])], notes: [UInt8] = [], head: [UInt8] = []
  ) -> [UInt8] {
    let (start, wide) = (isWide ? 64 : 52, isWide ? 8 : 4)
    let (programHeader, sectionHeader) = (isWide ? 56 : 32, isWide ? 64 : 40)
    var body = head
    let programs = start + body.count
    let noteAt = programs + programHeader
    body += little(4, 4) + (isWide ? little(0, 4) : []) + little(UInt64(noteAt), wide) + little(0, 2 * wide)
    body += little(UInt64(notes.count), wide)
    body += [UInt8](repeating: 0, count: noteAt - start - body.count) + notes
    var names: [UInt8] = [0]
    var table = [UInt8](repeating: 0, count: sectionHeader)
    for (name, bytes) in sections + [(".shstrtab", [])] {
      let offset = start + body.count
      let nameAt = names.count
      names += Array(name.utf8) + [0]
      let content = name == ".shstrtab" ? names : bytes
      body += content
      var row = little(UInt64(nameAt), 4) + little(1, 4) + little(0, 2 * wide)
      row += little(UInt64(offset), wide) + little(UInt64(content.count), wide)
      table += row + [UInt8](repeating: 0, count: sectionHeader - row.count)
    }
    var bytes: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, isWide ? 2 : 1, 1, 1] + little(0, 9)
    bytes += little(2, 2) + little(machine, 2) + little(1, 4) + little(0, wide)
    bytes += little(UInt64(programs), wide) + little(UInt64(start + body.count), wide) + little(0, 4)
    bytes += little(UInt64(start), 2) + little(UInt64(programHeader), 2) + little(1, 2)
    bytes +=
      little(UInt64(sectionHeader), 2) + little(UInt64(sections.count + 2), 2) + little(UInt64(sections.count + 1), 2)
    return bytes + body + table
  }
}
