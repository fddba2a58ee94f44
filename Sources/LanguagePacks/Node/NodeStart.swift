internal import PackCore
internal import Packs

/// The command that starts the program in the image: node, a file, and arguments without a shell.
struct NodeStart {
  private let request: PackRequest
  private let notes: PackNotes
  private let rules: NodeProgramRules
  private let program: NodeProgram
  private let packages: NodePackages
  private let toolchain: NodeToolchain
  private let port: (number: Int, source: String)?
  private let others: [NodePorts.Found]
  /// Of Next: the server that `output: "standalone"` leaves, with its own packages.
  let standalone: Bool
  /// The tool that starts it is among devDependencies, so these stay.
  let keepsDevelopment: Bool
  /// Relative to the project; nil for commands of packages.
  let file: String?

  private var launch: NodeLaunch { program.launch }

  init(
    request: PackRequest, notes: PackNotes, rules: NodeProgramRules, program: NodeProgram, packages: NodePackages,
    toolchain: NodeToolchain
  ) throws {
    self.request = request
    self.notes = notes
    self.rules = rules
    self.program = program
    self.packages = packages
    self.toolchain = toolchain
    let file: String? =
      switch program.launch.kind {
      case .file(let path): path
      case .nest: "dist/main.js"
      default: nil
      }
    self.file = try file.map { try Self.inside($0, program) }
    standalone = Self.isStandalone(program, rules)
    keepsDevelopment = Self.keepsDevelopment(program, rules, packages)
    (port, others) = Self.ports(request, rules, program, self.file)
  }

  /// The name of a command, and the package that it is of.
  private static func command(_ program: NodeProgram) -> (name: String, package: String)? {
    switch program.launch.kind {
    case .tool(let tool): (tool.name, tool.package)
    case .bin(let bin): (bin, bin)
    default: nil
    }
  }

  private static func isStandalone(_ program: NodeProgram, _ rules: NodeProgramRules) -> Bool {
    command(program)?.name == "next" && program.launch.arguments.count == 1
      && rules.nextOutput(in: program.directory)?.value == "standalone"
  }

  static func keepsDevelopment(_ program: NodeProgram, _ rules: NodeProgramRules, _ packages: NodePackages) -> Bool {
    guard let package = command(program)?.package, !isStandalone(program, rules) else { return false }
    let manifests = packages.own
    return !manifests.contains { $0.production[package] != nil }
      && manifests.contains { $0.devDependencies[package] != nil }
  }

  private static func inside(_ path: String, _ program: NodeProgram) throws -> String {
    guard let file = NodeModulePath.join(program.directory, path) else {
      throw PackRefusal(
        .projectError, "bad_path", "\(program.source): \(path) leaves the project",
        hint: "name a file of the project", at: NodeRefusal.location(program.source))
    }
    return file
  }

  // MARK: Ports

  private static func ports(
    _ request: PackRequest, _ rules: NodeProgramRules, _ program: NodeProgram, _ file: String?
  ) -> ((number: Int, source: String)?, [NodePorts.Found]) {
    if let declared = request.declaredPort { return ((declared, "unik.yaml"), []) }
    let words = program.launch.arguments.map { $0.literal ?? "" }
    for (index, word) in words.enumerated() {
      let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
      guard ["-p", "--port", "-l", "--listen", "-P"].contains(parts.first ?? "") else { continue }
      let value = parts.count == 2 ? parts[1] : index + 1 < words.count ? words[index + 1] : ""
      if let number = Int(value.split(separator: ":").last ?? ""), (1...65535).contains(number) {
        return ((number, program.source), [])
      }
    }
    if let value = program.launch.environment.first(where: { $0.name == "PORT" })?.value.literal,
      let number = Int(value)
    {
      return ((number, program.source), [])
    }
    if case .tool(let tool) = program.launch.kind, tool.role != .runner {
      return (tool.port.map { ($0, "\(tool.name)'s default") }, [])
    }
    var path = file
    if case .tool = program.launch.kind {
      path = program.launch.arguments.compactMap(\.literal).first { NodeScripts.isScript($0) }
    }
    guard let path else { return (nil, []) }
    let source =
      rules.paths.file(path, in: "") ?? rules.paths.source(of: path, in: program.directory)
      ?? rules.paths.source(of: path, in: "")
    guard let source else {
      let isFramework = [".output/", "build/index.js", "dist/server/entry.mjs"].contains { path.contains($0) }
      return (isFramework ? (path.contains("entry.mjs") ? 4321 : 3000, "the framework's default") : nil, [])
    }
    let found = NodePorts(rules.files, program: source).published
    return (found.first.map { ($0.number, "\($0.path):\($0.line)") }, found)
  }

  // MARK: The file

  /// Without a build the file must be there.
  func checkFile() throws {
    guard let file, !file.hasPrefix("node_modules/") else { return }
    if rules.paths.file(file, in: "") != nil { return }
    let made = rules.paths.source(of: file, in: program.directory)
    let isIgnored = rules.files.kind(file) != nil
    throw PackRefusal(
      .projectError, PackErrorCode.noProgram,
      "\(program.source) starts \(file), which "
        + (isIgnored ? "is ignored by .gitignore, so it is not part of the source" : "does not exist")
        + ", and no script \"build\" makes it",
      hint: made.map { "add the script that compiles \($0), for example \"build\": \"tsc\"" }
        ?? "add a script \"build\" that makes it, or start another file", at: NodeRefusal.location(program.source))
  }

