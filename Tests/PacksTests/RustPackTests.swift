import PackCore
import TestSupport
import XCTest

@testable import LanguagePacks
@testable import Packs

/// The rust pack through the protocol: roles, choices, locks, toolchains, steps that build.
final class RustPackTests: XCTestCase {
  private static let hello = "fn main() {}\n"
  private static let listening = "fn main() { std::net::TcpListener::bind(\"0.0.0.0:3000\").unwrap(); }\n"

  private static func package(_ name: String, _ more: String = "") -> String {
    "[package]\nname = \"\(name)\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\(more)\n"
  }

  /// A project with those files; without a Cargo.toml among them, of a package "shop".
  private func project(_ files: [String: String]) throws -> Workbench {
    let bench = try Workbench()
    try bench.useToolsOfTheHost()
    // That packs run the same in the sandbox is tested elsewhere.
    bench.sandboxed = false
    if files["Cargo.toml"] == nil { try bench.write(Self.package("shop"), "project/Cargo.toml") }
    for (path, text) in files { try bench.write(text, "project/\(path)") }
    return bench
  }

  /// A compiler and a Cargo that only know their version, so that no test here needs a real one.
  private func useRust(_ bench: Workbench, _ release: String = "1.80.0") throws {
    let version = "rustc \(release)\\nrelease: \(release)\\nhost: x86_64-unknown-linux-gnu\\n\(bench.root)/rust\\n"
    try bench.write("#!/bin/sh\nprintf '\(version)'\n", "rust/bin/rustc", mode: 0o755)
    try bench.write("#!/bin/sh\n", "rust/bin/cargo", mode: 0o755)
    try bench.write("", "rust/lib/rustlib/x86_64-unknown-linux-gnu/lib/libstd.rlib")
    bench.environment["PATH"] = "\(bench.root)/rust/bin:/usr/bin:/bin"
  }

  private func planned(_ bench: Workbench, app: String? = nil, config: JSONValue? = nil, mode: BuildMode = .release)
    throws
    -> BuildPlan
  {
    try bench.plan(bench.input(config: config, app: app, mode: mode), pack: "rust")
  }

  // MARK: Which program

  func testRulesThatChoose() throws {
    let rows: [(what: String, files: [String: String], program: String)] = [
      ("main", ["src/main.rs": Self.hello], "shop ← src/main.rs (the only binary)"),
      (
        "named", ["src/main.rs": Self.hello, "src/bin/job.rs": Self.hello],
        "shop ← src/main.rs (the binary named as its package)"
      ),
      (
        "default-run",
        [
          "Cargo.toml": Self.package("shop", "default-run = \"job\""), "src/main.rs": Self.hello,
          "src/bin/job/main.rs": Self.hello,
        ], "job ← src/bin/job/main.rs (default-run of Cargo.toml)"
      ),
      (
        "server", ["src/bin/a.rs": Self.hello, "src/bin/b.rs": Self.listening, "src/bin/c.rs": Self.hello],
        "b ← src/bin/b.rs (the only binary that listens, in src/bin/b.rs)"
      ),
      (
        "declared",
        [
          "Cargo.toml": Self.package("shop", "autobins = false\n[[bin]]\nname = \"x\"\npath = \"x.rs\""),
          "x.rs": Self.hello, "src/main.rs": Self.hello,
        ], "x ← x.rs (the only binary)"
      ),
      (
        "Procfile", ["Procfile": "web: ./target/release/job", "src/main.rs": Self.hello, "src/bin/job.rs": Self.hello],
        "job ← src/bin/job.rs (Procfile:1 starts job)"
      ),
      (
        "no tool", ["src/bin/xtask.rs": Self.hello, "src/bin/job.rs": Self.hello],
        "job ← src/bin/job.rs (the only binary that is no tool, test or example)"
      ),
      (
        "an example alone",
        [
          "Cargo.toml": "[workspace]\nmembers = [\"example/*\"]",
          "example/a/Cargo.toml": Self.package("a"), "example/a/src/main.rs": Self.hello,
        ],
        "a ← example/a/src/main.rs (the only binary)"
      ),
    ]
    for row in rows {
      let bench = try project(row.files)
      try useRust(bench)
      XCTAssertEqual(try planned(bench).decision("program"), row.program, row.what)
    }
  }

