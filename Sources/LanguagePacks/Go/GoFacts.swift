internal import PackCore
internal import Packs

/// What the source of a Go program says of it, as the program in the pack's `lib/facts` finds it.
struct GoFacts {
  private let closure: GoClosure
  private let modules: GoModules
  private let toolchain: GoToolchain
  private let request: PackRequest
  private static let method = "syntax trees of the program's files"

  init(_ closure: GoClosure, _ modules: GoModules, _ toolchain: GoToolchain, _ request: PackRequest) {
    self.closure = closure
    self.modules = modules
    self.toolchain = toolchain
    self.request = request
  }

  func facts() throws -> [SourceFact] {
    guard let reader = try reader() else {
      return unread("this toolchain cannot make the program that reads the source")
    }
    var run = ToolRun(environment: ["LANG": "C.UTF-8"], timeout: 60)
    run.input = CanonicalJSON.encode(input)
    guard let text = try run.output([reader.description]).text else {
      return unread("the source could not be read to the end")
    }
    return try SourceFindings(
      method: Self.method, JSONReader(JSONParser.parse(Array(text.utf8), name: "findings"))
    ).facts
  }

  private func unread(_ why: String) -> [SourceFact] {
    var findings = SourceFindings(method: Self.method)
    findings.addDoubt(SourceKind.allCases, why)
    return findings.facts
  }

  private var input: JSONValue {
    [
      "files": JSONValue(strings: closure.sources),
      "modules": .object(
        Dictionary(modules.modules.map { ($0.path, .string($0.directory.isEmpty ? "." : $0.directory)) }) { first, _ in
          first
        }),
      "doubts": JSONValue(
        strings: closure.sources.isEmpty ? ["nothing says which files the program is made of"] : []),
    ]
  }

  /// The program: the one that came with packc, else one that this host's go makes and the pack's cache keeps. Nil when
  /// go cannot make it.
  private func reader() throws -> HostPath? {
    guard let pack = toolchain.context.variable("PACKC_PACK") else {
      throw PackRefusal(.internalError, "internal", "PACKC_PACK is not set")
    }
    let directory = HostPath(pack) / "lib/facts"
    let sources = try DirectoryWalk.names(in: directory).map { directory / HostPath(bytes: $0) }
      .filter { $0.name.hasSuffix(".go") }
    var hash = SHA256()
    for source in sources { hash.update(try FileSystem.read(source, limit: 1 << 20)) }
    // As scripts/build-go-facts.sh names it.
    let name = "facts-" + hash.finish().hex
    if FileSystem.isExecutableFile(directory / HostPath(name)) { return directory / HostPath(name) }
    let kept = request.cacheDirectory / HostPath("\(name)-\(toolchain.version)")
    return FileSystem.isExecutableFile(kept) ? kept : try make(sources, kept)
  }

  private func make(_ sources: [HostPath], _ kept: HostPath) throws -> HostPath? {
    var environment = GoToolchain.environment(toolchain.context, cache: toolchain.cache, workspace: false)
    environment["CGO_ENABLED"] = "0"
    let made = request.workDirectory / "facts"
    let argv = [toolchain.go.description, "build", "-trimpath", "-buildvcs=false", "-o", made.description]
    let run = ToolRun(environment: environment, directory: request.workDirectory, timeout: 90)
    guard try run.output(argv + sources.map(\.description)).text != nil else { return nil }
    // Beside its place first: another build may make the same one.
    try FileSystem.writeAtomically(FileSystem.read(made, limit: 64 << 20), to: kept, mode: 0o755, durable: false)
    return kept
  }
}
