import PackCore
import TestSupport
import XCTest

/// `packc image sign`, `attest` and `verify --key|--policy`, by the real binary.
final class SigningTests: XCTestCase {
  private struct Fixture {
    let site: Site
    let project: HostPath
  }

  private func fixture() throws -> Fixture {
    let site = try Site()
    let program = try XCTUnwrap(PackcProcess.binary("guest-init").utf8)
    let project = try site.write(
      [
        "unik.yaml": "version: 1\nname: shop\nartifact: {path: app}\n",
        ".packcignore": "/keys\n", "keys/a.key": TestKeys.ecdsa, "keys/a.pub": TestKeys.ecdsaPublic,
        "keys/b.key": TestKeys.ed25519, "keys/b.pub": TestKeys.ed25519Public,
        "keys/policy.yaml": """
        version: 1
        signers:
          - {name: release, key: a.pub}
          - {name: audit, key: b.pub}
        """,
      ], to: "shop")
    try FileSystem.copyFile(HostPath(program), to: project / "app", mode: 0o755)
    _ = try site.build(project, "--no-unikernel")
    return Fixture(site: site, project: project)
  }

  func testSignAndVerify() throws {
    let fixture = try fixture()
    func packc(_ arguments: String...) throws -> PackcResult {
      try fixture.site.packc(["image"] + arguments).in(fixture.project).run()
    }
    try packc("verify", "--key", "keys/a.pub").expect(exit: .gateFailed).expect(
      standardErrorContains: "nothing beside it is signed")
    let signed = try packc("sign", "--key", "keys/a.key", "--json").expect(exit: .done).json().value
    XCTAssertEqual(try SchemaCheck("image.schema.json", definition: "signed").problems(signed), [])
    XCTAssertEqual(signed["place"], "packc's store")
    let found = try packc("verify", "--key", "keys/a.pub", "--json").expect(exit: .done).json().value
    XCTAssertEqual(try SchemaCheck("image.schema.json", definition: "verify").problems(found), [])
    XCTAssertEqual(found["signers"], ["keys/a.pub"])
    try packc("verify", "--key", "keys/b.pub").expect(exit: .gateFailed)
    try packc("verify", "--policy", "keys/policy.yaml").expect(exit: .gateFailed).expect(
      standardErrorContains: "is not signed by audit")
    try packc("sign", "shop", "--key-command", "cat keys/b.key").expect(exit: .done)
    try packc("verify", "--policy", "keys/policy.yaml").expect(exit: .done)
    try packc("verify", "shop", "--policy", "keys/policy.yaml").expect(exit: .done)

    // The project is built again: its image is the same one, and still signed.
    _ = try fixture.site.build(fixture.project, "--no-unikernel", "--no-cache")
    try packc("verify", "--policy", "keys/policy.yaml").expect(exit: .done)
    // What is said of it is signed by name.
    try FileSystem.writeAtomically(Array("{\"passed\": true}".utf8), to: fixture.project / "keys/test.json")
    try packc("attest", "--predicate", "keys/test.json", "--type", "https://example.com/tests", "--key", "keys/b.key")
      .expect(exit: .done).expect(standardOutputContains: "https://example.com/tests")
    // A layout takes them along.
    try packc("copy", "shop", "oci:out:shop").expect(exit: .done)
    try packc("verify", "oci:out:shop", "--policy", "keys/policy.yaml").expect(exit: .done)
  }

  func testWhatCannotSignSaysWhy() throws {
    let fixture = try fixture()
    let rows: [([String], ExitCode, String)] = [
      ([], .usage, "--key FILE or --key-command"), (["--key", "keys/a.pub"], .badInput, "no private key"),
      (["--key", "keys/none"], .failed, "keys/none"), (["--key-command", "exit 3"], .failed, "exit code 3"),
      (["--key-command", "echo no key"], .badInput, "what --key-command prints"),
    ]
    for (arguments, exit, text) in rows {
      try fixture.site.packc(["image", "sign"] + arguments).in(fixture.project).run().expect(exit: exit).expect(
        standardErrorContains: text)
    }
    let policies: [(String, String)] = [
      ("version: 1\nfacts: [{within: []}]\n", "which fact?"),
      ("version: 1\nverdict: {baseline: x}\n", "a baseline and"),
      ("version: 1\nverdict: {baseline: x, at-most: breaking}\n", "one of safe"),
      ("version: 1\n", "asks for nothing"), ("signers: []\n", "version: 1"),
      ("version: 1\nsigners: [{name: a, key: a.pub}]\nat-least: 2\n", "between 1 and 1"),
      ("version: 1\nsigners: [{name: a}]\n", "a name and a key"), ("version: 1\nsinners: []\n", "signers"),
    ]
    for (text, expected) in policies {
      try FileSystem.writeAtomically(Array(text.utf8), to: fixture.project / "keys/bad.yaml")
      try fixture.site.packc("image", "verify", "--policy", "keys/bad.yaml").in(fixture.project).run()
        .expect(exit: .badInput).expect(standardErrorContains: expected)
    }
  }

  func testAPolicyAsksForFactsAndAVerdict() throws {
    let fixture = try fixture()
    func verify(_ policy: String) throws -> PackcResult {
      try FileSystem.writeAtomically(Array("version: 1\n\(policy)\n".utf8), to: fixture.project / "keys/facts.yaml")
      return try fixture.site.packc("image", "verify", "shop", "--policy", "keys/facts.yaml").in(fixture.project).run()
    }
    let rows: [(String, String?)] = [
      ("facts: [{id: rootfs.shells, within: [], closed: true, level: proven}]", nil),
      ("facts: [{id: rootfs.user, within: [\"0:0\"]}]", "rootfs.user lists 65532:65532"),
      ("facts: [{id: declared.egress, closed: true}]", "may list more than is known"),
      ("facts: [{id: declared.egress, level: observed}]", "only declared, not observed"),
      ("facts: [{id: source.routes}]", "source.routes is not known"),
    ]
    for (policy, problem) in rows {
      let result = try verify(policy).expect(exit: problem == nil ? .done : .gateFailed)
      if let problem { result.expect(standardErrorContains: problem) }
    }
    let contract = try FileSystem.read(fixture.project / ".packc/contract.json")
    try FileSystem.writeAtomically(contract, to: fixture.project / "keys/base.json")
    try verify("verdict: {baseline: base.json, at-most: safe}").expect(exit: .done)
    let other = String(decoding: contract, as: UTF8.self).replacing("\"/tmp\"", with: "\"/other\"")
    try FileSystem.writeAtomically(Array(other.utf8), to: fixture.project / "keys/base.json")
    try verify("verdict: {baseline: base.json, at-most: safe_with_additions}").expect(exit: .gateFailed)
      .expect(standardErrorContains: "the verdict is review_required")
  }
}
