internal import Config
internal import PackCore

/// A `unik.yaml` under another name: what its author wrote there would be ignored without a word.
enum MisnamedConfig {
  private static let names: Set<String> = [
    "unik.yml", "unik.yaml.txt", "unik.yml.txt", ".unik.yaml", ".unik.yml", "unik.json", "unik.toml",
  ]

  /// The first such name in the project's root.
  static func find(in project: HostPath) -> String? {
    let found = ((try? DirectoryWalk.names(in: project)) ?? []).map { String(decoding: $0, as: UTF8.self) }
    return found.first { name in
      let lower = name.lowercased()
      return names.contains(lower) || (lower == UnikFile.fileName && name != UnikFile.fileName)
    }
  }

  static func failure(_ name: String) -> Failure {
    let isYAML = name.lowercased().contains(".yaml") || name.lowercased().contains(".yml")
    return Failure(
      "misnamed_config", "there is a file \(name), and packc reads \(UnikFile.fileName); did you mean that?",
      hint: isYAML
        ? "`mv \(name) \(UnikFile.fileName)`, or give --file \(name)"
        : "write it as YAML, in a file \(UnikFile.fileName): see docs/unik-yaml.md",
      at: SourceLocation(path: name), exit: .badInput)
  }
}
