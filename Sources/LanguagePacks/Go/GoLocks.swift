internal import PackCore
internal import Packs

/// Whether what pins the modules is there and is of the go.mod that lies beside it, read without the go command.
struct GoLocks {
  let files: ProjectFiles
  let modules: GoModules

  /// Directories that take the place of a module have to be inside of the project, or the build does not see them.
  func checkReplacements() throws {
    var all = modules.modules.map { ($0.directory, $0.fileName, $0.file) }
    if let work = modules.work { all.append(("", "go.work", work)) }
    for (directory, name, file) in all {
      for replacement in file.replacements where replacement.isDirectory {
        let start = directory.split(separator: "/").map(String.init)
        guard Self.stays(replacement.target, below: start) else {
          throw GoRefusal.outside(name, replacement.line, "replaces \(replacement.module) by", replacement.target)
        }
      }
    }
  }

  private static func stays(_ path: String, below start: [String]) -> Bool {
    if path.hasPrefix("/") { return false }
    var depth = start.count
    for part in path.split(separator: "/") where part != "." {
      depth += part == ".." ? -1 : 1
      if depth < 0 { return false }
    }
    return true
  }

  /// go.sum names every module that go.mod requires.
  func sums() throws -> [BuildPlan.LockFile] {
    var locks: [BuildPlan.LockFile] = []
    var known: Set<String> = []
    let shared = modules.work == nil ? [] : ["go.work.sum"]
    for path in shared + modules.modules.map(\.sumName) {
      guard let lock = try files.lockFile(path), let text = try files.text(path) else { continue }
      locks.append(lock)
      for line in text.split(separator: "\n") {
        let words = line.split(separator: " ")
        guard words.count >= 2 else { continue }
        let version = words[1].hasSuffix("/go.mod") ? words[1].dropLast("/go.mod".utf8.count) : words[1]
        known.insert("\(words[0]) \(version)")
      }
    }
    let own = Set(modules.modules.map(\.path))
    for module in modules.modules {
      let downloads = module.file.downloads.filter { !own.contains($0.module) }
      guard !downloads.isEmpty else { continue }
      guard files.isFile(module.sumName) || !locks.isEmpty && modules.work != nil else {
        throw GoRefusal.noSum(module.fileName, module.sumName)
      }
      // `require x master` is for the go command to settle, which says so itself.
      guard
        let stale = downloads.first(where: {
          $0.version.hasPrefix("v") && !known.contains("\($0.module) \($0.version)")
        })
      else { continue }
      throw PackRefusal(
        .projectError, "lock_outdated",
        "\(module.fileName) requires \(stale.module) \(stale.version), and \(module.sumName) has no hash of it",
        hint: "run `go mod tidy` and commit \(module.sumName)",
        at: SourceLocation(path: module.fileName, line: stale.line))
    }
    return locks
  }

  /// vendor/modules.txt holds what go.mod requires (Go compares the two from `go 1.14` on).
  func checkVendor(_ path: String, of module: GoModules.Module?) throws {
    guard let module, modules.work == nil, let text = try files.text(path),
      let version = module.file.go.flatMap({ GoVersion($0.words[0]) }), let first = GoVersion("1.14"), version >= first
    else { return }
    let vendored = Set(GoVendor(text).modules.compactMap { module in module.version.map { "\(module.path) \($0)" } })
    guard
      let stale = module.file.requires.first(where: { require in
        require.words.count >= 2 && !vendored.contains("\(require.words[0]) \(require.words[1])")
      })
    else { return }
    throw PackRefusal(
      .projectError, "lock_outdated",
      "\(module.fileName) requires \(stale.words[0]) \(stale.words[1]), and \(path) does not hold it",
      hint: "run `go mod tidy && go mod vendor` and commit vendor",
      at: SourceLocation(path: module.fileName, line: stale.line))
  }
}
