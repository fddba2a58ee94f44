internal import ELF
internal import PackCore

/// Facts of ELF headers and dynamic sections. The project's own files (layer application) have facts each, bound to their
/// digest before and after strip; everybody's are summed up over the whole image.
struct ELFFacts {
  private let input: ContractDocument.Input
  private let subject: Digest
  let facts: [ContractFact]

  private static let method = "ELF header, program headers and dynamic section, read through libelf"

  init(_ input: ContractDocument.Input, _ subject: Digest) throws {
    self.input = input
    self.subject = subject
    var facts: [ContractFact] = []
    for (path, file) in input.elf.files.sorted(by: { $0.key < $1.key }) {
      guard let entry = input.root[path], entry.layer == .application else { continue }
      facts += Self.facts(of: file, at: path, subject: try Self.subject(of: entry, input))
    }
    self.facts = facts + Self.summary(input, subject)
  }

  /// The digests before and after strip, or the file's own.
  private static func subject(of entry: RootFilesystem.Entry, _ input: ContractDocument.Input) throws -> [Digest] {
    if let pair = input.stripped[entry.path] {
      return pair.before == pair.after ? [pair.after] : [pair.before, pair.after]
    }
    switch entry.content {
    case .host(let path, _): return [try FileSystem.digest(of: path)]
    case .bytes(let bytes): return [Digest(of: bytes)]
    case .directory, .link: return []
    }
  }

  private static func facts(of file: ELFFile, at path: RootPath, subject: [Digest]) -> [ContractFact] {
    let evidence = [ContractFact.Evidence(path: path.absolute, sha256: subject.last)]
    func fact(_ name: String, _ values: [String], _ closed: ContractFact.Closure = .closed, _ caveats: [String] = [])
      -> ContractFact
    {
      .packc(
        "elf.\(name):\(path.absolute)", kind: "elf-\(name)", values, closed: closed, subject: subject, method: method,
        evidence: evidence, caveats: caveats)
    }
    /// A hint that cannot be had (a static file has no imports to look at) is unknown, never absent.
    func hint(_ name: String, _ hint: ELFFile.Hint) -> ContractFact {
      fact(
        name, hint == .unknown ? [] : [hint.rawValue], hint == .unknown ? .unknown : .closed,
        ["from the names of imported functions"])
    }
    return [
      fact("type", [file.kind.rawValue]), fact("interpreter", [file.interpreter].compactMap { $0 }),
      fact(
        "needed", file.needed, file.usesDlopen ? .open : .closed,
        file.usesDlopen ? ["it can load more at run time (dlopen)"] : []),
      fact("runpath", file.runpath.isEmpty ? file.rpath : file.runpath),
      fact("pie", [file.isProgram && file.kind == .shared ? "true" : "false"]),
      fact("relro", [file.relro.rawValue]),
      fact(
        "nx", file.stack == .unspecified ? [] : [file.stack == .nonExecutable ? "true" : "false"],
        file.stack == .unspecified ? .unknown : .closed),
      fact("writable-executable", [String(file.writableExecutableSegments)]),
      hint("canary", file.canary), hint("fortify", file.fortify),
      fact("build-id", [file.buildID].compactMap { $0 }),
      fact("static", [file.isStatic ? "true" : "false"]),
    ]
  }

  private static func summary(_ input: ContractDocument.Input, _ subject: Digest) -> [ContractFact] {
    let files = input.elf.files.sorted { $0.key < $1.key }
    func paths(_ id: String, _ kind: String, _ matches: (ELFFile) -> Bool) -> ContractFact {
      .packc(
        id, kind: kind, files.filter { matches($0.value) }.map(\.key.absolute),
        closed: input.elf.malformed.isEmpty ? .closed : .unknown, subject: [subject], method: method,
        caveats: input.elf.malformed.keys.sorted().map { "\($0.absolute) could not be read" })
    }
    let interpreters = Set(files.compactMap(\.value.interpreter)).sorted()
    return [
      paths("elf.not-pie", "elf-not-pie") { $0.isProgram && $0.kind != .shared },
      paths("elf.writable-executable", "elf-writable-executable") { $0.writableExecutableSegments > 0 },
      paths("elf.executable-stack", "elf-executable-stack") { $0.stack == .executable },
      paths("elf.no-relro", "elf-no-relro") { $0.relro == .none && !$0.isStatic },
      .packc(
        "elf.interpreters", kind: "elf-interpreters", interpreters, closed: .closed, subject: [subject], method: method),
      .packc(
        "elf.files", kind: "elf-file-count", [String(files.count)], closed: .closed, subject: [subject],
        method: "the first bytes of every regular file"),
    ]
  }
}
