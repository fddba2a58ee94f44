/// What an analyser looks for in the source of a program, by the kinds of `docs/contract.md`.
enum SourceKind: String, CaseIterable {
  case cacheNamespaces = "cache-namespaces"
  case egress
  case envOptional = "env-optional"
  case envRequired = "env-required"
  case ports, routes, writes

  /// The kinds that a word of an analyser stands for: a kind's name, `env` for both of the environment, `*` for all.
  static func named(_ word: String) -> [SourceKind] {
    switch word {
    case "*": allCases
    case "env": [.envRequired, .envOptional]
    default: SourceKind(rawValue: word).map { [$0] } ?? []
    }
  }
}
