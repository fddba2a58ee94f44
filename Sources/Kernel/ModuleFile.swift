internal import PackCore

/// A kernel module's own words: its name and what it depends on, from the `.modinfo` section (NUL-separated
/// `key=value`) of its ELF file. `modules.dep` is not needed, which an unpacked package does not have.
struct ModuleFile {
  let name: String
  let depends: [String]
  let release: String

  /// Reads an uncompressed module; `path` stands in errors. Bounds are checked before every access.
  init(_ bytes: [UInt8], path: String) throws {
    var fields: [String: String] = [:]
    for record in try Self.modinfo(bytes, path).split(separator: 0) {
      let text = String(decoding: record, as: UTF8.self)
      guard let cut = text.firstIndex(of: "=") else { continue }
      let key = String(text[..<cut])
      if fields[key] == nil { fields[key] = String(text[text.index(after: cut)...]) }
    }
    guard let name = fields["name"], let magic = fields["vermagic"] else {
      throw KernelFailure.badModule(path, "its .modinfo has no name and vermagic")
    }
    self.name = name
    depends = (fields["depends"] ?? "").split(separator: ",").map(String.init)
    release = String(magic.prefix { $0 != " " })
  }

  /// ELF64, little endian: e_shoff 0x28, e_shentsize 0x3a, e_shnum 0x3c, e_shstrndx 0x3e; a section header has its name
  /// at 0, offset at 0x18, size at 0x20.
  private static func modinfo(_ bytes: [UInt8], _ path: String) throws -> ArraySlice<UInt8> {
    guard bytes.count >= 64, bytes.starts(with: [0x7f, 0x45, 0x4c, 0x46, 2, 1]) else {
      throw KernelFailure.badModule(path, "it is no 64-bit ELF file")
    }
    let (table, count, names) = (number(bytes, 0x28, 8), number(bytes, 0x3c, 2), number(bytes, 0x3e, 2))
    guard number(bytes, 0x3a, 2) == 64, names < count, table <= bytes.count, table + 64 * count <= bytes.count else {
      throw KernelFailure.badModule(path, "its section table lies outside of it")
    }
    let strings = try contents(bytes, table + 64 * names, path)
    let wanted = Array(".modinfo\0".utf8)
    for index in 0..<count {
      let header = table + 64 * index
      let name = number(bytes, header, 4)
      guard name < strings.count, strings[(strings.startIndex + name)...].starts(with: wanted) else { continue }
      return try contents(bytes, header, path)
    }
    throw KernelFailure.badModule(path, "it has no .modinfo section")
  }

  private static func contents(_ bytes: [UInt8], _ header: Int, _ path: String) throws -> ArraySlice<UInt8> {
    let (start, size) = (number(bytes, header + 0x18, 8), number(bytes, header + 0x20, 8))
    guard start <= bytes.count, size <= bytes.count - start else {
      throw KernelFailure.badModule(path, "a section lies outside of it")
    }
    return bytes[start..<(start + size)]
  }

  /// Little endian; what is larger than any file counts as `Int.max / 2`, so that sums with it cannot overflow.
  private static func number(_ bytes: [UInt8], _ at: Int, _ count: Int) -> Int {
    var value: UInt64 = 0
    for index in (0..<count).reversed() { value = value << 8 | UInt64(bytes[at + index]) }
    return Int(min(value, UInt64(Int.max / 2)))
  }
}
