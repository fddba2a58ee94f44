public import PackCore

/// Whether the kernel in the image can start a file: an ELF program of the image's architecture, or a script whose
/// interpreter is in the image (execve(2)).
public enum ELFCheck {
  /// What a startable file is.
  public enum Program: Hashable, Sendable {
    case elf(ELFFile)
    /// A script, with the absolute path of its interpreter.
    case script(interpreter: String)
  }

  /// The kernel follows an interpreter that is a script itself so often.
  private static let maximumScripts = 4

  /// Checks the file at `path` of the image. Throws a `Failure` (65) that says what the file is instead.
  @discardableResult
  public static func program(_ path: RootPath, in root: RootFilesystem, platform: Platform) throws -> Program {
    try program(path, in: root, platform: platform, depth: 0)
  }

  private static func program(_ path: RootPath, in root: RootFilesystem, platform: Platform, depth: Int) throws
    -> Program
  {
    let real = try root.resolve(path)
    guard let found = root[real], !found.isDirectory else { throw ELFFailure.missingProgram(path.absolute) }
    let entry = root.holder(of: found)
    let head = try head(of: entry)
    if head.starts(with: ELFFile.magic) {
      let elf = try read(entry, path)
      try check(elf, path.absolute, platform)
      guard entry.mode & 0o111 != 0 else { throw ELFFailure.notExecutable(path.absolute) }
      return .elf(elf)
    }
    guard let interpreter = interpreter(head) else {
      throw ELFFailure.neitherELFNorScript(path.absolute, FileKind.describe(head))
    }
    guard entry.mode & 0o111 != 0 else { throw ELFFailure.notExecutable(path.absolute) }
    guard depth < maximumScripts, interpreter.hasPrefix("/"), let next = RootPath.normalizing(interpreter),
      let target = root[try root.resolve(MergedUsr.path(next))], !target.isDirectory
    else { throw ELFFailure.interpreterMissing(path.absolute, interpreter) }
    _ = try program(MergedUsr.path(next), in: root, platform: platform, depth: depth + 1)
    return .script(interpreter: interpreter)
  }

  /// Checks a file of the host before it is put anywhere: an ELF program for `platform`, or a script of any kind (nil).
  @discardableResult
  public static func program(_ file: HostPath, platform: Platform) throws -> ELFFile? {
    let head = try ELFFile.head(of: file, count: 256)
    guard head.starts(with: ELFFile.magic) else {
      if interpreter(head) != nil { return nil }
      throw ELFFailure.neitherELFNorScript(file.description, FileKind.describe(head))
    }
    let elf = try ELFFile(file)
    try check(elf, file.description, platform)
    return elf
  }

  private static func check(_ elf: ELFFile, _ name: String, _ platform: Platform) throws {
    switch elf.kind {
    case .relocatable: throw ELFFailure.wrongKind(name, "an object file that is not linked")
    case .core: throw ELFFailure.wrongKind(name, "a core dump")
    case .other: throw ELFFailure.wrongKind(name, "of an unknown type")
    case .executable, .shared: break
    }
    guard elf.matches(platform) else {
      throw ELFFailure.wrongArchitecture(name, found: elf.architectureName, wanted: platform)
    }
    // A library with an interpreter of its own (libc.so.6) can be started; one without cannot.
    guard elf.isProgram || elf.interpreter != nil else { throw ELFFailure.wrongKind(name, "a shared library") }
  }

  private static func head(of entry: RootFilesystem.Entry) throws -> [UInt8] {
    switch entry.content {
    case .host(let file, _): try ELFFile.head(of: file, count: 256)
    case .bytes(let bytes): Array(bytes.prefix(256))
    case .directory, .link, .hardLink: []
    }
  }

  private static func read(_ entry: RootFilesystem.Entry, _ path: RootPath) throws -> ELFFile {
    if case .bytes(let bytes) = entry.content { return try ELFFile(bytes, name: path.absolute) }
    guard case .host(let file, _) = entry.content else { throw ELFFailure.missingProgram(path.absolute) }
    return try ELFFile(file)
  }

  /// The interpreter of a `#!` line (execve(2), "Interpreter scripts": in the first 256 bytes), nil without one.
  static func interpreter(_ head: [UInt8]) -> String? {
    guard head.starts(with: Array("#!".utf8)) else { return nil }
    let line = head.dropFirst(2).prefix { $0 != UInt8(ascii: "\n") && $0 != 0 }
    let word = line.drop { $0 == 0x20 || $0 == 0x09 }.prefix { $0 != 0x20 && $0 != 0x09 && $0 != 0x0d }
    return word.isEmpty ? nil : String(decoding: word, as: UTF8.self)
  }
}

/// What a file that cannot be started seems to be, for messages.
enum FileKind {
  private static let known: [(magic: [UInt8], name: String)] = [
    (Array("MZ".utf8), "a Windows program"), ([0xcf, 0xfa, 0xed, 0xfe], "a macOS program"),
    ([0xce, 0xfa, 0xed, 0xfe], "a macOS program"), ([0xca, 0xfe, 0xba, 0xbe], "a macOS program or a Java class"),
    (Array("!<arch>\n".utf8), "an archive of object files"), ([0x1f, 0x8b], "a gzip file"),
    (Array("PK\u{3}\u{4}".utf8), "a zip or jar file"), (Array("\0asm".utf8), "a WebAssembly module"),
    ([0x28, 0xb5, 0x2f, 0xfd], "a zstd file"), (Array("BC".utf8) + [0xc0, 0xde], "LLVM bitcode"),
  ]

  static func describe(_ head: [UInt8]) -> String {
    if head.isEmpty { return "an empty file" }
    if let found = known.first(where: { head.starts(with: $0.magic) }) { return found.name }
    let isText = head.allSatisfy { $0 >= 0x20 || (0x09...0x0d).contains($0) || $0 == 0x1b }
    return isText ? "a text file without a first line such as #!/usr/bin/python3" : "a file of an unknown kind"
  }
}
