internal import PackCore
internal import Packs

/// The host's Go, by its real path: what `go` in PATH is may be a wrapper.
struct GoToolchain {
  let go: HostPath
  let root: HostPath
  let version: GoVersion
  let context: HostContext
  /// For GOCACHE of this pack's own questions.
  let cache: HostPath

  static func find(_ context: HostContext, work: HostPath, cache: HostPath) throws -> GoToolchain {
    guard let found = context.findTool("go") else {
      throw PackRefusal(
        .toolchainMissing, "toolchain_missing", "the program \"go\" is not in PATH",
        hint: "`apt-get install golang-go`, or a newer one from https://go.dev/dl/, and put its bin directory into PATH"
      )
    }
    let run = ToolRun(environment: environment(context, cache: cache, workspace: false), directory: work)
    let answer = try run.output([found.description, "env", "GOROOT", "GOVERSION"])
    let lines = (answer.text ?? "").split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    guard lines.count >= 2, let version = GoVersion(lines[1]) else {
      throw PackRefusal(
        .toolchainMissing, "toolchain_broken", "\(found) does not say its version: \(answer.errors)",
        hint: "install Go again: https://go.dev/dl/")
    }
    let root = HostPath(lines[0])
    let real = FileSystem.isExecutableFile(root / "bin/go") ? root / "bin/go" : found
    return GoToolchain(
      go: FileSystem.resolve(real) ?? real, root: FileSystem.resolve(root) ?? root, version: version,
      context: context, cache: cache)
  }

  /// Never another toolchain than this one, no settings from files, no network.
  static func environment(_ context: HostContext, cache: HostPath, workspace: Bool) -> [String: String] {
    [
      "PATH": context.environment["PATH"] ?? "/usr/bin:/bin", "HOME": context.environment["HOME"] ?? "/nonexistent",
      "TMPDIR": context.environment["TMPDIR"] ?? "/tmp", "LANG": "C.UTF-8", "GOTOOLCHAIN": "local", "GOENV": "off",
      "GOFLAGS": "", "GOPROXY": "off", "GOCACHE": (cache / "go-build").description,
      "GOMODCACHE": (cache / "go-mod").description, "GO111MODULE": "on", "GOWORK": workspace ? "" : "off",
      "GOTELEMETRY": "off",
    ].filter { $0.key != "GOWORK" || !$0.value.isEmpty }
  }

  /// Host files whose identity is that of the toolchain.
  func tools(_ platform: Platform) -> [String] {
    let directory = root / "pkg/tool/linux_\(Platform.host.architecture.rawValue)"
    return [go, root / "VERSION", directory / "compile", directory / "link"].filter { FileSystem.exists($0) }
      .map(\.description)
  }

  /// `go` and `toolchain` directives against what the host has.
  func check(_ file: GoModFile, named name: String, mode: BuildMode, _ notes: PackNotes) throws {
    for (what, directive) in [("go", file.go), ("toolchain", file.toolchain)] {
      guard let directive, let wanted = GoVersion(directive.words[0]), version < wanted else { continue }
      let message = "\(name) asks for go \(wanted) (\(what) directive), and the host's go is \(version) (\(go))"
      let hint =
        "install it from https://go.dev/dl/#go\(wanted), "
        + "or: `go install golang.org/dl/go\(wanted)@latest && go\(wanted) download`, "
        + "and put `$(go\(wanted) env GOROOT)/bin` first in PATH"
      guard mode == .debug else {
        throw PackRefusal(
          .toolchainMissing, "toolchain_version", message, hint: hint,
          at: SourceLocation(path: name, line: directive.line))
      }
      notes.warn(message, hint: hint)
    }
  }
}

/// The closure of a main package as `go list` sees it.
struct GoClosure {
  /// Files of the project's own modules, relative to the project.
  var sources: [String] = []
  /// Files that are compiled into the program by `//go:embed`, relative to the project.
  var embedded: Set<String> = []
  /// Packages beside the standard library's that need a C compiler.
  var cgoPackages: [String] = []
  /// True when a package of another module was not there to be looked at.
  var isIncomplete = false

  init(
    of program: GoPrograms.Program, _ toolchain: GoToolchain, _ modules: GoModules, flags: [String], files: ProjectFiles
  )
    throws
  {
    var environment = GoToolchain.environment(
      toolchain.context, cache: toolchain.cache, workspace: modules.work != nil)
    environment["CGO_ENABLED"] = "1"
    let fields = "ImportPath,Dir,Standard,CgoFiles,GoFiles,EmbedFiles,Module,Incomplete,Error"
    let argv =
      [toolchain.go.description, "list", "-e", "-deps", "-json=\(fields)"] + flags + ["./\(program.directory)"]
    let answer = try ToolRun(environment: environment).output(argv)
    guard let text = answer.text else {
      throw PackRefusal(
        .projectError, "go_list", "go cannot read the project: \(answer.errors)",
        hint: "`go list -deps ./\(program.directory)` shows the same; `go mod tidy` repairs go.mod")
    }
    guard let root = files.realRoot else { return }
    for document in Self.documents(text) { take(try JSONParser.parse(document, name: "go list"), root: root) }
    sources.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    cgoPackages.sort()
  }

  /// `go list` prints documents one after the other; each ends with a brace at the start of a line.
  private static func documents(_ text: String) -> [[UInt8]] {
    var documents: [[UInt8]] = []
    var current: [UInt8] = []
    for line in text.utf8.split(separator: 0x0a) {
      current += line
      current.append(0x0a)
      if line.elementsEqual([UInt8(ascii: "}")]) {
        documents.append(current)
        current = []
      }
    }
    return documents
  }

  private mutating func take(_ package: JSONValue, root: HostPath) {
    guard package["Standard"]?.bool != true else { return }
    if package["Error"] != nil { isIncomplete = true }
    if !(package["CgoFiles"]?.array ?? []).isEmpty, let path = package["ImportPath"]?.string {
      cgoPackages.append(path)
    }
    guard package["Module"]?["Main"]?.bool == true, let directory = package["Dir"]?.string,
      let base = HostPath(directory).relative(to: root)
    else { return }
    func paths(_ key: String) -> [String] {
      (package[key]?.array ?? []).compactMap(\.string).compactMap { name in
        RootPath(name).map { base.appending($0).description }
      }
    }
    sources += paths("GoFiles") + paths("CgoFiles")
    embedded.formUnion(paths("EmbedFiles"))
  }
}
