/// Reads what the scripts of a package.json start. Nothing runs here.
struct NodeScripts {
  let scripts: [String: String]
  /// Whether the project depends on the package that brings a command.
  let hasPackage: (String) -> Bool

  init(_ manifest: NodeManifest) {
    scripts = manifest.scripts
    hasPackage = manifest.depends
  }

  /// For a command line beside which there is no package.json.
  init(scripts: [String: String]) {
    self.scripts = scripts
    hasPackage = { _ in false }
  }

  /// What the script starts; nil when there is none of that name.
  func launch(_ name: String) -> NodeLaunch? {
    scripts[name].map { launch(line: $0, seen: [name]) }
  }

  func launch(line: String, seen: Set<String> = []) -> NodeLaunch {
    let commands = ShellLine(line).commands
    guard !commands.isEmpty else { return NodeLaunch(kind: .unusable(.unknown(line))) }
    if let odd = commands.first(where: { $0.joint == .or || $0.joint == .background }) {
      let background = odd.joint == .background
      return NodeLaunch(
        kind: .unusable(background ? .several(line) : .shell(line, because: odd.joint.rawValue)))
    }
    if commands.count == 1 { return launch(commands[0], line: line, seen: seen) }
    return compound(commands, line: line, seen: seen)
  }

  /// `a && b && node server.js`: the last command that starts a program is it; the others are sorted into what makes
  /// files and what is left out.
  private func compound(_ commands: [ShellLine.Command], line: String, seen: Set<String>) -> NodeLaunch {
    var directory = ""
    var found: NodeLaunch?
    var builds: [String] = []
    var leftOut: [String] = []
    var last: NodeLaunch?
    for command in commands {
      let words = command.literals
      if words.first == "cd", words.count == 2, command.joint != .pipe {
        directory = words[1]
        continue
      }
      if Self.isQuiet(words) {
        leftOut.append(command.text)
        continue
      }
      if command.joint != .pipe, NodeBuildCommand.makesFiles(words, scripts: scripts) {
        builds.append(command.text)
        continue
      }
      var launch = launch(command, line: command.text, seen: seen)
      if !directory.isEmpty {
        launch = NodeLaunch(kind: .member(directory, line: command.text))
      }
      last = launch
      if launch.isServing, command.joint != .pipe, !NodeBuildCommand.isTask(words) {
        if let earlier = found, !earlier.isFilesOnly { leftOut.append(line) }
        found = launch
      } else {
        leftOut.append(command.text)
      }
    }
    guard var launch = found ?? last else { return NodeLaunch(kind: .unusable(.unknown(line))) }
    guard found != nil else { return launch }
    launch.builds = builds + launch.builds
    launch.leftOut = leftOut.filter { $0 != line } + launch.leftOut
    return launch
  }

  private static func isQuiet(_ words: [String]) -> Bool {
    ["echo", "export", "set", "true", ":", "sleep", "clear", "printf", "wait-on", "wait-port"].contains(words.first)
  }

  private func launch(_ command: ShellLine.Command, line: String, seen: Set<String>) -> NodeLaunch {
    if let construct = command.needsShell { return .init(kind: .unusable(.shell(line, because: construct))) }
    var launch = launch(words: command.words, line: line, seen: seen, depth: 0)
    launch.environment = command.environment + launch.environment
    return launch
  }

  private func launch(words: [ShellLine.Word], line: String, seen: Set<String>, depth: Int) -> NodeLaunch {
    guard depth < 8, let first = words.first?.literal else { return .init(kind: .unusable(.unknown(line))) }
    let rest = Array(words.dropFirst())
    func again(_ words: [ShellLine.Word]) -> NodeLaunch {
      launch(words: words, line: line, seen: seen, depth: depth + 1)
    }
    let name = Self.commandName(first)
    switch name {
    case "node", "nodejs":
      let launch = node(rest, line: line)
      guard case .file(let path) = launch.kind, let tool = Self.installed(path) else { return launch }
      return self.tool(tool, launch.arguments, line: line, again)
    case "npm", "yarn", "pnpm", "bun": return NodeRunner(self, name, line: line, seen: seen).launch(rest)
    case "npx", "pnpx", "exec", "time": return again(Array(rest.drop { $0.literal?.hasPrefix("-") ?? false }))
    case "bunx":
      let launch = again(Array(rest.drop { $0.literal?.hasPrefix("-") ?? false }))
      switch launch.kind {
      case .unusable(.development), .unusable(.foreign): return launch
      default: return .init(kind: .bun(line))
      }
    case "env", "cross-env", "cross-env-shell": return assignments(rest, again)
    case "dotenv", "dotenvx", "env-cmd", "dotenv-flow", "op", "doppler", "infisical":
      let after = rest.firstIndex { $0.literal == "--" }.map { Array(rest[($0 + 1)...]) }
      var launch = again(after ?? Array(rest.drop { $0.literal?.hasPrefix("-") ?? false || $0.literal == "run" }))
      launch.without.append(name)
      return launch
    case "turbo", "lerna", "nx": return NodeRunner(self, name, line: line, seen: seen).workspace(rest)
    case "nest": return rest.first?.literal == "start" ? .init(kind: .nest) : .init(kind: .unusable(.development(line)))
    case "pm2": return .init(kind: .unusable(.several(line)))
    case "concurrently", "npm-run-all", "npm-run-all2", "run-p", "run-s", "foreman", "nf":
      return .init(kind: .unusable(.several(line)))
    default: break
    }
    if let tool = NodeTool.named(name) ?? Self.installed(first) { return self.tool(tool, rest, line: line, again) }
    if NodeTool.foreign.contains(first) || NodeTool.foreign.contains(name) {
      return .init(kind: .unusable(.foreign(line)))
    }
    if name.hasSuffix(".sh") || ["sh", "bash"].contains(name) {
      return .init(kind: .unusable(.shell(line, because: "a shell script")))
    }
    if first.hasPrefix("./") || first.contains("/"), Self.isScript(first) {
      return .init(kind: .file(first), arguments: rest)
    }
    guard hasPackage(name) || first.contains("node_modules/.bin/") else {
      return .init(kind: .unusable(.unknown(line)))
    }
    return .init(kind: .bin(name), arguments: rest)
  }

