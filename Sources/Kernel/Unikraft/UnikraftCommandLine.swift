internal import PackCore

/// The command line of Unikraft's ELF loader: parameters of the kernel, `--`, the program and its arguments (unikraft:
/// lib/uklibparam, lib/ukargparse; app-elfloader: README).
///
///     netdev.ip=10.0.2.15/24:10.0.2.2:10.0.2.3 vfs.fstab=[ "initrd0:/:extract::ramfs=1:" ] env.vars=[ "A=b" ] -- /app/shop -v
struct UnikraftCommandLine {
  var arguments: [String]
  var environment: [String: String]
  var directory: RootPath
  var network: GuestNetwork
  let features: Set<String>

  /// What the kernel keeps room for (LIBUKBOOT_MAXNBARGS), with those that are not the program's.
  static let argumentsLimit = 60
  /// Bytes, as of Linux.
  static let limit = 4000

  /// - Throws: `unikraft_command_line` for what cannot be said.
  func text() throws -> String {
    guard arguments.count < Self.argumentsLimit else {
      throw UnikraftFailure.cannotSay(
        "the program has \(arguments.count) arguments; the kernel takes \(Self.argumentsLimit)")
    }
    var words: [String] = []
    func has(_ feature: UnikraftFeature) -> Bool { features.contains(feature.rawValue) }
    if has(.address) {
      let parts = [network.address, network.gateway, network.nameserver].filter { !$0.isEmpty }
      words.append("netdev.ip=\(parts.joined(separator: ":"))")
    }
    // The initrd's files into memory, which is the root.
    if has(.fileSystems) { words.append("vfs.fstab=[ \"initrd0:/:extract::ramfs=1:\" ]") }
    if has(.variables) {
      var variables = environment
      // The loader goes there before it starts the program.
      if !directory.isRoot { variables["PWD"] = directory.absolute }
      let list = try variables.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.map {
        try Self.quoted("\($0.key)=\($0.value)")
      }
      guard !list.contains(where: { $0.contains("]") }) else {
        throw UnikraftFailure.cannotSay("a variable holds a ], which ends the list of variables there")
      }
      if !list.isEmpty { words.append("env.vars=[ \(list.joined(separator: " ")) ]") }
    }
    // A kernel without parameters gives everything to the program.
    if !words.isEmpty { words.append("--") }
    guard !arguments.contains("") else { throw UnikraftFailure.cannotSay("an argument is empty, and would get lost") }
    words += try arguments.map { try Self.needsQuotes($0) ? Self.quoted($0) : $0 }
    let text = words.joined(separator: " ")
    guard text.utf8.count <= Self.limit else {
      throw UnikraftFailure.cannotSay(
        "arguments and variables have \(text.utf8.count) bytes; \(Self.limit) are possible")
    }
    return text
  }

  private static func needsQuotes(_ word: String) -> Bool {
    word.utf8.contains { $0 <= 0x20 || [0x22, 0x27, 0x5c].contains($0) }
  }

  /// In double quotes, where `\` stands before a quote and itself.
  private static func quoted(_ word: String) throws -> String {
    guard !word.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) else {
      throw UnikraftFailure.cannotSay("a control character stands in an argument or variable")
    }
    var text = "\""
    for character in word {
      if character == "\"" || character == "\\" { text.append("\\") }
      text.append(character)
    }
    return text + "\""
  }
}
