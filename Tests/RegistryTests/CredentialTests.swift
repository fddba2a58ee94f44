import Glibc
import PackCore
import TestSupport
import XCTest

@testable import Registry

/// docker's config.json, podman's auth.json, credential helpers.
final class CredentialTests: XCTestCase {
  private static func auth(_ pair: String) -> String { Base64.encode(Array(pair.utf8)) }

  private func context(_ directory: TemporaryDirectory, _ more: [String: String] = [:]) -> HostContext {
    let base = [
      "HOME": "\(directory.path)", "PATH": "\(directory / "bin"):/usr/bin:/bin",
      "DOCKER_CONFIG": "\(directory / "docker")",
    ]
    return HostContext.test(environment: base.merging(more) { $1 })
  }

  /// A helper that keeps one credential in a file, and says on which line it was called.
  private func helper(_ directory: TemporaryDirectory, _ name: String, _ body: String) throws {
    try directory.write("#!/bin/sh\n\(body)\n", to: "bin/docker-credential-\(name)", mode: 0o755)
  }

  func testOrder() throws {
    let directory = try TemporaryDirectory()
    try helper(directory, "own", "read host; echo '{\"Username\":\"own\",\"Secret\":\"'$host'\"}'")
    try helper(
      directory, "all",
      "read host; case $host in known*) echo '{\"Username\":\"all\",\"Secret\":\"s\"}';; *) echo 'credentials not found in native keychain'; exit 1;; esac"
    )
    try directory.write(
      """
      {"credsStore": "all", "credHelpers": {"own.example": "own"},
       "auths": {"own.example": {"auth": "\(Self.auth("auths:x"))"}, "known.example": {"auth": "\(Self.auth("auths:x"))"},
                 "https://plain.example/v1/": {"auth": "\(Self.auth("plain:a:b"))"},
                 "https://index.docker.io/v1/": {"auth": "\(Self.auth("hub:h"))"},
                 "token.example": {"auth": "\(Self.auth("x:"))", "identitytoken": "refresh"},
                 "empty.example": {}}}
      """, to: "docker/config.json")
    try directory.write(
      """
      {"auths": {"plain.example": {"auth": "\(Self.auth("podman:x"))"}, "podman.example/team": {"auth": "\(Self.auth("team:x"))"},
                 "podman.example": {"auth": "\(Self.auth("podman:y"))"}}}
      """, to: "run/containers/auth.json")
    let store = CredentialStore(context(directory, ["XDG_RUNTIME_DIR": "\(directory / "run")"]))
    let table: [(String, String?, String?)] = [
      ("own.example", nil, "own own.example"), ("known.example", nil, "all s"), ("plain.example", nil, "plain a:b"),
      ("docker.io", nil, "hub h"), ("podman.example", "team/shop", "team x"), ("podman.example", "other", "podman y"),
      ("empty.example", nil, nil), ("unknown.example", nil, nil),
    ]
    for (host, repository, expected) in table {
      let found = try store.credential(for: host, repository: repository)
      XCTAssertEqual(found.map { "\($0.username) \($0.password)" }, expected, host)
    }
    XCTAssertEqual(try store.credential(for: "token.example")?.identityToken, "refresh")

    try directory.write(#"{"auths": {"plain.example": {"auth": "\#(Self.auth("first:x"))"}}}"#, to: "first.json")
    let first = CredentialStore(context(directory, ["REGISTRY_AUTH_FILE": "\(directory / "first.json")"]))
    XCTAssertEqual(try first.credential(for: "plain.example")?.username, "first")
    XCTAssertEqual(try first.credential(for: "docker.io")?.username, "hub")
  }

  func testSavingKeepsTheRest() throws {
    let directory = try TemporaryDirectory()
    let before =
      #"{"HttpHeaders":{"X":"y"},"auths":{"https://a.example/v1/":{"auth":"bzpw"},"b.example":{"auth":"bzpw"}},"detachKeys":"ctrl-e","n":12345678901234}"#
    let path = try directory.write(before, to: "docker/config.json", mode: 0o644)
    let store = CredentialStore(context(directory))
    XCTAssertEqual(try store.save(Credential(username: "me", password: "pass:word"), for: "a.example"), "\(path)")
    let after = try JSONParser.parse(FileSystem.read(path))
    XCTAssertEqual(after["HttpHeaders"], ["X": "y"])
    XCTAssertEqual(after["detachKeys"], "ctrl-e")
    XCTAssertEqual(after["n"], .integer(12_345_678_901_234))
    XCTAssertEqual(
      after["auths"], ["a.example": ["auth": .string(Self.auth("me:pass:word"))], "b.example": ["auth": "bzpw"]])
    XCTAssertEqual(try FileSystem.status(path)?.mode, 0o600)
    XCTAssertTrue(try store.remove("a.example"))
    XCTAssertFalse(try store.remove("a.example"))
    XCTAssertNil(try store.credential(for: "a.example"))
    XCTAssertEqual(try directory.names(in: "docker"), ["config.json"], "nothing is left beside it")
  }

  func testAHelperKeepsIt() throws {
    let directory = try TemporaryDirectory()
    let kept = directory / "kept"
    try helper(
      directory, "file",
      "echo \"$@\" >> \(directory / "arguments"); case $1 in store) cat > \(kept);; get) cat \(kept);; erase) rm \(kept);; esac"
    )
    try directory.write(#"{"credsStore":"file"}"#, to: "docker/config.json")
    let store = CredentialStore(context(directory))
    XCTAssertEqual(
      try store.save(Credential(username: "me", password: "geheim"), for: "a.example"), "docker-credential-file")
    XCTAssertEqual(
      try JSONParser.parse(FileSystem.read(kept)), ["ServerURL": "a.example", "Username": "me", "Secret": "geheim"])
    XCTAssertEqual(try store.credential(for: "a.example")?.password, "geheim")
    let config = String(decoding: try FileSystem.read(directory / "docker/config.json"), as: UTF8.self)
    XCTAssertFalse(config.contains("geheim") || config.contains(Self.auth("me:geheim")), config)
    XCTAssertTrue(try store.remove("a.example"))
    XCTAssertFalse(FileSystem.exists(kept))
    let arguments = String(decoding: try FileSystem.read(directory / "arguments"), as: UTF8.self)
    XCTAssertEqual(Set(arguments.split(separator: "\n")), ["store", "get", "erase"])
  }

  func testHelpersThatDoNotWork() throws {
    let directory = try TemporaryDirectory()
    let table: [(String, String)] = [
      ("long", "yes '{\"Secret\":\"geheim\"}' | head -c 200000"), ("silent", "true"), ("none", "echo '{}'"),
      ("failing", "echo '{\"Secret\":\"geheim\"}'; exit 1"), ("text", "echo geheim"), ("slow", "sleep 30"),
    ]
    for (name, body) in table {
      try helper(directory, name, body)
      try directory.write(#"{"credsStore":"\#(name)"}"#, to: "docker/config.json")
      let failure = assertFailure("credential_helper", exit: .toolchain, name) {
        try CredentialStore(context(directory), helperTimeout: 0.3).credential(for: "a.example")
      }
      XCTAssertFalse("\(String(describing: failure))".contains("geheim"), name)
    }
    for name in ["missing", "../evil", "-x", "a b", String(repeating: "x", count: 200)] {
      try directory.write(CanonicalJSON.encode(["credsStore": .string(name)]), to: "docker/config.json")
      assertFailure("credential_helper", name) { try CredentialStore(context(directory)).credential(for: "a.example") }
    }
  }

  func testFilesThatAreNone() throws {
    let directory = try TemporaryDirectory()
    for text in [
      "", "[]", "{", #"{"auths":{"a.example":{"auth":"geheim!"}}}"#, #"{"auths":{"a.example":{"auth":"Z2VoZWlt"}}}"#,
    ] {
      try directory.write(text, to: "docker/config.json")
      let failure = assertFailure("bad_docker_config", exit: .badInput, text) {
        try CredentialStore(context(directory)).credential(for: "a.example")
      }
      XCTAssertFalse("\(String(describing: failure))".contains("geheim"), text)
    }
  }

  func testLogin() throws {
    let directory = try TemporaryDirectory()
    let store = CredentialStore(context(directory))
    let login = Login(options: .test, store: store)
    try withRegistry({ $0.basic = "me:right" }) { registry in
      assertFailure("registry_unauthorized", exit: .notPermitted) {
        try login.login(registry.host, Credential(username: "me", password: "wrong"))
      }
      XCTAssertFalse(FileSystem.exists(directory / "docker/config.json"))
      _ = try login.login("http://\(registry.host)/", Credential(username: "me", password: "right"))
      XCTAssertEqual(try store.credential(for: registry.host), Credential(username: "me", password: "right"))
    }
    try withRegistry({ $0.token = ("me", "right") }) { registry in
      assertFailure("registry_unauthorized", exit: .notPermitted) {
        try login.login(registry.host, Credential(username: "me", password: "wrong"))
      }
      _ = try login.login(registry.host, Credential(username: "me", password: "right"))
    }
    try withRegistry { registry in
      assertFailure("no_login_needed") { try login.login(registry.host, Credential(username: "a", password: "b")) }
    }
    try withRegistry({
      $0.fault = { _, _ in ScriptedAnswer(200, [("Content-Type", "text/html")], Array("<html>".utf8)) }
    }) {
      registry in
      assertFailure("registry_answer") { try login.login(registry.host, Credential(username: "a", password: "b")) }
    }
    assertFailure("bad_registry", exit: .usage) { try login.logout("a/b/c") }
  }
}