  func testWorkspaces() throws {
    let members = [
      "crates/api/Cargo.toml": Self.package("api"), "crates/api/src/main.rs": Self.hello,
      "crates/cli/Cargo.toml": Self.package("cli"), "crates/cli/src/main.rs": Self.hello,
      "crates/lib/Cargo.toml": Self.package("lib"), "crates/lib/src/lib.rs": "",
      "crates/old/Cargo.toml": Self.package("old"), "crates/old/src/main.rs": Self.listening,
    ]
    func root(_ more: String) -> [String: String] {
      members.merging(["Cargo.toml": "[workspace]\nmembers = [\"crates/*\"]\nexclude = [\"crates/old\"]\n\(more)\n"]) {
        $1
      }
    }
    let several = try project(root(""))
    try useRust(several)
    let refused = try failure { try planned(several) }
    XCTAssertEqual(refused.exit, .severalCandidates)
    XCTAssertEqual(
      refused.details["candidates"]?.array?.compactMap { $0["app"]?.string }, ["crates/api", "crates/cli"])
    for app in ["crates/cli", "./crates/cli/", "cli", "crates/cli:cli", "crates/cli/src/main.rs"] {
      XCTAssertEqual(
        try planned(several, app: app).decision("program"), "cli ← crates/cli/src/main.rs (asked for)", app)
    }
    let unknown = try failure { try planned(several, app: "crates/clj") }
    XCTAssertEqual(unknown.code, "no_such_program")
    XCTAssertTrue(unknown.hint?.contains("did you mean \"crates/cli\"") ?? false, unknown.description)

    let rows: [(String, String, JSONValue?)] = [
      ("default-members = [\"crates/cli\"]", "cli ← crates/cli/src/main.rs (the only binary of default-members)", nil),
      (
        "[workspace.package]\nrepository = \"https://example.com/me/api.git\"",
        "api ← crates/api/src/main.rs (named as its repository)", nil
      ),
      ("", "cli ← crates/cli/src/main.rs (named as the project)", ["name": "cli"]),
    ]
    for (more, program, config) in rows {
      let bench = try project(root(more))
      try useRust(bench)
      XCTAssertEqual(try planned(bench, config: config).decision("program"), program, more)
    }
    let build = try XCTUnwrap(planned(several, app: "cli").step("build"))
    XCTAssertTrue(build.argv.contains("${source}/crates/cli/Cargo.toml"))
  }

  func testRoles() throws {
    let pyo3 = Self.package("fast", "[lib]\ncrate-type = [\"cdylib\"]\n[dependencies]\npyo3 = \"0.20\"")
    let rows: [(what: String, files: [String: String], role: DetectRole?)] = [
      ("a program", ["src/main.rs": Self.hello], .program), ("a library", ["src/lib.rs": ""], .library),
      ("a library with a tool", ["src/lib.rs": "", "src/bin/xtask.rs": Self.hello], .library),
      (
        "an extension", ["Cargo.toml": pyo3, "src/lib.rs": "", "pyproject.toml": "[project]\nname = \"x\"\n"],
        .supporting
      ),
      (
        "an extension with a helper",
        [
          "Cargo.toml": pyo3, "src/lib.rs": "", "src/bin/stubs.rs": Self.hello,
          "pyproject.toml": "[project]\nname = \"x\"\n",
        ], .supporting
      ),
      ("assets beside it", ["src/main.rs": Self.hello, "package.json": "{}"], .program),
      (
        "a device", ["src/main.rs": Self.hello, ".cargo/config.toml": "[build]\ntarget = \"thumbv7em-none-eabihf\"\n"],
        .library
      ),
      ("a browser", ["src/main.rs": Self.hello, "Trunk.toml": ""], .library),
      ("another's Procfile", ["src/main.rs": Self.hello, "Procfile": "web: gunicorn app:app\n"], .supporting),
      (
        "a member alone",
        ["Cargo.toml": "[package]\nname = \"a\"\nedition.workspace = true\n", "src/main.rs": Self.hello], .program
      ),
      (
        "no source",
        ["Cargo.toml": Self.package("a", "[[bin]]\nname = \"b\"\npath = \"gone.rs\""), "src/main.rs": Self.hello],
        .program
      ),
    ]
    for row in rows {
      let bench = try project(row.files)
      let detection = try bench.host(packs: Workbench.firstParty).detect(bench.input(), in: bench.catalog())
      let verdict = detection.verdicts.first { $0.pack.name == "rust" }
      XCTAssertEqual(verdict?.result?.role, row.role, row.what)
    }
  }

