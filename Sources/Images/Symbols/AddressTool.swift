public import PackCore

/// A function and a line of source; nil for what the debug file does not say.
public struct SourceLine: Hashable, Sendable, CustomStringConvertible {
  public var function: String?
  /// `/packc/source/main.c`
  public var file: String?
  public var line: Int?

  /// `broken at server.c:12`
  public var description: String {
    let place = file.map { $0 + (line.map { ":\($0)" } ?? "") }
    return TerminalText.safe([function, place].compactMap { $0 }.joined(separator: " at "))
  }

  public var json: JSONValue {
    JSONValue(compact: [
      "function": function.map(JSONValue.string), "file": file.map(JSONValue.string),
      "line": line.map { .integer(Int64($0)) },
    ])
  }
}

/// addr2line of binutils, elfutils and LLVM, as far as they are there: DWARF is theirs. Where one finds no line, the next
/// is asked: none of them reads what every compiler writes (binutils 2.40 and elfutils 0.188 find no lines in programs of
/// Go 1.25 and later, LLVM 14 does).
public struct AddressTool: Sendable {
  private let paths: [HostPath]

  /// Nil when there is none.
  public init?(_ context: HostContext) {
    // binutils' first: of the three it knows the names of Rust best.
    paths = ["addr2line", "eu-addr2line", "llvm-addr2line"].compactMap(context.findTool)
    if paths.isEmpty { return nil }
  }

  /// What is at these addresses of a debug file, in the same order: the function itself last, what is inlined there
  /// before it. Empty where the file does not say.
  public func lines(at addresses: [UInt64], in file: HostPath) throws -> [[SourceLine]] {
    var best = [[SourceLine]](repeating: [], count: addresses.count)
    for path in paths {
      let open = best.indices.filter { index in !best[index].contains { $0.line != nil } }
      if open.isEmpty { break }
      let answers = try ask(path, open.map { addresses[$0] }, file)
      for (index, lines) in zip(open, answers) where best[index].isEmpty || lines.contains(where: { $0.line != nil }) {
        best[index] = lines
      }
    }
    return best
  }

  private func ask(_ path: HostPath, _ addresses: [UInt64], _ file: HostPath) throws -> [[SourceLine]] {
    var all: [[SourceLine]] = []
    var rest = addresses[...]
    while !rest.isEmpty {
      let batch = rest.prefix(400)
      rest = rest.dropFirst(batch.count)
      let result = try ProcessRunner().run(
        Command(
          [path.description, "-a", "-f", "-i", "-C", "-e", file.description]
            + batch.map { "0x" + String($0, radix: 16) },
          environment: ["LC_ALL": "C.UTF-8"], keep: 16 << 20, keepHead: true, timeout: 300))
      let answers = Self.parse(result.outputText)
      // A tool that does not read this file (an older one, a newer DWARF) says nothing of any.
      all += answers.count == batch.count ? answers : Array(repeating: [], count: batch.count)
    }
    return all
  }

  /// For each address a line `0x…`, and after it pairs of lines: the function (`??`), the place (`file:line`, `??:0`,
  /// `??:?`, `… (discriminator 3)`).
  static func parse(_ text: String) -> [[SourceLine]] {
    var groups: [[SourceLine]] = []
    var function: Substring?
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("0x"), line.dropFirst(2).allSatisfy(\.isHexDigit) {
        groups.append([])
        function = nil
      } else if let name = function {
        function = nil
        let found = place(line)
        let known = SourceLine(function: name == "??" ? nil : String(name), file: found?.file, line: found?.line)
        if !groups.isEmpty, known.function != nil || known.file != nil { groups[groups.count - 1].append(known) }
      } else if !line.isEmpty {
        function = line
      }
    }
    return groups
  }

  private static func place(_ line: Substring) -> (file: String, line: Int?)? {
    // elfutils adds the column: `file:line:column`.
    let bare = line.components(before: " (discriminator")
    var parts = bare.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count > 1, parts[0] != "??" else { return nil }
    if parts.count > 2, Int(parts[parts.count - 1]) != nil, Int(parts[parts.count - 2]) != nil { parts.removeLast() }
    let number = Int(parts.removeLast()).flatMap { $0 > 0 ? $0 : nil }
    return (parts.joined(separator: ":"), number)
  }
}

extension Substring {
  /// What stands before the first place of `text`, or all.
  fileprivate func components(before text: String) -> Substring {
    var rest = self
    while !rest.isEmpty {
      if rest.hasPrefix(text) { return self[..<rest.startIndex] }
      rest = rest.dropFirst()
    }
    return self
  }
}
