import PackCore
import TestSupport
import XCTest

@testable import LanguagePacks
@testable import Packs

/// What `lib/facts` of the node pack reads off sources. Whole programs with what a person found in them:
/// Tests/Fixtures/facts-truth.
final class NodeFactsTests: XCTestCase {
  private typealias Facts = [String: SourceFact]
  /// One process for many programs: the reader is a module, which each address with a query loads anew.
  private static let driver = """
    import {pathToFileURL} from "node:url";
    const [reader, ...places] = process.argv.slice(1);
    const write = process.stdout.write.bind(process.stdout);
    for (const [index, place] of places.entries()) {
      process.chdir(`${place}/project`);
      process.argv[2] = `${place}/request.json`;
      process.stdout.write = text => write(text + "\\n");
      await import(`${pathToFileURL(reader)}?${index}`);
    }
    """

  private func read(_ programs: [(bench: Workbench, paths: [String], entries: [String])]) throws -> [Facts] {
    guard FileSystem.exists("/usr/share/nodejs/typescript") else {
      throw XCTSkip("node-typescript is not installed; `make deps` installs it")
    }
    for (bench, paths, entries) in programs {
      let request: JSONValue = ["files": JSONValue(strings: paths), "entries": JSONValue(strings: entries)]
      try bench.write(CanonicalJSON.string(request), "request.json")
    }
    let reader = "\(Workbench.firstParty)/40-node/lib/facts/index.mjs"
    let result = try Tools.run(
      "node", ["--input-type=module", "-e", Self.driver, reader] + programs.map { "\($0.bench.root)" },
      environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"])
    XCTAssertTrue(result.succeeded, result.errorText)
    XCTAssertEqual(result.errorText, "")
    let lines = result.outputText.split(separator: "\n")
    XCTAssertEqual(lines.count, programs.count)
    return try lines.map { line in
      let document = try JSONParser.parse(Array(line.utf8), name: "facts")
      let findings = try SourceFindings(method: "m", JSONReader(document))
      return Dictionary(findings.facts.map { ($0.kind, $0) }, uniquingKeysWith: { first, _ in first })
    }
  }

  private func program(_ files: [String: String], entries: [String] = ["a.js"]) throws -> (
    bench: Workbench, paths: [String], entries: [String]
  ) {
    let bench = try Workbench()
    for (path, text) in files { try bench.write(text, "project/\(path)") }
    return (bench, files.keys.sorted(), entries)
  }

  private func facts(_ files: [String: String], entries: [String] = ["a.js"]) throws -> Facts {
    try read([program(files, entries: entries)])[0]
  }

  private typealias Row = (source: String, values: [String], closed: ContractFact.Closure)

  private func check(_ kind: String, _ rows: [Row], line: UInt = #line) throws {
    for (row, facts) in zip(rows, try read(rows.map { try program(["a.js": $0.source]) })) {
      let found = try XCTUnwrap(facts[kind])
      XCTAssertEqual(found.values, row.values, row.source, line: line)
      XCTAssertEqual(found.closed, row.closed, "\(row.source): \(found.caveats)", line: line)
    }
  }

  /// The file that pm2 is started with is no program: what it names is.
  func testScriptsThatPm2Starts() throws {
    let settings = "module.exports = {apps: [{name: 'web', script: './src/server.js', instances: 2}]};"
    let found = try read([
      program(
        ["ecosystem.config.js": settings, "src/server.js": "require('express')().get('/a', h); process.env.A"],
        entries: ["ecosystem.config.js"]),
      program(["ecosystem.config.js": settings, "index.js": "process.env.B"], entries: ["ecosystem.config.js"]),
    ])
    XCTAssertEqual(found[0]["routes"]?.values, ["GET /a"])
    XCTAssertEqual(found[0]["env-optional"]?.values, ["A"])
    XCTAssertEqual(found[0]["env-optional"]?.closed, .closed)
    XCTAssertEqual(found[1]["env-optional"]?.values, ["B"])
    for (kind, fact) in found[1] { XCTAssertNotEqual(fact.closed, .closed, kind) }
  }

  /// Schemas and classes through which programs take their environment, and where the defaults in them go.
  func testDeclaredEnvironment() throws {
    let check = """
      import {plainToInstance} from "class-transformer";
      import {validateSync} from "class-validator";
      export function check(given, kind) {
        const made = plainToInstance(kind, given, {enableImplicitConversion: true});
        if (validateSync(made).length) throw new Error("the environment is wrong");
        return made;
      }
      """
    let variables = """
      import {IsInt, IsOptional, IsString, ValidateIf} from "class-validator";
      import {check} from "./check";
      class Variables {
        @IsString() SECRET: string;
        @IsInt() @IsOptional() LIMIT: number;
        @ValidateIf(all => all.LIMIT) @IsString() BUCKET: string;
        @IsInt() WORKERS = 4;
        plain: string;
      }
      check(process.env, Variables);
      """
    let validate = """
      import {plainToClass} from "class-transformer";
      import {IsString} from "class-validator";
      class Variables { @IsString() TOKEN: string; }
      export function validate(given: Record<string, unknown>) { return plainToClass(Variables, given); }
      """
    let found = try read([
      program(["a.ts": variables, "check.ts": check], entries: ["a.ts"]),
      program(["a.ts": validate], entries: ["a.ts"]),
      program([
        "a.js": """
        const {z} = require("zod"), app = require("express")();
        const parsed = z.object({PORT: z.coerce.number().default(8085), NAME: z.string()}).safeParse(process.env);
        const env = {...parsed.data, isTest: parsed.data.NAME === "test"};
        app.listen(env.PORT);
        """
      ]),
      program([
        "a.js": """
        const Joi = require("joi"), app = require("express")(), multer = require("multer");
        const {value: env} = Joi.object().keys({PORT: Joi.number().default(8086)}).validate(process.env);
        const settings = {port: env.PORT};
        multer({storage: multer.diskStorage({destination: "./uploads"})});
        app.listen(settings.port);
        """
      ]),
      program(["a.js": "process.env.PORT; require('express')().listen(process.env.PORT)"]),
    ])
    XCTAssertEqual(found[0]["env-required"]?.values, ["SECRET"])
    XCTAssertEqual(found[0]["env-optional"]?.values, ["BUCKET", "LIMIT", "WORKERS", "plain"])
    XCTAssertEqual(found[1]["env-required"]?.values, ["TOKEN"])
    XCTAssertEqual(found[2]["ports"]?.values, ["8085/tcp"])
    XCTAssertEqual(found[3]["ports"]?.values, ["8086/tcp"])
    XCTAssertEqual(found[3]["writes"]?.values, ["uploads"])
    XCTAssertEqual(found[4]["ports"]?.values, [])
    for facts in found[2...] { XCTAssertEqual(facts["ports"]?.closed, .open) }
  }

  func testEnvironment() throws {
    try check(
      "env-optional",
      [
        ("process.env.A; process.env['B']; const {C = 1, D: d} = process.env", ["A", "B", "C", "D"], .closed),
        ("const e = process.env; e.A; ('B' in e); e.C = 1; delete e.D", ["A", "B"], .closed),
        ("for (const n of ['A', 'B']) use(process.env[n])", ["A", "B"], .closed),
        ("const get = (n, d) => process.env[n] ?? d; get('A', 1); get('B')", ["A", "B"], .closed),
        ("const get = n => process.env[n]; names.map(get)", [], .open),
        ("process.env[name]", [], .open), ("const {A, ...rest} = process.env", ["A"], .open),
        ("run({...process.env})", [], .open), ("eval('process.env.' + x); process.env.A", ["A"], .unknown),
        ("require(x); process.env.A", ["A"], .unknown), ("inspect(process)", [], .open),
        ("import {env} from 'node:process'; env.A", ["A"], .closed),
        ("const process = {env: {}}; process.env.A", [], .closed),
      ])
    try check(
      "env-required",
      [
        ("if (!process.env.A) throw new Error()", ["A"], .closed),
        ("const a = process.env.A; if (a === undefined) process.exit(1)", ["A"], .closed),
        ("const get = n => { if (!process.env[n]) throw 1; return process.env[n] }; get('A')", ["A"], .closed),
        ("const fail = n => { throw n }; const a = process.env.A ?? fail('A')", ["A"], .closed),
        (
          "import {z} from 'zod'; z.object({A: z.string(), B: z.string().default('')}).parse(process.env)", ["A"],
          .closed
        ),
        ("if (process.env.A === 'x') throw 1; process.env.B || 'b'", [], .closed),
      ])
  }

  func testRoutes() throws {
    let app = "const app = require('express')();\n"
    try check(
      "routes",
      [
        (app + "app.get('/a/:id(\\\\d+)?', h); app.all('*', h); app.get('port')", ["* /{*}", "GET /a/{id}"], .closed),
        (app + "const r = require('express').Router(); r.get('/', h); app.use('/p', r)", ["GET /p"], .closed),
        (app + "app.route('/a').get(h).put(h)", ["GET /a", "PUT /a"], .closed),
        (app + "for (const m of ['get', 'post']) app[m]('/a', h)", ["GET /a", "POST /a"], .closed),
        (
          app + "const files = new Map([['/a', 'a.js'], ['/b', 'b.js']]);"
            + "for (const [path, file] of files) app.get(path, (q, s) => s.send(file))",
          ["GET /a", "GET /b"], .closed
        ),
        (
          "const Koa = require('koa'), r = require('koa-router')(); r.get('/a', h);"
            + "class App extends Koa { constructor() { super(); this.use(r.routes()) } } new App().listen(80)",
          ["GET /a"], .closed
        ),
        (app + "app[m]('/a', h)", [], .open), (app + "app.get(path, h)", [], .open),
        (app + "app.get(/a/, h)", [], .open), (app + "more(app)", [], .open),
        (app + "const get = app.get.bind(app); get('/a', h)", [], .open),
        (app + "app.use('/p', routers[0])", [], .open),
        ("const r = require('express').Router(); r.get('/a', h); module.exports = r", [], .open),
        (app + "require('unheard-of'); app.get('/a', h)", ["GET /a"], .unknown),
        (
          "const f = require('fastify')(); f.register(async (i) => { i.get('/a', h) }, {prefix: '/p'})", ["GET /p/a"],
          .closed
        ),
        ("const {Hono} = require('hono'); new Hono().basePath('/b').get('/a', h)", ["GET /b/a"], .closed),
        (
          "const R = require('@koa/router'); const K = require('koa'); const r = new R({prefix: '/p'}); "
            + "r.get('name', '/a', h); new K().use(r.routes())", ["GET /p/a"], .closed
        ),
      ])
  }

  func testNetworkAndFiles() throws {
    try check(
      "egress",
      [
        ("fetch('https://user:secret@a.example/x')", ["a.example"], .closed),
        ("const b = 'http://a.example:81'; fetch(`${b}/x/${y}`)", ["a.example:81"], .closed),
        ("fetch(`https://${h}/x`)", [], .open), ("fetch(u)", [], .open), ("load(fetch)", [], .open),
        ("fetch(process.env.U || 'https://a.example')", ["a.example"], .open),
        ("const u = 'https://a.example'; use(u)", [], .open),
        ("require('child_process').exec('x'); fetch('https://a.example')", ["a.example"], .unknown),
      ])
    try check(
      "ports",
      [
        ("require('http').createServer(h).listen(8080)", ["8080/tcp"], .closed),
        ("require('express')().listen(+process.env.PORT || 3000)", ["3000/tcp"], .open),
        ("const c = {web: {port: 81}}; require('fastify')().listen({port: c.web.port})", ["81/tcp"], .closed),
        ("require('http').createServer(h).listen()", [], .open),
      ])
    try check(
      "writes",
      [
        (
          "const fs = require('fs'), path = require('path'); fs.mkdirSync(path.join(__dirname, 'a', 'b'))", ["a/b"],
          .closed
        ),
        ("import {writeFile} from 'fs/promises'; writeFile('/a', '')", ["/a"], .closed),
        ("require('fs').writeFileSync(p, '')", [], .open), ("require('fs')[m]('/a')", [], .open),
      ])
  }

  func testFilesAreFollowed() throws {
    let found = try facts(
      [
        "src/main.ts": "import {routes} from '@app/routes'\nimport express from 'express'\nroutes(express())\n",
        "src/app/routes.ts":
          "import type {Express} from 'express'\nexport const routes = (a: Express) => a.get('/a', h)\n",
        "src/unused.ts": "process.env.UNUSED",
        "tsconfig.json": "{\"compilerOptions\": {\"paths\": {\"@app/*\": [\"src/app/*\"]}}}",
      ], entries: ["dist/main.js"])
    XCTAssertEqual(found["routes"]?.values, ["GET /a"])
    XCTAssertEqual(found["routes"]?.evidence.first?.path.description, "src/app/routes.ts")
    XCTAssertEqual(found["env-optional"]?.values, [], "a file that nothing loads is no part of the program")
  }

  /// Whatever a file is, the answer comes, and no list is whole.
  func testFilesThatCannotBeRead() throws {
    let deep = String(repeating: "[", count: 20_000) + String(repeating: "]", count: 20_000)
    let rows: [(String, String)] = [
      (deep, "is nested too deeply"), (String(repeating: "if(a){", count: 3000), "is nested too deeply"),
      (String(repeating: "a=1;", count: 50_000), "was written by a bundler"), ("a\0b", "holds zero bytes"),
      ("class { ) function", "has syntax that the parser does not know"),
      (String(repeating: "/**/\n", count: 1 << 20), "has more than 4 MiB"),
    ]
    for ((_, problem), found) in zip(rows, try read(rows.map { try program(["a.js": $0.0]) })) {
      for (kind, fact) in found {
        XCTAssertEqual(fact.closed, .unknown, "\(kind): \(problem)")
        XCTAssertTrue(fact.caveats.contains("a.js \(problem)"), "\(kind): \(fact.caveats)")
      }
    }
    let bench = try Workbench()
    try FileSystem.createLink(bench.project / "a.js", to: Array("a.js".utf8))
    XCTAssertEqual(try read([(bench, ["a.js"], ["a.js"])])[0]["routes"]?.caveats, ["a.js is a link to itself"])
    try FileSystem.createLink(bench.project / "c.js", to: Array("/etc/hostname".utf8))
    XCTAssertEqual(try read([(bench, ["c.js"], ["c.js"])])[0]["routes"]?.caveats, ["c.js is a link out of the project"])
  }

  /// Pieces of programs in any order: read without an error, and the same each time.
  func testMutatedSources() throws {
    let seed = Fuzzing.seed(21)
    var random = SeededRandom(seed: seed)
    let pieces = [
      "const ", "app", " = ", "require('express')", "()", ".get(", "'/a'", ", ", "h", ")", ";\n", "process.env", "[",
      "]", "{", "}", "...",
      "=>", "`${", "}`", "class A ", "extends ", "this.", "fetch(", "for (const x of ", "await ",
      "import x from './a.js'\n", "?.", "??", "||",
      "module.exports", "x", "function f(a) ", "return ", ".use(", ".listen(", "'p'", "1",
    ]
    let programs = try (0..<Fuzzing.rounds(12)).map { _ in
      let names = ["a.js", "b.ts", "c.mjs", "d.tsx"]
      let texts = names.map { _ in
        (0..<Int.random(in: 1...120, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
      }
      return try program(Dictionary(uniqueKeysWithValues: zip(names, texts)), entries: names)
    }
    let first = try read(programs).map { $0.mapValues(\.json) }
    let again = try read(programs.map { ($0.bench, $0.paths.reversed(), $0.entries.reversed()) })
    for (round, pair) in zip(first, again).enumerated() {
      XCTAssertEqual(pair.0, pair.1.mapValues(\.json), "seed \(seed) round \(round)")
    }
  }
}