  // MARK: Refusals

  func testRefusalsSayWhereAndWhatNext() throws {
    let rows: [(files: [String: String], code: String, place: String?, hint: String)] = [
      (
        ["Cargo.toml": "[package]\nname = \"a\"\nedition.workspace = true\n", "src/main.rs": Self.hello],
        "no_workspace",
        "Cargo.toml:3:1", "packc build WORKSPACE --app a"
      ),
      (
        ["Cargo.toml": Self.package("a", "workspace = \"..\""), "src/main.rs": Self.hello], "no_workspace",
        "Cargo.toml:5:13", "--app a"
      ),
      (
        ["Cargo.toml": Self.package("a", "[dependencies]\nb = { path = \"../b\" }"), "src/main.rs": Self.hello],
        "outside_project", "Cargo.toml:6:5", "--app a"
      ),
      (
        ["Cargo.toml": Self.package("a", "[dependencies]\nb = \"1\""), "src/main.rs": Self.hello], "lock_missing",
        "Cargo.toml:6:5", "cargo generate-lockfile"
      ),
      (
        [
          "Cargo.toml": Self.package("a", "[dependencies]\nb = \"1\""), "src/main.rs": Self.hello, "Cargo.lock": "",
          ".gitignore": "/target\nCargo.lock\n",
        ], "lock_missing", ".gitignore:2", "take the line out of .gitignore"
      ),
      (
        [
          "Cargo.toml": Self.package("a", "[dependencies]\nb = \"2\""), "src/main.rs": Self.hello,
          "Cargo.lock": Self.lock("1.0.0"),
        ], "lock_outdated", "Cargo.toml:6:5", "cargo update --workspace"
      ),
      (["src/lib.rs": ""], "no_program", "Cargo.toml", "src/main.rs"),
      (["Cargo.toml": "[workspace]\nmembers = [\"gone\"]\n"], "no_such_member", "Cargo.toml:1:1", "members"),
      (
        [
          "Cargo.toml": "[workspace]\nmembers = [\"libs/gone\"]\n",
          ".gitmodules": "[submodule \"x\"]\n\tpath = libs/gone\n",
        ],
        "no_such_member", "Cargo.toml:1:1", "git submodule update --init"
      ),
      (["Cargo.toml": "[profile.release]\nlto = true\n"], "bad_manifest", "Cargo.toml:1", "cargo init"),
      (["Cargo.toml": "[package\n"], "bad_toml", "Cargo.toml:1:9", ""),
      (
        ["Cargo.toml": Self.package("a", "[[bin]]\nname = \"b\"\npath = \"gone.rs\""), "src/main.rs": Self.hello],
        "no_such_file", "Cargo.toml:5:1", "path"
      ),
      (
        ["src/main.rs": Self.hello, ".cargo/config.toml": "[build]\ntarget = \"x86_64-unknown-linux-musl\"\n"],
        "toolchain_missing", ".cargo/config.toml:2:10", "rustup target add x86_64-unknown-linux-musl"
      ),
    ]
    for row in rows {
      let bench = try project(row.files)
      try useRust(bench)
      let found = try failure { try bench.plan(bench.input(), pack: "rust") }
      XCTAssertEqual(found.code, row.code, "\(found)")
      XCTAssertEqual(found.location?.description, row.place, "\(found)")
      XCTAssertTrue(row.hint.isEmpty || found.hint?.contains(row.hint) ?? false, "\(found)")
      if row.code.hasPrefix("lock_") { XCTAssertEqual(found.exit, .lock) }
    }
  }

  // MARK: Packages

  private static func lock(_ version: String) -> String {
    """
    version = 3

    [[package]]
    name = "a"
    version = "0.1.0"
    dependencies = [
     "b",
    ]

    [[package]]
    name = "b"
    version = "\(version)"
    source = "registry+https://github.com/rust-lang/crates.io-index"
    checksum = "\(String(repeating: "0a", count: 32))"

    """
  }

