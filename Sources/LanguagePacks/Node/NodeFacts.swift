internal import PackCore
internal import Packs

/// What the program's own source says of it, read by `lib/facts` with TypeScript's parser. Packages of others are not read.
struct NodeFacts {
  private let request: PackRequest
  private let program: NodeProgram
  private let files: ProjectFiles
  private static let method = "the syntax of JavaScript and TypeScript, at call sites"
  /// Half of what the phase has: a reader that takes longer than this leaves time to say so.
  private static let seconds: Double = 60

  init(request: PackRequest, program: NodeProgram, files: ProjectFiles) {
    self.request = request
    self.program = program
    self.files = files
  }

  func list() throws -> [SourceFact] {
    var findings = try read()
    switch program.launch.kind {
    case .tool(let tool) where tool.role == .runner && !entries.isEmpty: break
    case .tool(let tool) where !entries.isEmpty:
      findings.addDoubt([.ports], "\(tool.name) starts the program, and chooses the port")
    case .file, .nest: break
    default: findings.addDoubt(SourceKind.allCases, "\(program.label) starts the program, and chooses what it loads")
    }
    return findings.facts
  }

  private func read() throws -> SourceFindings {
    var nothing = SourceFindings(method: Self.method)
    let context = try HostContext.current()
    guard let pack = context.variable("PACKC_PACK") else {
      throw PackRefusal(.internalError, "internal", "PACKC_PACK is not set")
    }
    let document: JSONValue = ["files": JSONValue(strings: try sources()), "entries": JSONValue(strings: entries)]
    let file = request.workDirectory / "facts.json"
    try FileSystem.writeAtomically(CanonicalJSON.encode(document), to: file, durable: false)
    let toolchain = try NodeToolchain.find(context)
    let run = ToolRun(environment: ["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"], timeout: Self.seconds)
    let answer = try run.output([
      toolchain.node.description, "--max-old-space-size=2048", "\(pack)/lib/facts/index.mjs", file.description,
    ])
    guard let text = answer.text else {
      nothing.addDoubt(SourceKind.allCases, "the source was not read: \(answer.errors.suffix(200))")
      return nothing
    }
    return try SourceFindings(method: Self.method, JSONReader(JSONParser.parse(Array(text.utf8), name: "facts")))
  }

  private static let kinds = ["js", "mjs", "cjs", "jsx", "ts", "mts", "cts", "tsx", "json", "prisma"]

  /// Paths that are no UTF-8 no import can name.
  private func sources() throws -> [String] {
    try ProjectTree(files.root).files(limit: 1_000_000).compactMap(\.utf8).filter { path in
      guard let dot = path.lastIndex(of: ".") else { return false }
      return Self.kinds.contains(String(path[path.index(after: dot)...])) && !path.hasPrefix("node_modules/")
        && !path.contains("/node_modules/")
    }
  }

  /// The files that are started or loaded first.
  private var entries: [String] {
    let named: [String] =
      switch program.launch.kind {
      case .file(let path): [path]
      case .nest: ["dist/main.js"]
      case .tool, .bin: program.launch.arguments.compactMap(\.literal).filter { NodeScripts.isScript($0) }
      default: []
      }
    let loaded = program.launch.flags.filter { $0.hasPrefix("./") }
    return (named.prefix(1) + loaded).compactMap { NodeModulePath.join(program.directory, $0) }
  }
}
