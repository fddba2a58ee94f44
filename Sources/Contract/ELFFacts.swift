internal import ELF
internal import PackCore

/// Facts of ELF files. The project's own (layer application) have a set each, bound to their digests before and after
/// strip; those of the other layers, which may be thousands, are summed up for each layer: `partial=12` means that
/// twelve files have that value.
struct ELFFacts {
  let facts: [ContractFact]

  private static let method = "ELF header, program headers, notes and dynamic section, read through libelf"
  /// Of a long list of files, so many are named.
  private static let named = 10

  /// One property of a file.
  private struct Property {
    var name: String
    var values: [String]
    var closed = ContractFact.Closure.closed
    var caveats: [String] = []
  }

  init(_ input: ContractDocument.Input, _ author: FactAuthor) throws {
    let inventory = try ELFInventory(input.root)
    var facts: [ContractFact] = []
    var others: [LayerRole: [(path: RootPath, elf: ELFFile)]] = [:]
    for (path, elf) in inventory.files.sorted(by: { $0.key < $1.key }) {
      guard let entry = input.root[path] else { continue }
      if entry.layer == .application {
        facts += try Self.facts(of: elf, entry, input, author)
      } else {
        others[entry.layer, default: []].append((path, elf))
      }
    }
    for role in LayerRole.allCases where role != .application {
      facts += Self.summary(of: others[role] ?? [], role, author)
    }
    facts.append(Self.unusable(inventory, input, author))
    facts += Self.writable(inventory, facts: input, author)
    self.facts = facts
  }

  // MARK: One file

  private static func facts(
    of elf: ELFFile, _ entry: RootFilesystem.Entry, _ input: ContractDocument.Input, _ author: FactAuthor
  ) throws -> [ContractFact] {
    let digests = try digests(of: entry, input)
    let evidence = [ContractFact.Evidence(path: entry.path.absolute, sha256: digests.last)]
    return properties(of: elf).map { property in
      author.proven(
        "elf.\(property.name):\(entry.path.absolute)", kind: "elf-\(property.name)", property.values,
        closed: property.closed, subject: digests, method: method, evidence: evidence, caveats: property.caveats)
    } + [try systemCalls(of: elf, entry, subject: digests, input, author)].compactMap { $0 }
  }

  /// Before and after strip; one when nothing changed.
  private static func digests(of entry: RootFilesystem.Entry, _ input: ContractDocument.Input) throws -> [Digest] {
    if let pair = input.stripped[entry.path] {
      return pair.before == pair.after ? [pair.after] : [pair.before, pair.after]
    }
    switch input.root.holder(of: entry).content {
    case .host(let path, _): return [try FileSystem.digest(of: path)]
    case .bytes(let bytes): return [Digest(of: bytes)]
    case .directory, .link, .hardLink: return []
    }
  }

  private static func properties(of elf: ELFFile) -> [Property] {
    let opens = elf.usesDlopen ? ["it can load more at run time (it imports dlopen)"] : []
    let hint = { (name: String, hint: ELFFile.Hint) in
      hint == .unknown
        ? Property(name: name, values: [], closed: .unknown, caveats: ["no imported function shows it"])
        : Property(name: name, values: [hint.rawValue], caveats: ["a hint: from the names of imported functions"])
    }
    return [
      Property(name: "type", values: [elf.kind.rawValue]),
      Property(name: "linking", values: [elf.isStatic ? "static" : elf.isProgram ? "dynamic" : "shared"]),
      Property(name: "interpreter", values: elf.interpreter.map { [$0] } ?? []),
      Property(name: "needed", values: elf.needed, closed: elf.usesDlopen ? .open : .closed, caveats: opens),
      Property(name: "rpath", values: elf.rpath), Property(name: "runpath", values: elf.runpath),
      Property(name: "pie", values: [elf.isPositionIndependentProgram ? "true" : "false"]),
      Property(name: "relro", values: [elf.relro.rawValue]),
      Property(
        name: "nx", values: elf.stack == .unspecified ? [] : [elf.stack == .nonExecutable ? "true" : "false"],
        closed: elf.stack == .unspecified ? .unknown : .closed,
        caveats: elf.stack == .unspecified ? ["no PT_GNU_STACK: the kernel decides"] : []),
      Property(name: "wx", values: ["\(elf.writableExecutableSegments)"]),
      hint("canary", elf.canary), hint("fortify", elf.fortify),
      Property(name: "build-id", values: elf.buildID.map { [$0] } ?? []),
      elf.importCount.map { Property(name: "imports", values: ["\($0)"]) }
        ?? Property(name: "imports", values: elf.isStatic ? ["0"] : [], closed: elf.isStatic ? .closed : .unknown),
    ]
  }

  // MARK: A layer

  private static func summary(
    of files: [(path: RootPath, elf: ELFFile)], _ role: LayerRole, _ author: FactAuthor
  ) -> [ContractFact] {
    var counts: [String: [String: Int]] = [:]
    var open: Set<String> = []
    for (_, elf) in files {
      for property in properties(of: elf) where !["build-id", "imports"].contains(property.name) {
        let value = property.values.isEmpty ? [property.closed == .unknown ? "unknown" : "none"] : property.values
        for one in value { counts[property.name, default: [:]][one, default: 0] += 1 }
        if property.closed == .open { open.insert(property.name) }
      }
    }
    let total = author.proven(
      "elf.files:\(role.rawValue)", kind: "elf-files-summary", ["\(files.count)"], method: method)
    return [total]
      + counts.map { name, values in
        author.proven(
          "elf.\(name):\(role.rawValue)", kind: "elf-\(name)-summary",
          values.map { "\($0.key)=\($0.value)" }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) },
          closed: open.contains(name) ? .open : .closed, method: method,
          caveats: ["summed up over \(files.count) files of the layer \(role.rawValue)"] + worst(name, files))
      }
  }

  /// Which files have the value that a reader will ask about.
  private static func worst(_ name: String, _ files: [(path: RootPath, elf: ELFFile)]) -> [String] {
    let condition: (ELFFile) -> Bool
    switch name {
    case "nx": condition = { $0.stack == .executable }
    case "wx": condition = { $0.writableExecutableSegments > 0 }
    case "relro": condition = { $0.relro == .none }
    default: return []
    }
    let found = files.filter { condition($0.elf) }.map(\.path.absolute)
    guard !found.isEmpty else { return [] }
    let more = found.count > named ? " and \(found.count - named) more" : ""
    return ["files without protection: \(found.prefix(named).joined(separator: ", "))\(more)"]
  }

  /// Files that look like ELF and are damaged, and shared objects that cannot be loaded.
  private static func unusable(
    _ inventory: ELFInventory, _ input: ContractDocument.Input, _ author: FactAuthor
  ) -> ContractFact {
    var reasons: [RootPath: String] = inventory.malformed.mapValues(\.code)
    for caveat in input.caveats where reasons[caveat.path] == nil { reasons[caveat.path] = "cannot be loaded" }
    return author.proven(
      "elf.unusable", kind: "elf-unusable", reasons.keys.sorted().map(\.absolute),
      method: "the dynamic loader's rules applied to every ELF file",
      caveats: reasons.isEmpty ? [] : ["nothing of the program needs them when it starts"])
  }
}
