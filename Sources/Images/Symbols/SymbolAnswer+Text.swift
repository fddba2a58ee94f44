internal import ELF
internal import OCI
internal import PackCore

extension SymbolAnswer {
  public var text: String {
    if let trace { return text(trace) + files }
    if let core { return text(core) + files + next(core) }
    return listing + files
  }

  private var listing: String {
    let rows = entries.map { entry in
      [
        entry.buildID, entry.program.absolute,
        "\(ByteText.text(entry.file.contentSize)), \(ByteText.text(entry.file.size)) compressed", Self.remark(entry),
      ]
    }
    return TextTable.lines([["BUILD-ID", "PROGRAM", "SIZE", ""]] + rows)
  }

  private static func remark(_ entry: DebugSymbols.Entry) -> String {
    switch entry.source {
    case "go": "(made of Go's own build id)"
    case "digest": "(the program has no build-id: this is its digest)"
    default: ""
    }
  }

  private var files: String {
    guard let directory else { return "" }
    let paths = entries.map { "\(directory / $0.debugPath)\n" }
    return paths.enumerated().filter { paths.firstIndex(of: $0.element) == $0.offset }.map { "wrote " + $0.element }
      .joined()
  }

  // MARK: Cores

  private func text(_ found: CoreSymbols) -> String {
    let signal = found.core.signal == 0 ? "" : ", ended by signal \(found.core.signal)"
    let cut = found.core.isCutOff ? "the core dump is cut off: a debugger will not see all memory\n" : ""
    let rows = found.modules.map { module in
      [
        TerminalText.safe(module.module.path), module.module.identity?.hex ?? "no build-id",
        module.match == nil ? "no symbols here" : "symbols by its \(module.match?.rawValue ?? "")",
      ]
    }
    let stops = positions.map { position -> String in
      let place =
        position.lines.first?.description ?? "\(position.entry.program.absolute)+\(Self.hex(position.address))"
      let outer = position.lines.dropFirst().map { "    inlined into \($0)\n" }.joined()
      return "thread \(position.thread) stopped in \(place)\n\(outer)"
    }
    return "\(TerminalText.safe(found.core.program)): core dump of \(found.core.machine.name)\(signal)\n" + cut
      + TextTable.lines(rows) + stops.joined()
  }

  /// What a debugger has to be told.
  private func next(_ found: CoreSymbols) -> String {
    guard let entry = entries.first else { return "" }
    guard let directory else { return "next: packc image symbols … --output DIR writes the files for a debugger\n" }
    let place = ShellWord.quoted(directory.description)
    return entry.source == "digest"
      ? "next: gdb -s \(ShellWord.quoted((directory / entry.debugPath).description)) -e PROGRAM -c CORE\n"
      : "next: gdb -iex \"set debug-file-directory \(place)\" PROGRAM CORE\n"
  }

  // MARK: Traces

  /// Each line as it was, and below a frame what is there.
  private func text(_ found: TraceSymbols) -> String {
    let frames = Dictionary(grouping: found.frames) { $0.frame.line }
    var out = ""
    for (index, line) in found.trace.lines.enumerated() {
      out += TerminalText.safe(line) + "\n"
      for frame in frames[index + 1] ?? [] { out += below(frame) }
    }
    if !hasTool { out += "no addr2line on PATH: install binutils or elfutils to see lines\n" }
    return out
  }

  private func below(_ frame: TraceSymbols.Frame) -> String {
    guard let entry = frame.entry else { return "" }
    if let first = frame.lines.first {
      let assumed = frame.match == .onlyProgram ? " (if this is \(entry.program.absolute))" : ""
      return "    → \(first)\(assumed)\n"
        + frame.lines.dropFirst().map { "      inlined into \($0)\n" }.joined()
    }
    if let problem = frame.problem { return "    → \(entry.program.absolute): \(problem)\n" }
    return "    → \(entry.program.absolute) \(frame.address.map(Self.hex) ?? ""), debug file \(entry.buildID)\n"
  }
}
