internal import Glibc
public import PackCore

/// A credential that the person hands to fetch steps by `--fetch-secret`: a file under the name by which tools look for it
/// in HOME, or a variable. No other step sees it, and it is part of no key, log or output.
///
///     netrc  npmrc  pip    the person's own ~/.netrc, ~/.npmrc, ~/.config/pip/pip.conf
///     maven                ~/.m2/settings.xml
///     netrc=FILE           another file in the place of it
///     NAME_OF_A_VARIABLE   as it is set where packc runs
public struct FetchSecret: Sendable {
  enum Form {
    /// Below HOME.
    case file(at: RootPath, bytes: [UInt8])
    case variable(String, value: String)
  }
  let name: String
  let form: Form

  private static let places: [String: RootPath] = [
    "netrc": RootPath(literal: ".netrc"), "npmrc": RootPath(literal: ".npmrc"),
    "pip": RootPath(literal: ".config/pip/pip.conf"), "maven": RootPath(literal: ".m2/settings.xml"),
  ]

  /// - Parameter text: what follows `--fetch-secret`.
  public init(_ text: String, context: HostContext) throws {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    name = parts[0]
    if let place = Self.places[name] {
      let file = try parts.count > 1 ? context.workingDirectory / parts[1] : Self.own(place, context)
      guard let bytes = try FileSystem.readIfPresent(file, limit: 1 << 20) else {
        throw Self.missing(name, "there is no \(file)")
      }
      form = .file(at: place, bytes: bytes)
      return
    }
    // `ORG_GRADLE_PROJECT_mavenPassword` is one, too.
    guard parts.count == 1, name.first.map({ $0 == "_" || ("A"..."Z").contains($0) }) == true,
      name.utf8.allSatisfy({ $0 == 0x5f || (0x30...0x39).contains($0) || (0x41...0x5a).contains($0 & 0xdf) })
    else {
      throw Self.missing(name, "it is none of \(Self.places.keys.sorted().joined(separator: ", ")), and no variable")
    }
    guard let value = context.variable(name) else { throw Self.missing(name, "the variable is not set") }
    form = .variable(name, value: value)
  }

  private static func own(_ place: RootPath, _ context: HostContext) throws -> HostPath {
    guard let home = context.variable("HOME") else { throw missing(place.description, "HOME is not set") }
    return HostPath(home) / place
  }

  private static func missing(_ name: String, _ why: String) -> Failure {
    Failure(
      "wrong_usage", "--fetch-secret \(name): \(why)",
      hint:
        "give netrc, npmrc, pip or maven, each also as NAME=FILE, or the name of a variable, which begins with a capital",
      exit: .usage)
  }

  // MARK: What must not be seen

  /// The words of it that are secret; a file's other words are names of hosts and people.
  var words: [String] {
    switch form {
    case .variable(_, let value): return [value].filter { $0.utf8.count >= 4 }
    case .file(_, let bytes): return Self.words(in: String(decoding: bytes, as: UTF8.self))
    }
  }

  /// What follows `password`, what is assigned to a name that speaks of a secret, what stands in an element of such a name,
  /// and the password of an URL.
  static func words(in text: String) -> [String] {
    var found: Set<String> = []
    for line in text.split(whereSeparator: \.isNewline) {
      let words = line.split(whereSeparator: \.isWhitespace)
      for (key, value) in zip(words, words.dropFirst()) where ["password", "account"].contains(key) {
        found.insert(String(value))
      }
      if let cut = line.firstIndex(of: "="), names.contains(where: line[..<cut].lowercased().contains) {
        found.insert(line[line.index(after: cut)...].filter { !$0.isWhitespace && $0 != "\"" })
      }
      for element in line.split(separator: "<") {
        guard let cut = element.firstIndex(of: ">"), names.contains(String(element[..<cut])) else { continue }
        let written = String(element[element.index(after: cut)...])
        // The tool says it as it is meant.
        found.formUnion([written, unescaped(written)])
      }
      for part in line.split(separator: "/") where part.contains("@") {
        let person = part[..<(part.lastIndex(of: "@") ?? part.startIndex)]
        if let cut = person.firstIndex(of: ":") { found.insert(String(person[person.index(after: cut)...])) }
      }
    }
    return found.filter { $0.utf8.count >= 4 }.sorted { ($1.utf8.count, $0) < ($0.utf8.count, $1) }
  }
  /// The five entities that XML has by itself.
  private static func unescaped(_ text: String) -> String {
    [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")].reduce(text) {
      $0.replacingBytes($1.0, with: $1.1)
    }
  }
  private static let names = ["token", "auth", "password", "secret", "passphrase"]
}

/// The secrets of one build, given to a fetch step and taken away again.
struct FetchSecrets: Sendable {
  let all: [FetchSecret]
  let words: [String]

  init(_ all: [FetchSecret]) {
    self.all = all
    words = all.flatMap(\.words)
  }

  var variables: [String: String] {
    all.reduce(into: [:]) { if case .variable(let name, let value) = $1.form { $0[name] = value } }
  }

  func write(below home: HostPath) throws {
    for secret in all {
      guard case .file(let place, let bytes) = secret.form else { continue }
      try FileSystem.createDirectory((home / place).parent, mode: 0o700)
      try FileSystem.writeAtomically(bytes, to: home / place, mode: 0o600, durable: false)
    }
  }

  /// A line of a tool's output as it may be shown.
  func hidden(_ line: String) -> String {
    words.reduce(line) { $0.contains($1) ? $0.replacingBytes($1, with: "***") : $0 }
  }

  /// The first file of `tree` that holds one of them.
  func leak(in tree: HostPath) throws -> (file: HostPath, secret: String)? {
    guard let status = try FileSystem.status(tree) else { return nil }
    if status.kind == .file { return try leak(inFile: tree, status).map { (tree, $0) } }
    for entry in try DirectoryWalk.sortedByPath(tree) where entry.status.kind == .file {
      if let name = try leak(inFile: tree / entry.path, entry.status) { return (tree / entry.path, name) }
    }
    return nil
  }

  private func leak(inFile file: HostPath, _ status: FileStatus) throws -> String? {
    let bytes = try FileSystem.read(file, limit: Int(status.size) + 1)
    return all.first { secret in
      secret.words.contains { word in
        Self.holds(bytes, Array(word.utf8))
      }
    }?.name
  }

  static func holds(_ bytes: [UInt8], _ word: [UInt8]) -> Bool {
    bytes.withUnsafeBytes { text in
      guard let start = text.baseAddress, text.count >= word.count else { return false }
      let last = text.count - word.count
      var position = 0
      while position <= last, let found = memchr(start + position, Int32(word[0]), last - position + 1) {
        if memcmp(found, word, word.count) == 0 { return true }
        position = start.distance(to: UnsafeRawPointer(found)) + 1
      }
      return false
    }
  }
}
