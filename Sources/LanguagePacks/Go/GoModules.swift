internal import PackCore
internal import Packs

/// The modules of a project: go.mod at its root, or those that go.work uses.
struct GoModules {
  struct Module {
    var path: String
    /// Relative to the project; empty for its root.
    var directory: String
    var file: GoModFile
    var fileName: String { directory.isEmpty ? "go.mod" : "\(directory)/go.mod" }
    var sumName: String { directory.isEmpty ? "go.sum" : "\(directory)/go.sum" }
  }
  var modules: [Module] = []
  var work: GoModFile?

  init(_ files: ProjectFiles) throws {
    guard let text = try files.text("go.work") else {
      try add("", files)
      return
    }
    let work = GoModFile(text)
    try Self.check(work, "go.work")
    self.work = work
    for use in work.uses {
      let parts = use.words[0].split(separator: "/").filter { $0 != "." }
      guard !use.words[0].hasPrefix("/"), !parts.contains("..") else {
        throw GoRefusal.outside("go.work", use.line, "uses", use.words[0])
      }
      guard try add(parts.joined(separator: "/"), files) else {
        throw PackRefusal(
          .projectError, "bad_go_work", "go.work uses \(use.words[0]), and there is no go.mod in it",
          hint: "`go work edit -dropuse=\(use.words[0])` takes the line out",
          at: SourceLocation(path: "go.work", line: use.line))
      }
    }
  }

  private static func check(_ file: GoModFile, _ name: String) throws {
    guard let problem = file.problem else { return }
    throw PackRefusal(
      .projectError, "bad_\(name.replacing(".", with: "_"))", "\(name) cannot be read: \(problem.words[0])",
      hint: "`go \(name == "go.work" ? "work" : "mod") edit -fmt` in its directory shows the same",
      at: SourceLocation(path: name, line: problem.line))
  }

  @discardableResult
  private mutating func add(_ directory: String, _ files: ProjectFiles) throws -> Bool {
    let name = directory.isEmpty ? "go.mod" : "\(directory)/go.mod"
    guard let text = try files.text(name) else { return false }
    let file = GoModFile(text)
    guard file.problem != nil || file.module != nil else {
      throw PackRefusal(
        .projectError, "bad_go_mod", "\(name) has no module line", hint: "write `module example.com/NAME` at its top",
        at: SourceLocation(path: name, line: 1))
    }
    do {
      try Self.check(file, "go.mod")
    } catch var refusal as PackRefusal {
      refusal.location?.path = name
      throw refusal
    }
    modules.append(Module(path: file.module?.words[0] ?? "", directory: directory, file: file))
    return true
  }

  /// The name of a module: its last part, without a major version: `example.com/shop/v2` → `shop`, `gopkg.in/shop.v3` → `shop`.
  static func name(of module: String) -> String {
    var parts = module.split(separator: "/").map(String.init)
    if parts.count > 1, let last = parts.last, isMajor(last[...]) { parts.removeLast() }
    guard let last = parts.last else { return "app" }
    if let dot = last.lastIndex(of: "."), isMajor(last[last.index(after: dot)...]) { return String(last[..<dot]) }
    return last
  }

  private static func isMajor(_ text: Substring) -> Bool { text.hasPrefix("v") && Int(text.dropFirst()) != nil }
}

enum GoRefusal {
  static func noModule(_ files: ProjectFiles, needs module: (path: String, file: String)?) -> PackRefusal {
    // A directory inside a module is no project of its own.
    let above = (1...8).lazy.map { Array(repeating: "..", count: $0).joined(separator: "/") }
      .first { FileSystem.exists(HostPath("\($0)/go.mod")) }
    let why = module.map { ", and \($0.file) imports \($0.path), which is no package of the standard library" } ?? ""
    return PackRefusal(
      .projectError, "no_go_mod", "there is no go.mod\(above.map { " here; the module's lies in \($0)" } ?? "")\(why)",
      hint: above.map { "run `packc build \($0)`, with --app for this directory" }
        ?? "run `go mod init example.com/NAME && go mod tidy` and commit go.mod and go.sum; if this is a part of a module "
        + "further up, run packc there, with --app for this directory")
  }

  static func noProgram(_ modules: GoModules) -> PackRefusal {
    let name = modules.modules.map(\.path).joined(separator: ", ")
    return PackRefusal(
      .projectError, "no_program", "\(name) is a library: no directory holds a `package main` with a func main",
      hint: "packc builds programs; add one, for example in cmd/\(GoModules.name(of: modules.modules[0].path))/main.go")
  }

  static func noSum(_ file: String, _ sum: String) -> PackRefusal {
    PackRefusal(
      .projectError, "lock_missing", "\(file) requires modules, and there is no \(sum) with their hashes",
      hint: "run `go mod tidy` and commit \(sum)", at: SourceLocation(path: file))
  }

  static func outside(_ file: String, _ line: Int, _ verb: String, _ directory: String) -> PackRefusal {
    PackRefusal(
      .projectError, "outside_project", "\(file) \(verb) \(directory), which lies outside of the project",
      hint: "build the directory that holds both, with a go.work in it, or run "
        + "`go \(file == "go.work" ? "work" : "mod") vendor`, which copies it into the project",
      at: SourceLocation(path: file, line: line))
  }

  static func cgoForOther(_ platform: Platform, _ reason: String) -> PackRefusal {
    PackRefusal(
      .projectError, "platform_unsupported",
      "the program needs a C compiler (cgo: \(reason)), and here is none that compiles for \(platform)",
      hint:
        "build on a machine of that architecture, or write `options: {cgo: false}` in unik.yaml if it can do without")
  }
  static func noCompiler(_ package: String) -> PackRefusal {
    PackRefusal(
      .toolchainMissing, "toolchain_missing",
      "the package \(package) needs a C compiler (cgo), and there is none in PATH",
      hint: "`apt-get install gcc libc6-dev`, or write `options: {cgo: false}` in unik.yaml if it can do without")
  }
}
