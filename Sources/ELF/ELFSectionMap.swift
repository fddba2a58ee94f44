internal import CElf
public import PackCore

/// Which part of an ELF file a byte of it belongs to, by the section headers (System V gABI, chapter 4).
public struct ELFSectionMap: Sendable {
  private struct Part {
    let name: String
    let range: Range<UInt64>
  }
  private let parts: [Part]

  /// - Throws: a `Failure` (65) where the file cannot be read as ELF.
  public init(_ path: HostPath) throws {
    let handle = try ELFHandle(path)
    var nameTable = 0
    guard elf_getshdrstrndx(handle.elf, &nameTable) == 0 else { throw handle.malformed(ELFHandle.problem()) }
    let header = try handle.header()
    var parts = [Part(name: "the ELF header", range: 0..<UInt64(header.e_ehsize))]
    parts += try handle.sections(nameTable).filter { $0.hasBytes && $0.header.sh_size > 0 }
      .map { Part(name: $0.name, range: $0.header.sh_offset..<$0.end) }
    let headers = UInt64(header.e_shnum) * UInt64(header.e_shentsize)
    if header.e_shoff > 0, header.e_shoff <= handle.size, headers <= handle.size - header.e_shoff {
      parts.append(Part(name: "the section headers", range: header.e_shoff..<header.e_shoff + headers))
    }
    self.parts = parts
  }

  /// Where parts with this name lie in the file. Bytes.
  public func ranges(of name: String) -> [Range<Int64>] {
    parts.filter { $0.name == name }.map { Int64($0.range.lowerBound)..<Int64($0.range.upperBound) }
  }

  /// `.rodata`; nil between sections.
  public func part(at offset: UInt64) -> String? { parts.first { $0.range.contains(offset) }?.name }
}
