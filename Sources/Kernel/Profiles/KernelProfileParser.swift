internal import PackCore

/// Reads the text of a profile. A line is one of
///
///     CONFIG_SMP=y  @smp @6.1   # reason     an option (@amd64: of that architecture); `=n` and the kernel's own `# CONFIG_SMP is not set` are off
///     include default                        the lines of another profile; what follows replaces them
///     per-program                            leaves out what serves only needs that the program does not have
///     # anything                             nothing
struct KernelProfileParser {
  let place: String
  private(set) var isForProgram = false
  private var order: [String] = []
  private var byName: [String: KernelOption] = [:]

  init(place: String) { self.place = place }

  var options: [KernelOption] { order.compactMap { byName[$0] } }

  mutating func read(_ text: String) throws {
    // By bytes: a line that ends with CR and LF has one character there.
    let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, bytes) in lines.enumerated() {
      let line = String(decoding: bytes, as: UTF8.self).filter { $0 != "\r" }
      try read(line: line.drop { $0 == " " || $0 == "\t" }, at: index + 1)
    }
  }

  private mutating func read(line: Substring, at number: Int) throws {
    let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" || $0 == "\r" })
    guard let first = words.first else { return }
    if words.count == 5, words[0] == "#", words[2...] == ["is", "not", "set"], words[1].hasPrefix("CONFIG_") {
      return put(KernelOption(name: String(words[1].dropFirst(7)), value: "n", reason: ""))
    }
    if first.hasPrefix("#") { return }
    if first == "per-program", words.count == 1 {
      isForProgram = true
    } else if first == "include", words.count == 2 {
      try include(String(words[1]), at: number)
    } else {
      put(try option(line, at: number))
    }
  }

  private mutating func include(_ name: String, at number: Int) throws {
    guard let text = KernelProfile.texts[name] else {
      throw failure(
        number, "there is no profile \"\(name)\" to include",
        hint: Suggestion.question(for: name, in: KernelProfile.names) ?? "write include default, or include tiny")
    }
    try read(text)
  }

  private mutating func put(_ option: KernelOption) {
    if byName.updateValue(option, forKey: option.name) == nil { order.append(option.name) }
  }

  private func option(_ line: Substring, at number: Int) throws -> KernelOption {
    guard line.hasPrefix("CONFIG_"), let cut = line.firstIndex(of: "="), cut > line.index(line.startIndex, offsetBy: 7)
    else {
      throw failure(number, "expected CONFIG_NAME=VALUE, include NAME, per-program or a comment", hint: nil)
    }
    let name = line[line.index(line.startIndex, offsetBy: 7)..<cut]
    guard
      name.utf8.allSatisfy({
        (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0) || $0 == 0x5f
      })
    else { throw failure(number, "\"CONFIG_\(name)\" is not the name of an option", hint: nil) }
    guard let found = Self.value(line[line.index(after: cut)...]) else { throw missingValue(number) }
    let value = found.0
    var rest = found.1
    if value == "m" {
      throw failure(
        number, "CONFIG_\(name)=m: the kernels that packc builds have no modules", hint: "write CONFIG_\(name)=y")
    }
    var option = KernelOption(name: String(name), value: value, reason: "")
    if let mark = rest.firstIndex(of: "#") {
      option.reason = String(rest[rest.index(after: mark)...].drop { $0 == " " })
      while let last = option.reason.last, " \t\r".contains(last) { option.reason.removeLast() }
      rest = rest[..<mark]
    }
    for word in rest.split(whereSeparator: { " \t\r".contains($0) }) { try mark(&option, word, at: number) }
    return option
  }

  /// `@smp`, `@6.1`, `@arm64`
  private func mark(_ option: inout KernelOption, _ word: Substring, at number: Int) throws {
    let text = String(word.dropFirst())
    if word.hasPrefix("@"), let need = KernelNeed(rawValue: text) {
      option.needs.append(need)
    } else if word.hasPrefix("@"), let version = KernelVersion(rawValue: text) {
      option.versions.append(version)
    } else if word.hasPrefix("@"), let architecture = Platform.Architecture(rawValue: text) {
      option.architectures.append(architecture)
    } else {
      let known =
        KernelNeed.allCases.map(\.rawValue) + KernelVersion.allCases.map(\.rawValue)
        + Platform.Architecture.allCases.map(\.rawValue)
      throw failure(
        number, "\"\(word)\" is neither a need nor a version nor an architecture",
        hint: Suggestion.question(for: text, in: known) ?? "write @ and one of \(known.joined(separator: ", "))")
    }
  }

  /// A word, or a text in quotation marks with them; and what follows.
  private static func value(_ text: Substring) -> (String, Substring)? {
    guard let first = text.first, !" \t\r#".contains(first) else { return nil }
    guard first == "\"" else {
      let value = text.prefix { !" \t\r".contains($0) }
      return (String(value), text[value.endIndex...])
    }
    guard let end = text.dropFirst().firstIndex(of: "\"") else { return nil }
    return (String(text[...end]), text[text.index(after: end)...])
  }

  private func missingValue(_ number: Int) -> Failure {
    failure(number, "there is no value behind =", hint: "write y, n, a number or a \"text\"")
  }

  private func failure(_ number: Int, _ text: String, hint: String?) -> Failure {
    Failure(
      "bad_kernel_profile", text, hint: hint ?? "docs/kernels.md says how a profile is written",
      at: SourceLocation(path: place, line: number), exit: .badInput)
  }
}
