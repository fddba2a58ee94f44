import PackCore
import TestSupport
import XCTest

@testable import LanguagePacks
@testable import Packs

/// The phase `sbom` of the first-party packs, through the protocol: what locks say becomes components.
final class ComponentTests: XCTestCase {
  private func project(_ files: [String: String]) throws -> Workbench {
    let bench = try Workbench()
    try bench.useToolsOfTheHost()
    for (path, text) in files { try bench.write(text, "project/\(path)") }
    return bench
  }

  private func components(
    _ pack: String, _ files: [String: String], app: String? = nil, lock: [String: JSONValue] = [:]
  ) throws -> [SoftwareComponent] {
    let bench = try project(files)
    let found = try XCTUnwrap(bench.catalog().pack(named: pack))
    return try bench.host(packs: Workbench.firstParty).components(found, of: bench.input(app: app), lock: lock)
  }

  private func digest(_ byte: String) -> String { String(repeating: byte, count: 32) }

  // MARK: Go

  private let main = "package main\n\nfunc main() {}\n"

  func testGo() throws {
    let sums = """
      example.com/a v1.0.0 h1:x=
      example.com/a v1.0.0/go.mod h1:x=
      example.com/b v1.9.0 h1:x=
      example.com/b v1.10.0 h1:x=
      example.com/c v1.0.0/go.mod h1:x=

      """
    let rows: [(name: String, files: [String: String], purls: [String], evidence: [String])] = [
      ("no module", [:], [], []), ("no requirements", ["go.mod": "module m\ngo 1.22\n"], [], []),
      (
        "all in go.mod",
        [
          "go.mod": "module m\ngo 1.22\nrequire (\n example.com/a v1.0.0\n example.com/R v1.0.0 // indirect\n"
            + " example.com/here v1.0.0\n)\nreplace example.com/here => ./here\nreplace example.com/R => example.com/s v2.0.0\n",
          "go.sum": sums, "here/go.mod": "module example.com/here\n",
        ], ["pkg:golang/example.com/a@v1.0.0", "pkg:golang/example.com/s@v2.0.0"], ["go.mod", "go.sum"]
      ),
      (
        "before 1.17 the others stand in go.sum",
        ["go.mod": "module m\ngo 1.16\nrequire example.com/a v1.0.0\n", "go.sum": sums],
        ["pkg:golang/example.com/a@v1.0.0", "pkg:golang/example.com/b@v1.10.0"], ["go.mod", "go.sum"]
      ),
      (
        "vendored: what has packages",
        [
          "go.mod": "module m\ngo 1.22\nrequire example.com/a v1.0.0\n",
          "vendor/modules.txt":
            "# example.com/a v1.0.0\n## explicit\nexample.com/a\n# example.com/b v1.0.0\n## explicit\n"
            + "# example.com/c v1.0.0 => example.com/d v1.1.0\nexample.com/c/x\n# example.com/e v1.0.0 => ./e\nexample.com/e\n"
            + "# example.com/f => ./f\n",
        ], ["pkg:golang/example.com/a@v1.0.0", "pkg:golang/example.com/d@v1.1.0"], ["vendor/modules.txt"]
      ),
    ]
    for row in rows {
      let found = try components("go", row.files.merging(["main.go": main]) { $1 })
      XCTAssertEqual(found.map(\.purl), row.purls, row.name)
      XCTAssertEqual(found.first?.evidence.map(\.description) ?? [], row.evidence, row.name)
      XCTAssertTrue(found.allSatisfy { $0.hashes.isEmpty }, row.name)
    }
  }

  /// A workspace has one version of a module; what another member requires is none of the program's.
  func testGoWorkspace() throws {
    let found = try components(
      "go",
      [
        "go.work": "go 1.22\nuse (\n ./api\n ./lib\n ./other\n)\n", "api/main.go": main, "other/main.go": main,
        "api/go.mod": "module m/api\ngo 1.22\nrequire (\n m/lib v0.0.0\n example.com/a v1.2.0\n)\n",
        "lib/go.mod": "module m/lib\ngo 1.22\nrequire example.com/b v1.0.0\n",
        "other/go.mod": "module m/other\ngo 1.22\nrequire (\n example.com/a v1.10.0\n example.com/c v1.0.0\n)\n",
      ], app: "api")
    XCTAssertEqual(found.map(\.purl), ["pkg:golang/example.com/a@v1.10.0", "pkg:golang/example.com/b@v1.0.0"])
  }

  // MARK: Rust

