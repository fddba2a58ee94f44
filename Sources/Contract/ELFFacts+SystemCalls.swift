internal import ELF
internal import PackCore

extension ELFFacts {
  /// Of places that are named in a caveat.
  private static let named = 5

  /// What a static program for x86-64 asks of the kernel; nil for others, whose calls are in libraries. Observed, and no
  /// more: who makes code at run time, or jumps to where no address in the file leads, is not seen.
  static func systemCalls(
    of elf: ELFFile, _ entry: RootFilesystem.Entry, subject: [Digest], _ input: ContractDocument.Input,
    _ author: FactAuthor
  ) throws -> ContractFact? {
    guard case .host(let path, _) = input.root.holder(of: entry).content,
      let calls = try SystemCalls.read(path, elf)
    else { return nil }
    var caveats = calls.doubts
    if !calls.unknown.isEmpty {
      let places = calls.unknown.prefix(named).map { "0x" + String($0, radix: 16) }.joined(separator: ", ")
      let more = calls.unknown.count > named ? " and \(calls.unknown.count - named) more" : ""
      caveats.append("of \(calls.sites) syscall instructions the number is not known at \(places)\(more)")
    }
    caveats.append("machine code that is made at run time is not seen")
    return author.observed(
      "elf.syscalls:\(entry.path.absolute)", kind: "syscalls",
      calls.numbers.map(SystemCallNames.name).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) },
      closed: calls.isWhole ? .closed : .open, subject: subject,
      method: "syscall instructions of the disassembled sections, and the numbers that reach them",
      evidence: [ContractFact.Evidence(path: entry.path.absolute, sha256: subject.last)], caveats: caveats)
  }
}
