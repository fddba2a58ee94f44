internal import PackCore
internal import TestSupport
import XCTest

@testable import Build

/// The rules are git's: git itself is asked about the same files.
final class IgnoreRulesTests: XCTestCase {
  private let rules = """
    # a comment
    *.log
    !keep.log
    /build
    out/
    docs/**/*.tmp
    **/generated
    a?c
    [xyz]1
    deep/**
    \\#hash
    trailing\\ \u{20}
    foo/*/bar
    top/exact
    lib/*.gen/
    *.py[co]
    x.**
    """
  private let files = [
    "a.log", "keep.log", "sub/a.log", "build/x", "sub/build/x", "out/x", "sub/out/x", "out2", "docs/a.tmp",
    "docs/x/y/a.tmp", "generated/x", "q/generated", "abc", "a/c", "x1", "w1", "deep/a/b", "#hash", "trailing ",
    "foo/1/bar", "foo/1/2/bar", "src/main.go", "sub/own.txt", "sub/keep.txt", "é.log", "sub/.gitignore",
    "top/exact/in", "q/top/exact/in", "lib/a.gen/f", "lib/b.gen", "m.pyc", "m.py", "sub/m.pyo", "x.y", "x.y.z",
    "left/only", "left/deep/only", "left/deep/kept", "left/.gitignore", "left/deep/.gitignore", "left-over/only",
    "only",
    "right/only", "right/deep/only", "all/a", "all/b/c", "all/kept", "all/.gitignore",
  ]

  func testAgreesWithGit() throws {
    let project = try TemporaryDirectory()
    for file in files { try project.write("x", to: file) }
    try project.write(rules, to: ".gitignore")
    try project.write("own.*\n!keep.txt\n", to: "sub/.gitignore")
    // Rules that must be forgotten when their directory is left, with and without a name that begins like it.
    try project.write("/only\n", to: "left/.gitignore")
    try project.write("only\n!kept\n", to: "left/deep/.gitignore")
    try project.write("*\n!kept\n", to: "all/.gitignore")
    _ = try Tools.output("git", ["init", "-q", "."], in: project.path)
    _ = try Tools.output("git", ["-c", "core.excludesFile=/dev/null", "add", "-A"], in: project.path)
    let listed = try Tools.output("git", ["ls-files", "-z"], in: project.path).split(separator: "\0").map(String.init)
    let scanned = try ProjectScan(root: project.path).listing.map(\.description)
    XCTAssertEqual(scanned, listed.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    XCTAssertTrue(scanned.contains("keep.log") && !scanned.contains("build/x"))
    XCTAssertEqual(try Self.all(ProjectTree(project.path)), scanned, "what detection sees is the same")
  }

  private static func all(_ tree: ProjectTree, below directory: RootPath = .root) throws -> [String] {
    try tree.names(in: directory).flatMap { name -> [String] in
      let path = try XCTUnwrap(directory.appending(component: name.bytes))
      return name.isDirectory ? try all(tree, below: path) : [path.description]
    }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// `packc backup` and `packc bundle` write where they are called, and a backup has variables in it.
  func testBackupsAndBundlesStayOutUnlessTheyAreAskedFor() throws {
    let project = try TemporaryDirectory()
    let root = RootPath.root
    func ignores(_ name: String, in directory: RootPath = root, isDirectory: Bool = false) throws -> Bool {
      try IgnoreRules(project: project.path).ignores(Array(name.utf8), in: directory, isDirectory: isDirectory)
    }
    for name in ["shop.backup.tar", "shop.bundle.tar"] {
      XCTAssertTrue(try ignores(name))
      XCTAssertFalse(try ignores(name, in: RootPath(literal: "assets")))
      XCTAssertFalse(try ignores(name, isDirectory: true))
    }
    for name in ["backup.tar", "shop.backup.tar.gz", "shop.tar"] { XCTAssertFalse(try ignores(name), name) }
    try project.write("*.txt\n!shop.backup.tar\n", to: ".packcignore")
    XCTAssertFalse(try ignores("shop.backup.tar"))
    XCTAssertTrue(try ignores("shop.bundle.tar"))
  }

  func testPackcignoreWinsAndSecretsStayOut() throws {
    let project = try TemporaryDirectory()
    for file in ["a.log", "b.txt", ".env", "x/.env", ".packc/image/index.json", ".git/HEAD"] {
      try project.write("x", to: file)
    }
    try project.write("*.log\n", to: ".gitignore")
    try project.write("!a.log\nb.txt\n!.env\n", to: ".packcignore")
    XCTAssertEqual(
      try ProjectScan(root: project.path).listing.map(\.description), [".gitignore", ".packcignore", "a.log"])
  }

  func testGlobs() {
    let table: [(pattern: String, path: String, matches: Bool)] = [
      ("*.go", "main.go", true), ("*.go", "cmd/main.go", false), ("**/*.go", "cmd/x/main.go", true),
      ("**/*.go", "main.go", true), ("cmd/**", "cmd/a/b", true), ("cmd/**", "cmd", false), ("a/**/b", "a/b", true),
      ("a/**/b", "a/x/y/b", true), ("a/**/b", "a/xb", false), ("?", "é", false), ("[!a]x", "bx", true),
      ("[!a]x", "ax", false), ("[a-c]x", "bx", true), ("\\*", "*", true), ("\\*", "a", false), ("[", "[", true),
      ("a*b*c", "aXbYc", true), ("a*b*c", "aXbY", false), ("", "", true), ("**", "a/b", true),
    ]
    for row in table {
      XCTAssertEqual(Glob(row.pattern).matches(row.path.utf8), row.matches, "\(row.pattern) on \(row.path)")
    }
    // A pattern made to explode a backtracking matcher ends at once.
    XCTAssertFalse(Glob(String(repeating: "a*", count: 40) + "b").matches([UInt8](repeating: 0x61, count: 4000)))
  }
}