  func testRust() throws {
    let registry = "source = \"registry+https://github.com/rust-lang/crates.io-index\""
    let found = try components(
      "rust",
      [
        "Cargo.toml": "[workspace]\nmembers = [\"api\", \"core\", \"cli\"]\n",
        "api/Cargo.toml":
          "[package]\nname = \"api\"\nversion = \"0.1.0\"\n[dependencies]\ncore = { path = \"../core\" }\n"
          + "[dev-dependencies]\ntester = \"1\"\n", "api/src/main.rs": "fn main() {}\n",
        "core/Cargo.toml": "[package]\nname = \"core\"\nversion = \"0.1.0\"\n[dependencies]\nused = \"1\"\n",
        "core/src/lib.rs": "", "cli/src/main.rs": "fn main() {}\n",
        "cli/Cargo.toml": "[package]\nname = \"cli\"\nversion = \"0.1.0\"\n[dependencies]\nunused = \"1\"\n",
        "Cargo.lock": """
        version = 3
        [[package]]
        name = "api"
        version = "0.1.0"
        dependencies = ["core", "tester"]
        [[package]]
        name = "cli"
        version = "0.1.0"
        dependencies = ["unused"]
        [[package]]
        name = "core"
        version = "0.1.0"
        dependencies = ["used"]
        [[package]]
        name = "fork"
        version = "0.3.0"
        source = "git+https://token@example.com/fork?branch=main#abcdef"
        [[package]]
        name = "private"
        version = "1.0.0"
        source = "registry+https://example.com/index"
        [[package]]
        name = "tester"
        version = "1.0.0"
        \(registry)
        [[package]]
        name = "unused"
        version = "1.0.0"
        \(registry)
        [[package]]
        name = "used"
        version = "1.0.0"
        \(registry)
        checksum = "\(digest("0b"))"
        dependencies = ["fork", "private"]

        """,
      ], app: "api")
    XCTAssertEqual(
      found.map(\.purl),
      [
        "pkg:cargo/fork@0.3.0?vcs_url=git%2Bhttps:%2F%2Fexample.com%2Ffork%40abcdef",
        "pkg:cargo/private@1.0.0?repository_url=https:%2F%2Fexample.com%2Findex", "pkg:cargo/used@1.0.0",
      ])
    XCTAssertEqual(found.map(\.hashes), [[:], [:], ["SHA-256": digest("0b")]])
    XCTAssertEqual(found[0].evidence.map(\.description), ["Cargo.lock"])
  }

  // MARK: Python

  func testPython() throws {
    let (one, two) = (digest("01"), digest("02"))
    let file = "{ url = \"https://x/FILE\", hash = \"sha256:HASH\" }"
    func entry(_ name: String, _ hash: String) -> String {
      file.replacing("FILE", with: name).replacing("HASH", with: hash)
    }
    let uv = """
      version = 1
      requires-python = ">=3.8"
      [[package]]
      name = "shop"
      version = "0.1.0"
      source = { virtual = "." }
      dependencies = [{ name = "pure-one" }, { name = "built" }, { name = "windows-only", marker = "os_name == 'nt'" }]
      [[package]]
      name = "built"
      version = "2.0"
      source = { registry = "https://pypi.org/simple" }
      sdist = \(entry("built-2.0.tar.gz", one))
      wheels = [\(entry("built-2.0-cp311-cp311-manylinux_x.whl", two)), \(entry("built-2.0-cp312-cp312-manylinux_x.whl", one))]
      [[package]]
      name = "pure-one"
      version = "1.0"
      source = { registry = "https://pypi.org/simple" }
      sdist = \(entry("pure_one-1.0.tar.gz", one))
      wheels = [\(entry("pure_one-1.0-py3-none-any.whl", two))]
      [[package]]
      name = "windows-only"
      version = "1.0"
      source = { registry = "https://pypi.org/simple" }
      sdist = \(entry("w-1.0.tar.gz", one))

      """
    let hashed =
      "Pure.One==1.0 --hash=sha256:\(one)\nbuilt==2.0 ; os_name == 'posix' \\\n  --hash=sha256:\(one) \\\n"
      + "  --hash=sha256:\(two)\nwindows==1 ; os_name == 'nt' --hash=sha256:\(one)\n"
    let rows: [(name: String, files: [String: String], hash: String, evidence: String)] = [
      (
        "uv",
        [
          "uv.lock": uv,
          "pyproject.toml":
            "[project]\nname = \"shop\"\nversion = \"0.1.0\"\ndependencies = [\"pure-one\", \"built\"]\n",
        ], two, "uv.lock"
      ), ("hashed requirements", ["requirements.txt": hashed], one, "requirements.txt"),
    ]
    for row in rows {
      let found = try components("python", row.files.merging(["main.py": "print(1)\n"]) { $1 })
      XCTAssertEqual(found.map(\.purl), ["pkg:pypi/built@2.0", "pkg:pypi/pure-one@1.0"], row.name)
      XCTAssertEqual(found.map(\.hashes), [[:], ["SHA-256": row.hash]], row.name)
      XCTAssertEqual(found.first?.evidence.map(\.description), [row.evidence], row.name)
    }
  }

