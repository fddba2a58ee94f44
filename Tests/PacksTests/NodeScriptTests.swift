import PackCore
import TestSupport
import XCTest

@testable import LanguagePacks

/// Command lines of scripts and Procfiles, read without a shell.
final class NodeScriptTests: XCTestCase {
  func testShellLines() {
    let line = ShellLine("A=1 B=\"two words\" node 'my file.js' --port $PORT --x=${Y:-z} && echo $(date) # end")
    XCTAssertEqual(line.commands.count, 2)
    let first = line.commands[0]
    XCTAssertEqual(first.environment.map { "\($0.name)=\($0.value.literal ?? "")" }, ["A=1", "B=two words"])
    XCTAssertEqual(first.literals, ["node", "my file.js", "--port"])
    XCTAssertEqual(first.words[3].parts, [.variable("PORT", default: nil)])
    XCTAssertEqual(first.words[4].parts, [.text("--x="), .variable("Y", default: "z")])
    XCTAssertNil(first.needsShell)
    XCTAssertEqual(line.commands[1].joint, .and)
    XCTAssertEqual(line.commands[1].needsShell, "$(…)")
    for (text, construct) in [("a > b", ">"), ("a *.js", "*"), ("a `b`", "`…`"), ("a \"b", "an open quote")] {
      XCTAssertEqual(ShellLine(text).commands.first?.needsShell, construct, text)
    }
    XCTAssertEqual(ShellLine("a | b || c ; d & e").commands.map(\.joint.rawValue), ["", "|", "||", ";", "&"])
  }

  func testRandomLinesNeverFail() {
    let seed = Fuzzing.seed(5)
    var random = SeededRandom(seed: seed)
    let pieces = [
      "node", " ", "'", "\"", "$", "${", "}", "&&", "|", ";", "\\", "`", "(", "a=b", "#", "\n", "npm run x", "é", "--",
    ]
    let scripts = NodeScripts(scripts: ["x": "npm run y", "y": "npm run x", "start": "node a.js"])
    for round in 0..<Fuzzing.rounds(3000) {
      let text = (0..<Int.random(in: 0...12, using: &random)).map { _ in pieces.randomElement(using: &random)! }
        .joined()
      let line = ShellLine(text)
      XCTAssertFalse(line.commands.contains { $0.words.isEmpty && $0.environment.isEmpty && $0.needsShell == nil })
      let launch = scripts.launch(line: text)
      if launch.isServing, case .file(let path) = launch.kind {
        XCTAssertFalse(path.isEmpty, "\(seed) \(round) \(text)")
      }
    }
  }

  private let scripts: [String: String] = [
    "start": "npm run serve:prod", "serve:prod": "NODE_ENV=production node --max-old-space-size=512 dist/index.js --a",
    "build": "tsc", "loop": "npm run loop", "dev": "nodemon --watch src server.js",
  ]

  func testWhatALineStarts() {
    let rows: [(line: String, expected: String)] = [
      ("npm start", "node dist/index.js --a"), ("yarn serve:prod", "node dist/index.js --a"),
      ("pnpm run serve:prod", "node dist/index.js --a"), ("node .", "node ."), ("node ./bin/www", "node ./bin/www"),
      ("npm run dev", "node server.js without nodemon"), ("cross-env NODE_ENV=production node a.js", "node a.js"),
      ("npx next start -p 4000", "next start -p 4000"), ("next dev", "development"), ("next", "development"),
      ("tsx watch src/a.ts", "tsx src/a.ts without watch"), ("ts-node src/a.ts", "ts-node src/a.ts"),
      ("nodemon -x ts-node src/a.ts", "ts-node src/a.ts without nodemon"), ("vite", "development"),
      ("vite preview", "vite preview"), ("serve -s build", "serve -s build"), ("react-scripts start", "development"),
      ("prisma migrate deploy && node a.js", "node a.js leaving prisma migrate deploy"),
      ("npm run build && node a.js", "node a.js building npm run build"),
      ("tsc && node a.js", "node a.js building tsc"),
      ("echo hi && node a.js", "node a.js leaving echo hi"),
      ("node a.js | pino-pretty", "node a.js leaving pino-pretty"), ("node a.js & node b.js", "several"),
      ("concurrently \"a\" \"b\"", "several"), ("./start.sh", "shell"), ("node a.js || node b.js", "shell"),
      ("node node_modules/webpack/bin/webpack.js --progress", "development"),
      ("NODE_ENV=production node_modules/webpack/bin/webpack.js", "development"),
      ("node ./node_modules/next/dist/bin/next start -p 80", "next start -p 80"),
      ("node node_modules/mine/server.js", "node node_modules/mine/server.js"), ("bun run index.ts", "bun"),
      ("bunx prisma", "bun"), ("bunx --bun expo start", "development"),
      ("bun run serve:prod", "node dist/index.js --a"),
      ("bundle exec puma", "foreign"), ("python app.py", "foreign"), ("gunicorn app:app", "foreign"),
      ("npm run start --workspace=api", "member api: npm run start"),
      ("yarn workspace api start", "member api: npm run start"),
      ("pnpm --filter ./apps/api start", "member apps/api: npm run start"),
      ("cd api && npm start", "member api: npm start"),
      ("turbo run start --filter=web", "member web: npm run start"), ("turbo run start", "several"),
      ("npm start --prefix server", "member server: npm run start"), ("nx serve api", "nx api"), ("nest start", "nest"),
      ("npm run loop", "script"), ("npm run nothing", "script"), ("mystery --fast", "unknown"),
      ("node -r dotenv/config a.js", "node a.js flags -r dotenv/config"), ("node --env-file=.env a.js", "node a.js"),
      ("dotenv -e .env -- node a.js", "node a.js without dotenv"), ("node -e 1", "shell"), ("", "unknown"),
    ]
    for row in rows {
      XCTAssertEqual(Self.describe(NodeScripts(scripts: scripts).launch(line: row.line)), row.expected, row.line)
    }
  }

