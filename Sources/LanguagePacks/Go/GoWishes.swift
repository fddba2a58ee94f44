internal import PackCore
internal import Packs

/// What a project's files say of the Go that it needs. Each means that release or a newer one: Go keeps what was true of an
/// older release ("Go 1 compatibility").
struct GoWishes {
  struct Wish {
    var version: GoVersion
    /// `go.mod:3`
    var place: SourceLocation
    /// `go directive`
    var what: String
  }
  private(set) var all: [Wish] = []

  init(_ modules: GoModules, _ files: ProjectFiles) throws {
    if let work = modules.work { add(work, "go.work") }
    for module in modules.modules {
      add(module.file, module.fileName)
      for comment in module.file.heroku where comment.words.first == "goVersion" {
        add(comment.words[1], module.fileName, comment.line, "+heroku goVersion")
      }
    }
    if let text = try files.text(".go-version") {
      for (line, number) in ToolVersions.lines(text) where !line.isEmpty {
        add(String(line), ".go-version", number, "pinned")
        break
      }
    }
    for pin in try ToolVersions.pins(of: ["golang", "go"], files) { add(pin.version, pin.path, pin.line, "pinned") }
  }

  private mutating func add(_ file: GoModFile, _ name: String) {
    for (what, directive) in [("go directive", file.go), ("toolchain directive", file.toolchain)] {
      if let directive { add(directive.words[0], name, directive.line, what) }
    }
  }
  private mutating func add(_ text: String, _ path: String, _ line: Int, _ what: String) {
    guard let version = GoVersion(text) else { return }
    all.append(Wish(version: version, place: SourceLocation(path: path, line: line), what: what))
  }

  /// The newest that is asked for.
  var newest: Wish? {
    all.reduce(nil) { best, wish in best.map { $0.version < wish.version ? wish : $0 } ?? wish }
  }

  /// Release: an error; debug: a warning.
  func check(_ toolchain: GoToolchain, mode: BuildMode, _ notes: PackNotes) throws {
    guard let wish = newest, toolchain.version < wish.version else { return }
    let message =
      "\(wish.place.path) asks for go \(wish.version) (\(wish.what)), and the host's go is \(toolchain.version) "
      + "(\(toolchain.go))"
    let hint =
      "install it from https://go.dev/dl/#go\(wish.version), "
      + "or: `go install golang.org/dl/go\(wish.version)@latest && go\(wish.version) download`, "
      + "and put `$(go\(wish.version) env GOROOT)/bin` first in PATH"
    guard mode == .debug else {
      throw PackRefusal(.toolchainMissing, "toolchain_version", message, hint: hint, at: wish.place)
    }
    notes.warn(message, hint: hint)
  }
}