  /// packc.lock counts when it was made from the files as they are, also before it is written.
  func testPythonByPackcLock() throws {
    let files = ["requirements.txt": "flask\n", "main.py": "print(1)\n"]
    XCTAssertEqual(try components("python", files).count, 0)
    let bench = try project(files)
    let missing = try XCTUnwrap(bench.plan(bench.input()).unresolved)
    let lock: [String: JSONValue] = [
      "pypi": [
        "inputs": .object(
          Dictionary(uniqueKeysWithValues: missing.inputs.map { ($0.path.description, JSONValue($0.sha256)) })),
        "environment": JSONValue(strings: missing.environment),
        "packages": [["name": "flask", "version": "3.0.0", "sha256": [.string(digest("0a"))]]],
      ]
    ]
    let found = try components("python", files, lock: lock)
    XCTAssertEqual(found.map(\.purl), ["pkg:pypi/flask@3.0.0"])
    XCTAssertEqual(found.first?.hashes, ["SHA-256": digest("0a")])
    XCTAssertEqual(found.first?.evidence.map(\.description), ["packc.lock"])
  }

  // MARK: By packc.lock

  func testJava() throws {
    func package(_ name: String, _ version: String, _ files: [String], _ repository: String? = nil) -> JSONValue {
      JSONValue(compact: [
        "name": .string(name), "version": .string(version), "repository": repository.map(JSONValue.string),
        "files": JSONValue(strings: files), "sha256": JSONValue(strings: files.map { _ in digest("0c") }),
      ])
    }
    let central = "https://repo.maven.apache.org/maven2"
    let lock: [String: JSONValue] = [
      "maven": [
        "packages": [
          package("distribution", "8.5", ["gradle-8.5-bin.zip"]),
          package("org.slf4j:slf4j-api", "2.0.9", ["slf4j-api-2.0.9.jar", "slf4j-api-2.0.9.pom"], central),
          package("org.slf4j:slf4j-parent", "2.0.9", ["slf4j-parent-2.0.9.pom"], central),
          package("io.netty:netty", "4.1", ["netty-4.1-linux-x86_64.jar", "netty-4.1.jar", "netty-4.1.module"]),
          package("org.apache.maven.plugins:maven-jar-plugin", "3.3", ["maven-jar-plugin-3.3.jar"], central),
          package("org.x:x-maven-plugin", "1", ["x-maven-plugin-1.jar"], central),
          package("com.own:tool", "1", ["tool-1.jar"], "https://me:secret@repo.example.com/maven"),
        ]
      ]
    ]
    let pom =
      "<project><groupId>g</groupId><artifactId>a</artifactId><version>1</version></project>"
    let found = try components("java", ["pom.xml": pom], lock: lock)
    XCTAssertEqual(
      found.map(\.purl),
      [
        "pkg:maven/com.own/tool@1?repository_url=https:%2F%2Frepo.example.com%2Fmaven",
        "pkg:maven/io.netty/netty@4.1", "pkg:maven/io.netty/netty@4.1?classifier=linux-x86_64",
        "pkg:maven/org.slf4j/slf4j-api@2.0.9",
      ])
    XCTAssertTrue(found.allSatisfy { $0.hashes == ["SHA-256": digest("0c")] })
    XCTAssertEqual(found.first?.evidence.map(\.description), ["packc.lock"])
    XCTAssertEqual(try components("java", ["app.jar": ""], lock: lock).count, 0, "nothing is fetched for a jar")
  }

  func testDotnet() throws {
    let lock: [String: JSONValue] = [
      "nuget": [
        "packages": [["name": "newtonsoft.json", "version": "13.0.3", "sha256": [.string(digest("0d"))]]]
      ]
    ]
    let found = try components("dotnet", ["a.csproj": "<Project Sdk=\"Microsoft.NET.Sdk\" />"], lock: lock)
    XCTAssertEqual(found.map(\.purl), ["pkg:nuget/newtonsoft.json@13.0.3"])
    XCTAssertEqual(found.first?.hashes, ["SHA-256": digest("0d")])
    XCTAssertEqual(try components("dotnet", ["a.csproj": "<Project Sdk=\"Microsoft.NET.Sdk\" />"]).count, 0)
  }
}
