public import PackCore

/// The ELF files of a root filesystem: what each says of itself, and which cannot be read. Every regular file's first
/// four bytes are looked at; no name or mode decides.
public struct ELFInventory: Sendable {
  public private(set) var files: [RootPath: ELFFile] = [:]
  /// Files that begin like ELF and are none, with the reason.
  public private(set) var malformed: [RootPath: Failure] = [:]

  public init() {}

  public init(_ root: RootFilesystem) throws {
    for entry in root.entries { try add(entry) }
  }

  /// Looks at one more entry; a file before its further names.
  public mutating func add(_ entry: RootFilesystem.Entry) throws {
    do {
      switch entry.content {
      case .host(let path, let status) where status.size >= 4: files[entry.path] = try ELFFile.readIfELF(path)
      case .bytes(let bytes) where bytes.starts(with: ELFFile.magic):
        files[entry.path] = try ELFFile(bytes, name: entry.path.absolute)
      // Its first name came before it.
      case .hardLink(let first): files[entry.path] = files[first]
      default: break
      }
    } catch let failure as Failure where failure.code == "malformed_elf" || failure.code == "not_an_elf" {
      malformed[entry.path] = failure
    }
  }
}
