internal import PackCore
internal import Packs

/// Why there is no plan, and what to do.
enum NodeRefusal {
  /// The place of a program's source: `package.json:7 (scripts.start)`; nil for what the command line says.
  static func location(_ source: String) -> SourceLocation? {
    guard let cut = source.firstRange(of: " (") else { return nil }
    let parts = source[..<cut.lowerBound].split(separator: ":")
    return parts.first.map { SourceLocation(path: String($0), line: parts.count > 1 ? Int(parts[1]) : nil) }
  }

  /// The source without its place, for messages that have it as their location: `scripts.start`.
  static func rule(_ source: String) -> String {
    guard let cut = source.firstRange(of: " ("), let end = source[cut.upperBound...].firstIndex(of: ")") else {
      return source
    }
    return String(source[cut.upperBound..<end] + source[source.index(after: end)...])
  }

  static func unusable(_ reason: NodeLaunch.Reason, _ source: String, _ project: NodeProject) -> PackRefusal {
    let name = "options: {app: FILE.js}"
    let (code, message, hint): (String, String, String) =
      switch reason {
      case .development(let line):
        (
          PackErrorCode.noProgram, "`\(line)` is for writing and building code, not for production",
          "add the production command, for example \"start\": \"node server.js\", or write `\(name)` in unik.yaml"
        )
      case .foreign(let line):
        (
          PackErrorCode.noProgram, "`\(line)` starts no Node program",
          "write `pack: NAME` in unik.yaml for the language that it is in, or `\(name)` for the Node program"
        )
      case .shell(let line, let why):
        (
          "needs_shell", "`\(line)` needs a shell (\(why)), and the image has none",
          "write `\(name)` in unik.yaml with the file that node starts"
        )
      case .several(let line):
        (
          "several_processes", "`\(line)` starts several programs, and an image starts one",
          "write `\(name)` in unik.yaml with the one that answers requests"
        )
      case .unknown(let line):
        (
          "unknown_command", "`\(line)` starts neither node nor a command of the project's packages",
          "write `\(name)` in unik.yaml with the file that node starts, or add the package that brings the command"
        )
      case .script(let name):
        (
          "no_script", "the script \"\(name)\" does not exist, or starts itself",
          "add it to the scripts of package.json"
        )
      }
    return PackRefusal(.projectError, code, "\(rule(source)): \(message)", hint: hint, at: location(source))
  }

  static func bun(_ line: String, _ source: String) -> PackRefusal {
    PackRefusal(
      .toolchainMissing, "toolchain_bun",
      "\(rule(source)): `\(line)` runs under Bun, which is another runtime than Node",
      hint: "start it with node (\"start\": \"node FILE.js\", or tsx for TypeScript), or describe the build with "
        + "`build.command` and `artifact.path` in unik.yaml", at: location(source))
  }

  static func onlyFiles(_ manifest: NodeManifest, _ builder: String, _ output: String) -> PackRefusal {
    var hint =
      "`npm install serve`, add \"start\": \"serve -s \(output)\" to the scripts, and commit package.json and its lock"
    // These make pages or a server, by the adapter that is chosen.
    let adapter = ["@sveltejs/kit": "@sveltejs/adapter-node", "astro": "@astrojs/node"][builder]
    if let adapter {
      hint += "; for a server: `npm install \(adapter)`, and name it in the configuration of \(builder)"
    }
    return PackRefusal(
      .projectError, PackErrorCode.noProgram,
      "\(manifest.path) makes only files (\(builder) leaves them in \(output)), and nothing in it serves them",
      hint: hint, at: manifest.location("scripts", "build"))
  }

  static func noProgram(_ project: NodeProject) -> PackRefusal {
    guard let root = project.root else {
      return PackRefusal(
        .projectError, PackErrorCode.noProgram, "there is no package.json, and no file that node would start",
        hint: "write `options: {app: FILE.js}` in unik.yaml")
    }
    let main = root.main.map { "main names \($0), which does not exist; " } ?? ""
    let typeScript = project.files.names().first { $0.hasSuffix(".ts") && !$0.hasSuffix(".d.ts") }
    return PackRefusal(
      .projectError, PackErrorCode.noProgram,
      "\(main)no script \"start\", and no server.js or index.js: nothing says what to start",
      hint: typeScript.map {
        "compile and start \($0): \"build\": \"tsc\" and \"start\": \"node \($0.dropLast(3)).js\" in the scripts"
      } ?? "add \"start\": \"node FILE.js\" to the scripts of package.json",
      at: root.main == nil ? root.location() : root.location("main"))
  }

  static func noSuchProgram(_ app: String, _ project: NodeProject) -> PackRefusal {
    let known = project.members.map(\.directory)
    return PackRefusal(
      .projectError, PackErrorCode.noSuchProgram, "\(app) is no package, file or application of this project",
      hint: Suggestion.question(for: app, in: known)
        ?? (known.isEmpty ? "give the path of a .js file" : "there are: \(known.joined(separator: ", "))"))
  }
}
