/// `npm run x`, `yarn workspace api start`, `turbo run start --filter=web`: scripts that start scripts.
struct NodeRunner {
  private let scripts: NodeScripts
  private let tool: String
  private let line: String
  private let seen: Set<String>

  init(_ scripts: NodeScripts, _ tool: String, line: String, seen: Set<String>) {
    self.scripts = scripts
    self.tool = tool
    self.line = line
    self.seen = seen
  }

  private struct Request {
    var words: [String] = []
    /// After `--`.
    var passed: [ShellLine.Word] = []
    /// A member's name or directory.
    var member: String?
  }

  private static let memberFlags: Set<String> = [
    "--prefix", "-w", "--workspace", "--cwd", "--filter", "-F", "-C", "--dir", "--scope",
  ]

  private func read(_ words: [ShellLine.Word]) -> Request {
    var request = Request()
    var index = 0
    while index < words.count {
      guard let word = words[index].literal else { break }
      index += 1
      if word == "--" {
        request.passed = Array(words[index...])
        break
      }
      guard word.hasPrefix("-") else {
        request.words.append(word)
        // What follows the script's name is the script's, but for npm, which takes its own flags anywhere.
        continue
      }
      let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
      guard Self.memberFlags.contains(parts[0]) else { continue }
      if parts.count == 2 {
        request.member = parts[1]
      } else if index < words.count {
        request.member = words[index].literal
        index += 1
      }
    }
    return request
  }

  func launch(_ words: [ShellLine.Word]) -> NodeLaunch {
    var request = read(words)
    guard let first = request.words.first else {
      return .init(kind: .unusable(.development(line)))
    }
    if tool == "yarn", first == "workspace", request.words.count > 2 {
      request.member = request.words[1]
      request.words.removeFirst(2)
    }
    let verb = request.words[0]
    let isRun = verb == "run" || verb == "run-script" || verb == "rum"
    if !isRun, verb == "exec" || verb == "x" || verb == "dlx" {
      return tool == "bun" ? .init(kind: .bun(line)) : scripts.launch(line: rest(of: words, after: verb), seen: seen)
    }
    let name = isRun ? request.words.dropFirst().first ?? "" : verb
    if let member = request.member {
      return .init(kind: .member(Self.clean(member), line: "npm run \(name)"))
    }
    if scripts.scripts[name] == nil {
      if name == "start", tool == "npm" { return .init(kind: .file("server.js")) }
      if tool == "bun" { return .init(kind: .bun(line)) }
      if tool != "npm", !isRun { return scripts.launch(line: rest(of: words, after: nil), seen: seen) }
      return .init(kind: .unusable(.script(name)))
    }
    guard !seen.contains(name), seen.count < 8, let text = scripts.scripts[name] else {
      return .init(kind: .unusable(.script(name)))
    }
    var launch = scripts.launch(line: text, seen: seen.union([name]))
    launch.arguments += request.passed
    if tool != "npm" {
      // yarn and pnpm hand over what follows the name without a `--`.
      launch.arguments += extra(words, after: name)
    }
    return launch
  }

  private func extra(_ words: [ShellLine.Word], after name: String) -> [ShellLine.Word] {
    guard let index = words.firstIndex(where: { $0.literal == name }) else { return [] }
    let rest = words[(index + 1)...]
    return rest.contains { $0.literal == "--" } ? [] : Array(rest)
  }

  private func rest(of words: [ShellLine.Word], after verb: String?) -> String {
    var words = words[...]
    if let verb, let index = words.firstIndex(where: { $0.literal == verb }) { words = words[(index + 1)...] }
    return words.drop { $0.literal?.hasPrefix("-") ?? false }.compactMap(\.literal).joined(separator: " ")
  }

  /// `turbo run start --filter=web`, `lerna run start --scope api`, `nx serve api`.
  func workspace(_ words: [ShellLine.Word]) -> NodeLaunch {
    let request = read(words)
    if tool == "nx" {
      let verb = request.words.first ?? ""
      let target = request.words.dropFirst().first ?? ""
      if verb == "run" { return .init(kind: .nxProject(String(target.prefix { $0 != ":" }))) }
      return ["serve", "start"].contains(verb)
        ? .init(kind: .nxProject(target)) : .init(kind: .unusable(.development(line)))
    }
    let task = request.words.first == "run" ? request.words.dropFirst().first : request.words.first
    if let member = request.member, let task, task != "dev" {
      return .init(kind: .member(Self.clean(member), line: "npm run \(task)"))
    }
    return .init(kind: .unusable(task == "dev" ? .development(line) : .several(line)))
  }

  /// `./packages/api...`, `{apps/web}` → the member that is meant.
  private static func clean(_ text: String) -> String {
    var text = Substring(text)
    if text.hasPrefix("{"), text.hasSuffix("}") { text = text.dropFirst().dropLast() }
    while text.hasSuffix(".") || text.hasSuffix("/") { text = text.dropLast() }
    if text.hasPrefix("./") { text = text.dropFirst(2) }
    return String(text)
  }
}

/// Commands that stand before a program and make its files.
enum NodeBuildCommand {
  private static let compilers: Set<String> = [
    "tsc", "tsup", "webpack", "rollup", "esbuild", "swc", "babel", "vite", "parcel", "ncc", "unbuild", "sass", "rimraf",
    "copyfiles", "cpx", "mkdirp", "rm", "cp", "mkdir", "tsc-alias", "tailwindcss", "graphql-codegen",
  ]

  static func makesFiles(_ words: [String], scripts: [String: String]) -> Bool {
    var words = words[...]
    if ["npx", "yarn", "pnpm"].contains(words.first) { words = words.dropFirst() }
    if words.first == "npm" { words = words.dropFirst() }
    if words.first == "run" { words = words.dropFirst() }
    guard let first = words.first else { return false }
    let second = words.dropFirst().first
    if scripts[first] != nil { return first == "build" || first.hasPrefix("build:") || first == "compile" }
    if ["next", "nuxt", "nest", "remix", "react-router", "vite", "astro", "strapi"].contains(first) {
      return second == "build" || (first == "vite" && second == "build")
    }
    if first == "prisma" { return second == "generate" }
    return compilers.contains(first)
  }

  /// What a database or a queue needs before a program starts: never run on its own.
  static func isTask(_ words: [String]) -> Bool {
    let text = words.joined(separator: " ")
    let first = words.first ?? ""
    return ["prisma", "knex", "sequelize", "sequelize-cli", "typeorm", "drizzle-kit", "node-pg-migrate", "db-migrate"]
      .contains(first) || text.contains("migrat") || text.contains("seed") || text.contains("setup")
  }
}
