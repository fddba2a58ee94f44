internal import PackCore

/// `packc version`: touches nothing but standard output.
enum VersionCommand {
  static let definition = CommandDefinition("version", summary: "print packc's version") { invocation in
    try invocation.output.write(["version": .string(PackcVersion.current)]) { "packc \(PackcVersion.current)\n" }
    return .done
  }
}
