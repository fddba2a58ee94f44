/// Paths of routes, in the one form that facts have.
enum JavaRoute {
  /// `/users/:id` is `/users/{id}`, a wildcard `{*}`.
  static func template(_ path: String) -> String {
    let words = path.split(separator: "/", omittingEmptySubsequences: false).map { word -> String in
      if word.hasPrefix(":") { return "{\(word.dropFirst())}" }
      if word == "*" || word == "**" { return "{*}" }
      if word.hasPrefix("<"), word.hasSuffix(">") { return "{\(word.dropFirst().dropLast())}" }
      if word.hasPrefix("{"), word.hasSuffix("?}") { return "\(word.dropLast(2))}" }
      return String(word)
    }
    let joined = words.joined(separator: "/")
    return joined.hasPrefix("/") ? joined : "/\(joined)"
  }

  static func join(_ parts: String...) -> String {
    var out = ""
    for part in parts where !part.isEmpty && part != "/" {
      if out.hasSuffix("/") { out.removeLast() }
      out += part.hasPrefix("/") ? part : "/\(part)"
    }
    return out.isEmpty ? "/" : out
  }
}
