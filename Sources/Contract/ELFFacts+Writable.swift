internal import ELF
internal import PackCore

extension ELFFacts {
  /// Files of all layers whose code, or whose libraries, somebody can change while they run.
  static func writable(
    _ inventory: ELFInventory, facts input: ContractDocument.Input, _ author: FactAuthor
  ) -> [ContractFact] {
    let files = inventory.files.sorted { $0.key < $1.key }
    let code = files.filter { $0.value.writableExecutableSegments > 0 }.map(\.key.absolute)
    let places = input.writable + [RootPath(literal: "tmp")]
    let search = files.filter { path, elf in
      (elf.rpath + elf.runpath).contains { isWritable($0, of: path, places) }
    }.map(\.key.absolute)
    return [
      author.proven(
        "elf.writable-code", kind: "writable-code", code,
        method: "the program headers of every ELF file: segments that are writable and executable"),
      author.proven(
        "elf.writable-runpath", kind: "writable-runpath", search,
        method: "RPATH and RUNPATH of every ELF file, compared with what is writable"),
    ]
  }

  /// A relative entry means the directory in which the program is started, which may be any.
  private static func isWritable(_ entry: String, of path: RootPath, _ places: [RootPath]) -> Bool {
    var text = entry
    for name in ["$ORIGIN", "${ORIGIN}"] where text.hasPrefix(name) {
      text = (path.parent ?? .root).absolute + text.dropFirst(name.utf8.count)
    }
    guard text.hasPrefix("/") else { return true }
    var parts: [Substring] = []
    for part in text.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    guard let directory = RootPath("/" + parts.joined(separator: "/")) else { return true }
    return places.contains { directory.isInside($0) }
  }
}