  func testWherePackagesComeFrom() throws {
    let files = [
      "Cargo.toml": Self.package("a", "[dependencies]\nb = \"1\""), "src/main.rs": Self.hello,
      "Cargo.lock": Self.lock("1.0.0"),
    ]
    let fetched = try project(files)
    try useRust(fetched)
    let plan = try planned(fetched)
    XCTAssertEqual(plan.steps.map(\.id), ["fetch", "dependencies", "build"])
    XCTAssertEqual(plan.steps.map(\.network), [true, false, false])
    XCTAssertEqual(plan.step("dependencies")?.inputs, ["Cargo.lock", "Cargo.toml", "${work}/cargo"])
    XCTAssertEqual(
      plan.step("dependencies")?.files["${work}/skeleton.txt"],
      "copy Cargo.lock\ncopy Cargo.toml\nmain src/main.rs\nown a\n")
    XCTAssertEqual(plan.step("fetch")?.inputs, ["Cargo.lock", "Cargo.toml"])
    XCTAssertEqual(plan.decision("packages"), "1 fetched by hash ← Cargo.lock")
    XCTAssertEqual(plan.lockFiles.map(\.path.description), ["Cargo.lock"])
    XCTAssertTrue(plan.step("build")?.argv.contains("--frozen") ?? false)

    let vendored = try project(files.merging(["vendor/b/.cargo-checksum.json": "{}"]) { $1 })
    try useRust(vendored)
    XCTAssertEqual(
      try planned(vendored).decision("packages"), "vendored in vendor ← vendor (packages with their checksums)")
    XCTAssertTrue(try planned(vendored).step("build")?.argv.contains("--config") ?? false)

    // Source of the project that others are compiled with is no input of that step.
    try vendored.write(
      Self.package("a", "[dependencies]\nb = \"1\"\n[patch.crates-io]\nc = { path = \"c\" }"), "project/Cargo.toml")
    XCTAssertEqual(try planned(vendored).steps.map(\.id), ["build"])

    let configured = try project(
      files.merging([
        ".cargo/config.toml":
          "[source.crates-io]\nreplace-with = \"own\"\n[source.own]\ndirectory = \"third\"\n",
        "third/b/.cargo-checksum.json": "{}",
      ]) { $1 })
    try useRust(configured)
    XCTAssertEqual(try planned(configured).decision("packages"), "vendored in third ← .cargo/config.toml:4:13")
    try FileSystem.removeTree(configured.project / "third/b")
    let incomplete = try failure { try planned(configured) }
    XCTAssertEqual(incomplete.code, "vendor_incomplete")
    XCTAssertTrue(incomplete.message.contains("b 1.0.0"))

    let debug = try project(files.filter { $0.key != "Cargo.lock" })
    try useRust(debug)
    let loose = try planned(debug, mode: .debug)
    XCTAssertTrue(debug.told.contains { $0.contains("Cargo.lock") }, "\(debug.told)")
    XCTAssertEqual(loose.steps.map(\.id), ["fetch", "dependencies", "build"])
    XCTAssertEqual(loose.artifacts.first?.path, "${work}/target/x86_64-unknown-linux-gnu/debug/a")
  }

  func testComponentsAreThoseOfTheLock() throws {
    let bench = try project([
      "Cargo.toml": Self.package("a", "[dependencies]\nb = \"1\""), "src/main.rs": Self.hello,
      "Cargo.lock": Self.lock("1.0.0+up"),
    ])
    let pack = try XCTUnwrap(bench.catalog().pack(named: "rust"))
    let found = try bench.host(packs: Workbench.firstParty).components(pack, of: bench.input())
    XCTAssertEqual(found.map(\.purl), ["pkg:cargo/b@1.0.0%2Bup"])
    XCTAssertEqual(found.first?.hashes, ["SHA-256": String(repeating: "0a", count: 32)])
  }

  // MARK: Running

  func testWhatFrameworksAreTold() throws {
    let bench = try project([
      "Cargo.toml": Self.package("a", "[dependencies]\nrocket = { path = \"rocket\" }"),
      "rocket/Cargo.toml": Self.package("rocket"), "rocket/src/lib.rs": "",
      "src/main.rs": "fn main() { std::env::var(\"HOST\"); }\n", "Rocket.toml": "[default]\nport = 9001\n",
    ])
    try useRust(bench)
    let plan = try planned(bench)
    XCTAssertEqual(plan.environment, ["ROCKET_ADDRESS": "0.0.0.0", "HOST": "0.0.0.0"])
    XCTAssertEqual(plan.ports, ["9001/tcp"])
    XCTAssertEqual(plan.decision("port"), "9001 ← Rocket.toml:2")
    XCTAssertEqual(plan.artifacts.map(\.destination.absolute), ["/app/a", "/app/Rocket.toml"])
    let declared = try planned(bench, config: ["run": ["ports": ["7000/tcp"]]])
    XCTAssertEqual(declared.environment["ROCKET_PORT"], "7000")
  }

