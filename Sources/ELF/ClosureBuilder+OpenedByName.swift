internal import PackCore

/// What libraries open by dlopen(3) and no ELF header names. One rule a row; see `docs/contract.md`.
private enum OpenedByName {
  /// When `trigger` is loaded, `library` may be opened.
  struct LibraryRule {
    var trigger: String
    var library: String
  }
  static let libraries = [
    // pthread_cancel, pthread_exit and backtrace(3) unwind the stack through it.
    LibraryRule(trigger: "libc.so.6", library: "libgcc_s.so.1")
  ]

  /// When `trigger` came from the source, files of a directory beside it may be opened.
  struct DirectoryRule {
    var trigger: String
    var directory: String
    var modules: [String]
  }
  static let directories = [
    // Provider modules by name; the directory is compiled into libcrypto. `openssl.cnf` is the host's own configuration
    // and stays there: the defaults are compiled in.
    DirectoryRule(trigger: "libcrypto.so.3", directory: "ossl-modules", modules: ["legacy.so"])
  ]

  /// iconv_open(3) reads `gconv-modules` and opens the module of each character set that is not built in. These are the
  /// ones that distributions count as the core; the others are opened by name in so few programs that
  /// `artifact.files` is the place for them.
  static let charsets = [
    "ANSI_X3.110", "CP1252", "ISO8859-1", "ISO8859-15", "UNICODE", "UTF-16", "UTF-32", "UTF-7",
  ]
}

extension ClosureBuilder {
  /// Applies the rules until nothing new comes.
  mutating func loadOpenedByName() throws {
    var before = -1
    while before != additions.count {
      before = additions.count
      for rule in OpenedByName.libraries where foundBeside(rule.trigger) != nil {
        try openLibrary(rule.library, because: rule.trigger)
      }
      for rule in OpenedByName.directories {
        guard let place = foundBeside(rule.trigger) else { continue }
        for module in rule.modules {
          try openModule("\(rule.directory)/\(module)", beside: place, because: rule.trigger)
        }
      }
      try openCharsets()
    }
  }

  /// The directories, in the source and in the image, of a library that came from the source.
  private func foundBeside(_ soname: String) -> (source: RootPath, image: RootPath)? {
    for path in additions.keys.sorted() where path.nameBytes.elementsEqual(soname.utf8) {
      if let source = sourceDirectories[path], let image = path.parent { return (source, image) }
    }
    return nil
  }

  private mutating func openLibrary(_ soname: String, because trigger: String) throws {
    var trial = self
    do {
      if let path = try trial.loadByName(soname, user: "dlopen by \(trigger)", flavor: .glibc), trial.root[path] != nil
      {
        self = trial
      }
    } catch let failure as Failure where failure.exit == .badInput {
      // Not on this host: programs that need it say so themselves when they get there.
      note(foundBeside(trigger)?.image ?? .root, "\(trigger) may open \(soname), which is not on this machine")
    }
  }

  private mutating func openModule(
    _ name: String, beside place: (source: RootPath, image: RootPath), because trigger: String
  ) throws {
    guard let from = RootPath(name).map(place.source.appending), let to = RootPath(name).map(place.image.appending),
      root[to] == nil, let file = try source.file(at: from), let elf = try? ELFFile.readIfELF(file.host)
    else { return }
    try add(file, elf, at: to, mode: 0o644)
    sourceDirectories[to] = from.parent
    users[to, default: []].insert("dlopen by \(trigger)")
    try attempt(to, flavor: .glibc, isStrict: false)
  }

  /// Where some file imports `iconv_open`, the core character sets.
  private mutating func openCharsets() throws {
    guard inventory.files.values.contains(where: \.usesIconv), let place = foundBeside("libc.so.6"),
      let file = try source.file(at: place.source.appending(RootPath(literal: "gconv/gconv-modules")))
    else { return }
    let to = place.image.appending(RootPath(literal: "gconv/gconv-modules"))
    if root[to] == nil {
      try add(file, nil, at: to, mode: 0o644)
      users[to, default: []].insert("dlopen by libc.so.6 (iconv)")
    }
    for charset in OpenedByName.charsets {
      try openModule("gconv/\(charset).so", beside: place, because: "libc.so.6 (iconv)")
    }
  }

  mutating func note(_ path: RootPath, _ text: String) {
    let caveat = SharedObjectClosure.Caveat(path: path, text: text)
    if !caveats.contains(caveat) { caveats.append(caveat) }
  }
}