  private static func describe(_ launch: NodeLaunch) -> String {
    let arguments = launch.arguments.compactMap(\.literal)
    var words: [String]
    switch launch.kind {
    case .file(let path): words = ["node", path] + arguments
    case .tool(let tool): words = [tool.name] + arguments
    case .bin(let name): words = [name] + arguments
    case .member(let name, let line): words = ["member \(name): \(line)"]
    case .nxProject(let name): words = ["nx", name]
    case .nest: words = ["nest"]
    case .bun: return "bun"
    case .unusable(let reason):
      switch reason {
      case .development: return "development"
      case .foreign: return "foreign"
      case .shell: return "shell"
      case .several: return "several"
      case .unknown: return "unknown"
      case .script: return "script"
      }
    }
    if !launch.flags.isEmpty, !launch.flags[0].hasPrefix("--max") { words += ["flags"] + launch.flags }
    words += launch.without.flatMap { ["without", $0] } + launch.builds.flatMap { ["building", $0] }
    words += launch.leftOut.flatMap { ["leaving", $0] }
    return words.joined(separator: " ")
  }

  func testPlacesInJSON() {
    let text = """
      {
        "name": "scripts", "x": [{"scripts": {"start": 1}}],
        "scripts": {"a\\"b": "start", "start": "node ."},
        "engines": {"node": "20"}
      }
      """
    let rows: [([String], Int?, Int?)] = [
      (["scripts", "start"], 3, 32), (["engines", "node"], 4, 15), (["name"], 2, 3), (["start"], nil, nil),
      (["scripts", "missing"], nil, nil),
    ]
    for (path, line, column) in rows {
      let found = JSONPlace.location(of: path, in: Array(text.utf8), named: "p")
      XCTAssertEqual(found?.line, line, "\(path)")
      XCTAssertEqual(found?.column, column, "\(path)")
    }
    var random = SeededRandom(seed: Fuzzing.seed(9))
    for _ in 0..<Fuzzing.rounds(500) {
      var bytes = Array(text.utf8)
      for _ in 0..<4 {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 32...126, using: &random)
      }
      let found = JSONPlace.location(of: ["scripts", "start"], in: bytes, named: "p")
      XCTAssertTrue((found?.line ?? 1) <= 6)
    }
  }

  func testPorts() {
    let rows: [(String, Int?)] = [
      ("app.listen(3000)", 3000), ("const port = process.env.PORT || 3001;", 3001), ("PORT ?? \"8081\"", 8081),
      ("server.listen({ port: 4000 })", 4000), ("const PORT = Number(process.env.PORT || 5000)", 5000),
      ("db: { port: 5432 }", nil), ("redis.connect(6379)", nil), ("report 2024", nil), ("listen(port)", nil),
      ("port: 3.5", nil), ("const port = 70000", nil),
    ]
    for (line, expected) in rows { XCTAssertEqual(NodePorts.port(line)?.number, expected, line) }
    XCTAssertEqual(
      NodePorts.imports("require('./a'); import x from \"../b.js\"; from './c'"), ["../b.js", "./a", "./c"])
  }
}