  func testAProcfileGivesArguments() throws {
    let rows: [(String, [String], [String: String])] = [
      ("web: ./target/release/shop serve --port $PORT", ["/app/shop", "serve", "--port", "8080"], [:]),
      ("web: ROCKET_PORT=$PORT target/release/shop", ["/app/shop"], ["ROCKET_PORT": "8080"]),
      ("web: cargo run --release --bin shop -- -v", ["/app/shop", "-v"], [:]),
      ("web: ./target/release/shop $(hostname)", ["/app/shop"], [:]),
      ("worker: ./target/release/shop x", ["/app/shop"], [:]),
    ]
    for (line, entrypoint, environment) in rows {
      let bench = try project(["src/main.rs": Self.hello, "Procfile": line + "\n"])
      try useRust(bench)
      let plan = try planned(bench)
      XCTAssertEqual(plan.entrypoint, entrypoint, line)
      XCTAssertEqual(plan.environment, environment, line)
      XCTAssertEqual(bench.told.contains { $0.contains("needs a shell") }, line.contains("hostname"), line)
    }
  }

  // MARK: Toolchain

  func testVersionsOfTheHost() throws {
    let rows: [(files: [String: String], host: String, problem: String?)] = [
      (["rust-toolchain.toml": "[toolchain]\nchannel = \"1.75\"\n"], "1.75.3", nil),
      (["rust-toolchain.toml": "[toolchain]\nchannel = \"1.75\"\n"], "1.80.0", "rust-toolchain.toml:2:11"),
      (["rust-toolchain.toml": "[toolchain]\nchannel = \"stable\"\n"], "1.80.0", nil),
      (["rust-toolchain.toml": "[toolchain]\nchannel = \"nightly\"\n"], "1.80.0-nightly", nil),
      (["rust-toolchain.toml": "[toolchain]\ncomponents = [\"clippy\"]\n"], "1.80.0", nil),
      (["rust-toolchain": "nightly-2024-08-12\n"], "1.80.0", "rust-toolchain:1"),
      (["rust-toolchain": "1.80.0\n"], "1.80.0", nil),
      ([".tool-versions": "rust 1.70.0\n"], "1.80.0", ".tool-versions:1"),
      (["Cargo.toml": Self.package("a", "rust-version = \"1.85\"")], "1.84.9", "Cargo.toml:5:16"),
      (["Cargo.toml": Self.package("a", "rust-version = \"1.85\"")], "1.85.0-nightly", nil),
      (
        [
          "Cargo.toml": "[workspace]\nmembers = [\"a\"]\n[workspace.package]\nrust-version = \"1.99\"\n",
          "a/Cargo.toml": Self.package("a", "rust-version.workspace = true"), "a/src/main.rs": Self.hello,
        ], "1.80.0",
        "Cargo.toml:4:16"
      ),
    ]
    for row in rows {
      let bench = try project(row.files.merging(["src/main.rs": Self.hello]) { $1 })
      try useRust(bench, row.host)
      guard let place = row.problem else {
        XCTAssertNoThrow(try planned(bench), "\(row)")
        continue
      }
      let found = try failure { try planned(bench) }
      XCTAssertEqual(found.code, "toolchain_version", "\(row)")
      XCTAssertEqual(found.exit, .toolchain)
      XCTAssertEqual(found.location?.description, place, "\(row)")
      XCTAssertTrue(found.hint?.contains("rustup toolchain install") ?? false)
      XCTAssertNoThrow(try planned(bench, mode: .debug), "a warning in debug: \(row)")
      XCTAssertTrue(bench.told.contains { $0.contains("asks for Rust") })
    }
  }