  /// `./node_modules/.bin/next` is `next`.
  private static func commandName(_ word: String) -> String {
    guard let cut = word.firstRange(of: "node_modules/.bin/") else { return word }
    return String(word[cut.upperBound...])
  }

  /// The tool of a package whose own file is named: `node_modules/webpack/bin/webpack.js`.
  private static func installed(_ path: String) -> NodeTool? {
    let parts = path.split(separator: "/")
    guard let start = parts.firstIndex(of: "node_modules"), start + 2 < parts.count else { return nil }
    let isScoped = parts[start + 1].hasPrefix("@")
    guard !isScoped || start + 3 < parts.count else { return nil }
    let package = isScoped ? "\(parts[start + 1])/\(parts[start + 2])" : String(parts[start + 1])
    return NodeTool.ofPackage(package)
  }

  static func isScript(_ path: String) -> Bool {
    [".js", ".mjs", ".cjs", ".ts", ".mts", ".cts"].contains { path.hasSuffix($0) }
  }

  private func assignments(_ words: [ShellLine.Word], _ again: ([ShellLine.Word]) -> NodeLaunch) -> NodeLaunch {
    var environment: [(name: String, value: ShellLine.Word)] = []
    var rest = words[...]
    while let word = rest.first, case .text(let text)? = word.parts.first, !text.hasPrefix("-"),
      let cut = text.firstIndex(of: "="), cut > text.startIndex
    {
      var value = word
      value.parts[0] = .text(String(text[text.index(after: cut)...]))
      environment.append((String(text[..<cut]), value))
      rest = rest.dropFirst()
    }
    var launch = again(Array(rest))
    launch.environment = environment + launch.environment
    return launch
  }

  private func tool(
    _ tool: NodeTool, _ rest: [ShellLine.Word], line: String, _ again: ([ShellLine.Word]) -> NodeLaunch
  ) -> NodeLaunch {
    switch tool.role {
    case .development: return .init(kind: .unusable(.development(line)))
    case .watcher: return watched(tool, rest, line: line, again)
    case .runner:
      let words = rest.filter { $0.literal != "watch" && $0.literal != "--watch" }
      var launch = NodeLaunch(kind: .tool(tool), arguments: words)
      if words.count < rest.count { launch.without.append("watch") }
      return launch
    case .server, .files:
      guard tool.verbs.isEmpty || tool.verbs.contains(rest.first?.literal ?? "") else {
        return .init(kind: .unusable(.development(line)))
      }
      return .init(kind: .tool(tool), arguments: rest)
    }
  }

  private static let watcherValues: Set<String> = [
    "-w", "--watch", "-e", "--ext", "-i", "--ignore", "--delay", "--config",
  ]

  /// `nodemon --watch src server.js` is `node server.js`, `nodemon -x "ts-node a.ts"` is that.
  private func watched(
    _ tool: NodeTool, _ rest: [ShellLine.Word], line: String, _ again: ([ShellLine.Word]) -> NodeLaunch
  ) -> NodeLaunch {
    var words = rest[...]
    var launch: NodeLaunch?
    while let word = words.first?.literal, word.hasPrefix("-") || word == "start" {
      words = words.dropFirst()
      if word == "-x" || word == "--exec", let command = words.first?.literal {
        launch = self.launch(line: command)
        launch?.arguments += words.dropFirst()
        break
      }
      if Self.watcherValues.contains(word) { words = words.dropFirst() }
    }
    var found = launch ?? again([.init("node")] + words)
    if launch == nil, words.first?.literal.map({ $0.hasSuffix(".ts") }) ?? false {
      found = again([.init("ts-node")] + words)
    }
    found.without.append(tool.name)
    return found
  }

  private static let flagsWithValue: Set<String> = [
    "-r", "--require", "--import", "--loader", "--experimental-loader", "-C", "--conditions", "--env-file",
    "--env-file-if-exists", "--icu-data-dir", "--max-http-header-size", "--title",
  ]

  private func node(_ words: [ShellLine.Word], line: String) -> NodeLaunch {
    var flags: [String] = []
    var rest = words[...]
    while let word = rest.first?.literal, word.hasPrefix("-") {
      rest = rest.dropFirst()
      if ["-e", "--eval", "-p", "--print", "--test", "-c", "--check"].contains(word) {
        return .init(kind: .unusable(.shell(line, because: word)))
      }
      // The image has no .env, and nobody changes its files.
      if word.hasPrefix("--env-file") || word.hasPrefix("--watch") || word.hasPrefix("--inspect") {
        if Self.flagsWithValue.contains(word) { rest = rest.dropFirst() }
        continue
      }
      flags.append(word)
      if Self.flagsWithValue.contains(word), let value = rest.first?.literal {
        flags.append(value)
        rest = rest.dropFirst()
      }
    }
    guard let file = rest.first?.literal, !file.isEmpty else { return .init(kind: .unusable(.unknown(line))) }
    return .init(kind: .file(file), flags: flags, arguments: Array(rest.dropFirst()))
  }
}
