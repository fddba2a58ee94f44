internal import PackCore

/// Facts of the file list itself: every path, mode and owner in the image was looked at, so every list is closed.
struct RootFilesystemFacts {
  let facts: [ContractFact]

  private static let method = "every entry of the root filesystem: path, kind, mode, owner, capabilities"

  init(_ input: ContractDocument.Input, _ author: FactAuthor) {
    let entries = input.root.entries
    let fact = { (name: String, values: [String], caveats: [String]) in
      author.proven("rootfs.\(name)", kind: name, values, method: Self.method, caveats: caveats)
    }
    facts =
      [
        fact("files", Self.counts(entries), []), fact("modes", Self.modes(entries), []),
        fact("user", ["\(input.user):\(input.group)"], []),
        fact("setuid", Self.paths(entries) { !$0.isLink && $0.mode & 0o6000 != 0 && !$0.isDirectory }, []),
        fact("setgid-directories", Self.paths(entries) { $0.isDirectory && $0.mode & 0o2000 != 0 }, []),
        fact(
          "file-capabilities",
          entries.compactMap { entry in entry.capabilities.map { "\(entry.path.absolute): \($0)" } },
          ["packc writes no other extended attributes; a file has capabilities only where unik.yaml says so"]),
        fact("world-writable", Self.paths(entries) { !$0.isLink && $0.mode & 0o002 != 0 && !$0.isSticky }, []),
        fact("world-writable-sticky", Self.paths(entries) { $0.isSticky && $0.mode & 0o002 != 0 }, []),
        fact("writable", Self.writable(entries, input), [Self.writableCaveat(input.mode)]),
        fact("secret-files", entries.filter(SecretFiles.looksSecret).map(\.path.absolute), [SecretFiles.caveat]),
      ] + Self.programs(entries, author, input)
  }

  private static func paths(_ entries: [RootFilesystem.Entry], _ condition: (RootFilesystem.Entry) -> Bool) -> [String]
  {
    entries.filter(condition).map(\.path.absolute)
  }

  /// `directories=12`, `files=40`, `links=4`
  private static func counts(_ entries: [RootFilesystem.Entry]) -> [String] {
    let directories = entries.count(where: \.isDirectory)
    let links = entries.count(where: \.isLink)
    return ["directories=\(directories)", "files=\(entries.count - directories - links)", "links=\(links)"]
  }

  /// `0644=40`: how many files and directories have each mode; a link's own means nothing.
  private static func modes(_ entries: [RootFilesystem.Entry]) -> [String] {
    var counts: [UInt32: Int] = [:]
    for entry in entries where !entry.isLink { counts[entry.mode & 0o7777, default: 0] += 1 }
    return counts.sorted { $0.key < $1.key }.map { mode, count in
      let digits = String(mode, radix: 8)
      return String(repeating: "0", count: 4 - digits.count) + digits + "=\(count)"
    }
  }

  /// What was declared, `/tmp`, and what owner and mode let the program's user write.
  private static func writable(_ entries: [RootFilesystem.Entry], _ input: ContractDocument.Input) -> [String] {
    let byMode = entries.filter { entry in
      guard !entry.isLink else { return false }
      if entry.uid == input.user { return entry.mode & 0o200 != 0 }
      return entry.mode & (entry.gid == input.group ? 0o020 : 0o002) != 0
    }.map(\.path)
    let all = Set(byMode + input.writable + [RootPath(literal: "tmp")])
    return all.sorted().map(\.absolute)
  }

  private static func writableCaveat(_ mode: BuildMode) -> String {
    mode == .release
      ? "where the root is mounted read-only, only the declared paths and /tmp are writable"
      : "in debug the root may be mounted writable"
  }

  /// Executable files, and links to anything, by their names.
  private static func programs(
    _ entries: [RootFilesystem.Entry], _ author: FactAuthor, _ input: ContractDocument.Input
  ) -> [ContractFact] {
    let executables = entries.filter { $0.isLink || (!$0.isDirectory && $0.mode & 0o111 != 0) }
    let lists = [
      ("shells", KnownPrograms.shells), ("package-managers", KnownPrograms.packageManagers),
      ("language-installers", KnownPrograms.languageInstallers),
    ]
    return lists.map { name, known in
      let found = executables.filter { KnownPrograms.isNamed($0.path.name, in: known) && isProgram($0, input.root) }
      return author.proven(
        "rootfs.\(name)", kind: name, found.map(\.path.absolute),
        method: "every executable file and link to one, its name compared with \(known.count) known names",
        caveats: ["a program under another name is not recognised"])
    }
  }

  /// A link counts when it leads to an executable file, or out of the image.
  private static func isProgram(_ entry: RootFilesystem.Entry, _ root: RootFilesystem) -> Bool {
    guard entry.isLink else { return true }
    guard let target = try? root.resolve(entry.path), let found = root[target] else { return true }
    return !found.isDirectory && found.mode & 0o111 != 0
  }
}

extension RootFilesystem.Entry {
  var isLink: Bool { if case .link = content { true } else { false } }
  /// /tmp's kind of directory: anybody may add, nobody may remove what others added.
  fileprivate var isSticky: Bool { isDirectory && mode & 0o1000 != 0 }
}