  /// rustup's proxies are looked through: what is named in the plan is the compiler itself.
  func testRustup() throws {
    let bench = try project(["src/main.rs": Self.hello])
    let home = "rustup/.rustup/toolchains"
    for (name, release) in [("stable", "1.80.0"), ("1.75", "1.75.0"), ("nightly", "1.82.0-nightly")] {
      let root = "\(home)/\(name)-x86_64-unknown-linux-gnu"
      let version = "release: \(release)\\nhost: x86_64-unknown-linux-gnu\\n\(bench.root)/\(root)\\n"
      try bench.write("#!/bin/sh\nprintf '\(version)'\n", "\(root)/bin/rustc", mode: 0o755)
      try bench.write("#!/bin/sh\n", "\(root)/bin/cargo", mode: 0o755)
      try bench.write("", "\(root)/lib/rustlib/x86_64-unknown-linux-gnu/lib/x")
    }
    try bench.write("default_toolchain = \"stable-x86_64-unknown-linux-gnu\"\n", "rustup/.rustup/settings.toml")
    for name in ["rustup", "rustc", "cargo"] {
      try bench.write("#!/bin/sh\nexit 1\n", "rustup/.cargo/bin/\(name)", mode: 0o755)
    }
    bench.environment["PATH"] = "\(bench.root)/rustup/.cargo/bin:/usr/bin:/bin"
    func toolchain(_ files: [String: String]) throws -> String {
      for (path, text) in files { try bench.write(text, "project/\(path)") }
      let plan = try planned(bench)
      XCTAssertEqual(plan.toolchains.first?.path.name, "rustc")
      return plan.decision("rust") ?? ""
    }
    XCTAssertEqual(try toolchain([:]), "1.80.0 ← rustup's default toolchain")
    XCTAssertEqual(try toolchain(["rust-toolchain": "1.75\n"]), "1.75.0 ← rust-toolchain:1 asks for 1.75")
    XCTAssertEqual(try toolchain(["rust-toolchain": "1.75.0\n"]), "1.75.0 ← rust-toolchain:1 asks for 1.75.0")
    XCTAssertEqual(try toolchain(["rust-toolchain": "nightly\n"]), "1.82.0-nightly ← rust-toolchain:1 asks for nightly")
    bench.environment["RUSTUP_TOOLCHAIN"] = "nightly"
    try FileSystem.removeFile(bench.project / "rust-toolchain")
    XCTAssertEqual(try toolchain([:]), "1.82.0-nightly ← RUSTUP_TOOLCHAIN")
  }

  func testWithoutAToolchain() throws {
    let bench = try project(["src/main.rs": Self.hello])
    try FileSystem.createDirectory(bench.root / "few")
    for name in ["sh", "cat"] { try FileSystem.createLink(bench.root / "few" / name, to: Array("/bin/\(name)".utf8)) }
    bench.environment["PATH"] = "\(bench.root)/few"
    let missing = try failure { try planned(bench) }
    XCTAssertEqual(missing.exit, .toolchain)
    XCTAssertTrue(missing.hint?.contains("apt-get install cargo") ?? false, missing.description)
    try useRust(bench)
    bench.environment["PATH"] = "\(bench.root)/rust/bin:\(bench.root)/few"
    XCTAssertTrue(try failure { try planned(bench) }.hint?.contains("apt-get install gcc") ?? false)
  }

  // MARK: Building

  /// A workspace with a vendored package that has a build script, built by the real Cargo in two directories.
  func testAVendoredPackageIsBuiltToTheSameBytes() throws {
    var digests: [Digest] = []
    for place in [1, 2] {
      let bench = try project(RustFixture.vendored)
      guard bench.context.findTool("cargo") != nil, bench.context.findTool("rustc") != nil else {
        throw XCTSkip("cargo is not installed; `make deps` installs it")
      }
      let plan = try planned(bench)
      for step in plan.steps {
        let result = try bench.run(step, pack: "rust")
        XCTAssertTrue(result.succeeded, result.errorText)
        let compiled = result.errorText.split(separator: "\n").filter { $0.contains("Compiling") }.map(String.init)
        XCTAssertEqual(compiled.contains { $0.contains("greet") }, step.id == "dependencies", "once, and ahead")
      }
      let program =
        bench.root / "work/target" / (plan.decision("target")?.split(separator: " ").first.map(String.init) ?? "")
        / "release/app"
      XCTAssertEqual(try ProcessRunner().run(Command([program.description])).outputText, "hello from greet\n")
      let text = String(decoding: try FileSystem.read(program), as: UTF8.self)
      XCTAssertFalse(text.contains(bench.root.description), "the program names the directory of build \(place)")
      digests.append(try FileSystem.digest(of: program))
    }
    XCTAssertEqual(digests.first, digests.last)
  }