  private func checkTypeScript() throws {
    guard let file, [".ts", ".mts", ".cts"].contains(where: file.hasSuffix), launch.flags.isEmpty,
      toolchain.version < SemanticVersion(22, 18)
    else { return }
    throw PackRefusal(
      .projectError, "typescript", "\(program.source): node \(toolchain.version) does not run TypeScript (\(file))",
      hint: "compile it (\"build\": \"tsc\") and start the .js file, or `npm install tsx` and start it with tsx",
      at: NodeRefusal.location(program.source))
  }

  // MARK: Into the plan

  func add(to plan: inout BuildPlan) throws {
    try checkTypeScript()
    var environment = ["NODE_ENV": "production", "HOST": "0.0.0.0"]
    for (name, value) in launch.environment where name != "PORT" {
      environment[name] = try expand(value)
    }
    let directory = program.directory.isEmpty ? "app" : "app/\(program.directory)"
    plan.workingDirectory = RootPath(directory) ?? RootPath(literal: "/app")
    plan.entrypoint = [toolchain.place.absolute] + launch.flags + (try command(directory, &environment))
    plan.environment = environment
    plan.ports = port.map { ["\($0.number)/tcp"] } ?? []
    if let port { plan.decisions.append(Decision(what: "port", value: "\(port.number)", source: port.source)) }
    for found in others.dropFirst() {
      plan.ports.append("\(found.number)/tcp")
      plan.decisions.append(Decision(what: "port", value: "\(found.number)", source: "\(found.path):\(found.line)"))
    }
    for found in others where found.isLoopback {
      notes.warn(
        "\(found.path):\(found.line) listens on the loopback address only; nothing outside can reach it",
        hint: "listen on \"0.0.0.0\"")
    }
    if case .tool(let tool) = launch.kind, tool.name == "next", let cache = RootPath("\(directory)/.next/cache") {
      plan.writable = [cache]
      plan.decisions.append(
        Decision(what: "writable", value: cache.absolute, source: "next keeps pages and images there"))
    }
  }

  private func command(_ directory: String, _ environment: inout [String: String]) throws -> [String] {
    if standalone {
      environment["HOSTNAME"] = "0.0.0.0"
      return ["server.js"]
    }
    switch launch.kind {
    case .tool(let tool):
      if tool.package == "next" { environment["HOSTNAME"] = "0.0.0.0" }
      return [binary(tool.name, tool.package)] + (try launch.arguments.map(expand)) + serverFlags(tool)
    case .bin(let name): return [binary(name, name)] + (try launch.arguments.map(expand))
    case .nest: return ["dist/main.js"]
    case .file(let path): return [path] + (try launch.arguments.map(expand))
    default: return []
    }
  }

  /// Servers that read neither PORT nor HOST are told by flags.
  private func serverFlags(_ tool: NodeTool) -> [String] {
    guard tool.role == .files || tool.name == "fastify" || tool.name == "json-server" else { return [] }
    let words = launch.arguments.map { $0.literal ?? "" }
    func has(_ flags: [String]) -> Bool {
      words.contains { word in flags.contains { word == $0 || word.hasPrefix("\($0)=") } }
    }
    var flags: [String] = []
    if let flag = tool.portFlag, let port, !has([flag, "-p", "--port", "-l", "--listen"]) {
      flags += [flag, String(port.number)]
    }
    if let flag = tool.hostFlag, !has([flag, "--host", "-H", "-a", "--address"]) { flags += [flag, "0.0.0.0"] }
    return flags
  }

  /// The command's file: a link in node_modules/.bin that leads to JavaScript.
  private func binary(_ name: String, _ package: String) -> String {
    var directory = packages.directory
    if !program.directory.isEmpty, packages.directory.isEmpty, ownsPackage(package) { directory = program.directory }
    return "/app/\(directory.isEmpty ? "" : directory + "/")node_modules/.bin/\(name)"
  }

  /// Whether the member has the package in a node_modules of its own.
  private func ownsPackage(_ package: String) -> Bool {
    let place = "\(program.directory)/node_modules/\(package)"
    switch packages.source {
    case .fetched(.pnpm, _): return program.manifest?.depends(on: package) ?? false
    case .fetched(.npm, let lock?):
      guard let path = RootPath(lock),
        let bytes = try? FileSystem.read(rules.files.root / path, limit: NodeLockCheck.limit),
        let read = try? NPMLock(bytes, path: lock)
      else { return false }
      return read.places.contains(place)
    case .committed: return rules.files.kind(place) != nil
    default: return false
    }
  }

  /// Variables that have a value before the program starts.
  private func expand(_ word: ShellLine.Word) throws -> String {
    var text = ""
    for part in word.parts {
      switch part {
      case .text(let piece): text += piece
      case .variable("PORT", _): text += String(port?.number ?? 8080)
      case .variable("HOST", _): text += "0.0.0.0"
      case .variable("NODE_ENV", _): text += "production"
      case .variable(_, let value?): text += value
      case .variable(let name, nil):
        throw PackRefusal(
          .projectError, "needs_shell",
          "\(program.source): $\(name) has no value before the program starts, and the image has no shell",
          hint: "read process.env.\(name) in the program, or write `run: {args: [...]}` in unik.yaml",
          at: NodeRefusal.location(program.source))
      }
    }
    return text
  }
}