  func testOptions() throws {
    let bench = try project(["Cargo.toml": Self.package("a", "[features]\nx = []\ny = []"), "src/main.rs": Self.hello])
    try useRust(bench)
    let options: JSONValue = [
      "options": ["features": ["x", "y"], "no-default-features": true, "profile": "small", "static": true]
    ]
    let plan = try planned(bench, config: options)
    let build = try XCTUnwrap(plan.step("build"))
    let line = build.argv.joined(separator: " ")
    XCTAssertTrue(line.contains("--profile small --offline --target x86_64-unknown-linux-gnu"), line)
    XCTAssertTrue(line.hasSuffix("--features x,y --no-default-features"), line)
    XCTAssertEqual(build.environment["PACKC_TARGET_FLAGS"], "-Ctarget-feature=+crt-static")
    XCTAssertEqual(build.outputs.map(\.description), ["target/x86_64-unknown-linux-gnu/small/a"])
  }

  /// A directory that is named relative to the package at compile time is at that place in the image.
  func testManifestDirectory() throws {
    let bench = try project([
      "Cargo.toml": "[workspace]\nmembers = [\"web\"]\n", "web/Cargo.toml": Self.package("web"), "web/pages/a.html": "",
      "web/src/main.rs": "fn main() { let _ = std::path::Path::new(env!(\"CARGO_MANIFEST_DIR\")).join(\"pages\"); }\n",
    ])
    try useRust(bench)
    let plan = try planned(bench)
    XCTAssertEqual(
      plan.artifacts.map(\.destination.absolute),
      ["/app/web/web", "/app/web/pages"].map { $0 == "/app/web/web" ? "/usr/local/bin/web" : $0 })
    XCTAssertEqual(plan.step("build")?.mounts, [RootPath(literal: "/app"): "${source}"])
    XCTAssertTrue(plan.step("build")?.argv.contains("/app/web/Cargo.toml") ?? false)
    XCTAssertEqual(plan.workingDirectory.absolute, "/app/web")
  }
}

/// A program of two packages, one of them vendored as `cargo vendor` leaves it.
enum RustFixture {
  private static let library = "pub fn hello() -> &'static str {\n    env!(\"GREETING\")\n}\n"
  private static let script = "fn main() {\n    println!(\"cargo:rustc-env=GREETING=hello from greet\");\n}\n"
  private static let manifest =
    "[package]\nname = \"greet\"\nversion = \"1.0.3\"\nedition = \"2021\"\nbuild = \"build.rs\"\n"
  private static let archive = digest("greet-1.0.3.crate")

  static var vendored: [String: String] {
    [
      "Cargo.toml": "[workspace]\nmembers = [\"app\"]\nresolver = \"2\"\n\n[workspace.dependencies]\ngreet = \"1.0\"\n",
      "app/Cargo.toml":
        "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[dependencies]\ngreet.workspace = true\n",
      "app/src/main.rs": "fn main() {\n    println!(\"{}\", greet::hello());\n}\n",
      ".cargo/config.toml":
        "[source.crates-io]\nreplace-with = \"vendored\"\n\n[source.vendored]\ndirectory = \"vendor\"\n",
      "vendor/greet/Cargo.toml": manifest, "vendor/greet/src/lib.rs": library, "vendor/greet/build.rs": script,
      "vendor/greet/.cargo-checksum.json": checksums, "Cargo.lock": lock,
    ]
  }

  private static func digest(_ text: String) -> String {
    var hash = SHA256()
    hash.update(Array(text.utf8))
    return String(hash.finish().description.suffix(64))
  }

  private static var checksums: String {
    CanonicalJSON.string([
      "files": [
        "Cargo.toml": .string(digest(manifest)), "build.rs": .string(digest(script)),
        "src/lib.rs": .string(digest(library)),
      ], "package": .string(archive),
    ])
  }

  private static var lock: String {
    """
    version = 3

    [[package]]
    name = "app"
    version = "0.1.0"
    dependencies = [
     "greet",
    ]

    [[package]]
    name = "greet"
    version = "1.0.3"
    source = "registry+https://github.com/rust-lang/crates.io-index"
    checksum = "\(archive)"

    """
  }
}
