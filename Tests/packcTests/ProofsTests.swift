import PackCore
import TestSupport
import XCTest

/// `packc proofs`, the statements beside an image, and the gates of a release, by the real binary.
final class ProofsTests: XCTestCase {
  private var made: Site?
  private var site: Site { get throws { try XCTUnwrap(made) } }
  private var project: HostPath { get throws { try site.directory / "shop" } }

  override func setUpWithError() throws { made = try Site() }

  private func prepare(contract: String = "", more: [String: String] = [:]) throws {
    let files = ["unik.yaml": "version: 1\nname: shop\nartifact: {path: tree/app, files: {tree/: /srv/}}\n\(contract)"]
    try site.write(files.merging(more) { $1 }, to: "shop")
    if try !FileSystem.exists(project / "tree/app") {
      try FileSystem.createDirectory(project / "tree")
      try FileSystem.copyFile(try PackcProcess.binary("guest-init"), to: project / "tree/app", mode: 0o755)
    }
  }

  private func packc(_ arguments: String...) throws -> PackcResult { try site.packc(arguments).in(project).run() }

  func testADiffHasAVerdictAndAnExitCode() throws {
    try prepare(contract: "contract: {egress: [\"api.example.com:443\"], env: {required: [URL]}}\n")
    _ = try site.build(project, "--no-unikernel")
    try packc("proofs", "export", "--format", "json").expect(exit: .done)
    let baseline = try packc("proofs", "export", "--format", "json").result.output
    try FileSystem.writeAtomically(baseline, to: site.directory / "packc.contract.json")
    XCTAssertEqual(baseline, try FileSystem.read(project / ".packc/contract.json"))
    let before = try "\(site.directory / "packc.contract.json")"
    try packc("proofs", "diff", "--baseline", before, "--fail-on", "safe_with_additions").expect(exit: .done)
    try packc("proofs", "diff").expect(exit: .done).expect(standardOutputContains: "verdict  none")
    try packc("proofs", "record").expect(exit: .done).expect(standardOutputContains: "none")
    try packc("image", "tag", "shop", "before:1").expect(exit: .done)

    let rows: [(String, String, ExitCode)] = [
      (
        "contract: {egress: [\"api.example.com:443\", \"b.example.com:443\"], env: {required: [URL]}}\n",
        "review_required", .done
      ),
      ("contract: {egress: [\"api.example.com:443\"], env: {required: [URL, KEY]}}\n", "breaking", .drift),
      ("contract: {env: {required: [URL]}}\n", "breaking", .drift),
    ]
    for (contract, verdict, exit) in rows {
      try prepare(contract: contract)
      _ = try site.build(project, "--no-unikernel")
      for place in [before, "before:1", "HEAD"] {
        let result = try packc("proofs", "diff", "--baseline", place, "--fail-on", "breaking", "--json")
        result.expect(exit: exit)
        XCTAssertEqual(try result.json().value["verdict"]?.string, verdict, "\(place): \(contract)")
        XCTAssertEqual(try SchemaCheck("proofs.schema.json", definition: "diff").problems(result.json().value), [])
      }
    }
    try packc("proofs", "record").expect(exit: .done).expect(standardOutputContains: "breaking")
    let list = try packc("proofs", "list", "--json").expect(exit: .done).json().value
    XCTAssertEqual(try SchemaCheck("proofs.schema.json", definition: "list").problems(list), [])
    XCTAssertEqual(list["entries"]?.array?.count, 2)
    try packc("proofs", "show", "HEAD~1").expect(exit: .done).expect(standardOutputContains: "declared.env.required")
    try packc("proofs", "export", "HEAD", "--format", "svg").expect(exit: .done).expect(standardOutputContains: "<svg")
    try packc("proofs", "show", "HEAD~7").expect(exit: .badInput)
  }

  /// Each row is one change of the project; a debug build, since a release would not pass its gates.
  func testEachChangeHasItsVerdictAndExitCode() throws {
    let (needs, calls) = ("URL", "api.example.com:443")
    func contract(_ needs: String, _ calls: String) -> String {
      "contract: {egress: [\(calls)], env: {required: [\(needs)]}}\n"
    }
    func build() throws { try packc("build", "--no-unikernel", "--debug").expect(exit: .done) }
    try prepare(contract: contract(needs, "\"\(calls)\""))
    try build()
    let before = try site.directory / "packc.contract.json"
    try FileSystem.copyFile(project / ".packc/contract.json", to: before, mode: 0o644)
    let rows: [(String, String, String, () throws -> Void)] = [
      ("nothing", "safe", "", {}),
      (
        "a host", "review_required", "declared.egress",
        { try self.prepare(contract: contract(needs, "\"\(calls)\", \"b.example.com:443\"")) }
      ),
      (
        "a shell", "review_required", "rootfs.shells",
        {
          try self.prepare(contract: contract(needs, "\"\(calls)\""))
          try self.site.directory.write("#!/app/app\n", to: "shop/tree/bin/sh", mode: 0o755)
        }
      ),
      (
        "a setuid file", "review_required", "rootfs.setuid",
        {
          try FileSystem.removeTree(self.project / "tree/bin")
          let yaml =
            "version: 1\nname: shop\nartifact: {path: tree/app, files: {tree/: /srv/}, modes: {/srv/app: 4755}}\n"
          try self.site.write(["unik.yaml": yaml + contract(needs, "\"\(calls)\"")], to: "shop")
        }
      ),
      (
        "a required variable", "breaking", "declared.env.required",
        { try self.prepare(contract: contract("URL, KEY", "\"\(calls)\"")) }
      ),
    ]
    for (name, verdict, fact, change) in rows {
      try change()
      try build()
      for (limit, stops) in [("review_required", verdict != "safe"), ("breaking", verdict == "breaking")] {
        let result = try packc("proofs", "diff", "--baseline", "\(before)", "--fail-on", limit, "--json")
        result.expect(exit: stops ? .drift : .done)
        let answer = try result.json().value
        XCTAssertEqual(answer["verdict"]?.string, verdict, name)
        let changes = answer["changes"]?.array ?? []
        XCTAssertEqual(changes.first?["id"]?.string, verdict == "safe" ? nil : fact, "\(name): \(changes)")
      }
    }
  }

  /// One byte of anything: of each blob of the image and of what lies beside it, of the files in .packc, of the ledger.
  func testOneChangedByteIsFound() throws {
    try prepare()
    _ = try site.build(project, "--no-unikernel")
    try packc("proofs", "record").expect(exit: .done)
    try packc("proofs", "record").expect(exit: .done)
    func flipped(_ file: HostPath, _ place: Int? = nil, _ body: () throws -> Void) throws {
      let bytes = try FileSystem.read(file)
      var changed = bytes
      changed[place ?? bytes.count / 2] ^= 1
      try FileSystem.writeAtomically(changed, to: file)
      try body()
      try FileSystem.writeAtomically(bytes, to: file)
    }
    let blobs = try project / ".packc/image/blobs/sha256"
    let names = try DirectoryWalk.names(in: blobs)
    // Config, manifest, layers; contract, SBOM, provenance and owners with a manifest each, and their empty config.
    XCTAssertGreaterThan(names.count, 9)
    for name in names {
      try flipped(blobs / HostPath(bytes: name)) {
        try packc("image", "verify", "oci:.packc/image").expect(exit: .badInput)
      }
    }
    try packc("image", "verify").expect(exit: .done)
    for name in ["contract.json", "sbom.cdx.json", "provenance.json"] {
      try flipped(project / ".packc" / HostPath(name)) {
        try packc("image", "verify").expect(exit: .badInput).expect(standardErrorContains: name)
      }
    }
    try flipped(project / ".packc/contract.json") {
      for command in [["proofs", "diff"], ["proofs", "record"], ["proofs", "show"]] {
        try site.packc(command).in(project).run().expect(exit: .badInput)
      }
    }
    let ledger = try XCTUnwrap(
      try Tools.output("find", ["\(site.home)/state", "-name", "proofs.jsonl"]).split(separator: "\n").first)
    let file = HostPath(String(ledger))
    try flipped(file, 30) {
      for command in [["list"], ["show", "HEAD"], ["record"]] {
        try site.packc(["proofs"] + command).in(project).run().expect(exit: .badInput)
          .expect(standardErrorContains: "was changed")
      }
    }
    let contracts = file.parent / "contracts"
    for name in try DirectoryWalk.names(in: contracts) {
      try flipped(contracts / HostPath(bytes: name)) { try packc("proofs", "show", "HEAD").expect(exit: .badInput) }
    }
    try packc("proofs", "list").expect(exit: .done)
  }

  func testTheLedgersHeadIsSignedAndAskedFor() throws {
    try prepare()
    try site.write(
      ["k": TestKeys.ed25519, "k.pub": TestKeys.ed25519Public, "o.pub": TestKeys.ecdsaPublic], to: "keys")
    _ = try site.build(project, "--no-unikernel")
    try packc("proofs", "record").expect(exit: .done)
    try packc("proofs", "list", "--key", "../keys/k.pub").expect(exit: .badInput)
      .expect(standardErrorContains: "nobody has signed the ledger")
    try packc("proofs", "record", "--key-command", "cat ../keys/k").expect(exit: .done)
    let list = try packc("proofs", "list", "--key", "../keys/k.pub", "--json").expect(exit: .done).json().value
    XCTAssertEqual(list["signed_entries"], .integer(2))
    XCTAssertEqual(try SchemaCheck("proofs.schema.json", definition: "list").problems(list), [])
    try packc("proofs", "list", "--key", "../keys/o.pub").expect(exit: .badInput)
      .expect(standardErrorContains: "not by the key of")
    try packc("proofs", "record").expect(exit: .done)
    try packc("proofs", "list", "--key", "../keys/k.pub").expect(exit: .badInput)
      .expect(standardErrorContains: "up to entry 2 of 3")
    try packc("proofs", "list").expect(exit: .done)
    try packc("proofs", "sign", "--key", "../keys/k").expect(exit: .done)
      .expect(standardOutput: "3 entries are signed\n")
    try packc("proofs", "list", "--key", "../keys/k.pub").expect(exit: .done)
  }

  func testStatementsLieBesideTheImageAndCanBeSigned() throws {
    try prepare()
    try site.write(["k": TestKeys.ed25519, "k.pub": TestKeys.ed25519Public], to: "keys")
    _ = try site.build(project, "--no-unikernel")
    let signed = try packc("image", "attest", "--key", "../keys/k", "--json").expect(exit: .done).json().value
    XCTAssertEqual(
      signed["signed"]?.array?.compactMap { $0["predicate_type"]?.string },
      ["https://cyclonedx.org/bom", "https://in-toto.io/attestation/scai/v0.3", "https://slsa.dev/provenance/v1"])
    try packc("image", "verify", "--key", "../keys/k.pub").expect(exit: .done)
    let cyclone = """
      import sys
      from cyclonedx.schema import SchemaVersion
      from cyclonedx.validation.json import JsonStrictValidator
      problem = JsonStrictValidator(SchemaVersion.V1_6).validate_str(open(sys.argv[1]).read())
      assert problem is None, problem
      print("good")
      """
    XCTAssertEqual(try Readers.python(cyclone, ["\(project)/.packc/sbom.cdx.json"]), "good\n")
    let bill = try JSONParser.parse(FileSystem.read(project / ".packc/sbom.cdx.json", limit: 16 << 20))
    let files = (bill["components"]?.array ?? []).flatMap { $0["evidence"]?["occurrences"]?.array ?? [] }
    let build = try JSONParser.parse(FileSystem.read(project / ".packc/build.json", limit: 16 << 20))
    XCTAssertGreaterThan(files.count, 3)
    XCTAssertLessThanOrEqual(files.count, build["files"]?.array?.count ?? 0)
    XCTAssertEqual((bill["components"]?.array ?? []).filter { $0["type"] == "file" }, [], "files without an owner")
    let printed = try packc("image", "sbom").expect(exit: .done).result.output
    XCTAssertEqual(try JSONParser.parse(printed), bill)
    let spdx = """
      import sys
      from spdx_tools.spdx.parser.parse_anything import parse_file
      from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document
      problems = validate_full_spdx_document(parse_file(sys.argv[1]))
      assert not problems, [p.validation_message for p in problems]
      print("good")
      """
    let other = try packc("image", "sbom", "--format", "spdx").expect(exit: .done).result.output
    try FileSystem.writeAtomically(other, to: site.directory / "shop.spdx.json")
    XCTAssertEqual(try Readers.python(spdx, ["\(site.directory / "shop.spdx.json")"]), "good\n")
    try packc("image", "sbom", "--format", "spdy").expect(exit: .usage).expect(standardErrorContains: "spdx")
  }

  func testProvenanceNamesTheCommitTheLockFilesAndWhetherTheTreeDiffers() throws {
    try prepare(more: ["go.sum": "example.com/x v1.0.0 h1:x\n"])
    func git(_ arguments: String...) throws {
      let line = ["git", "-C", "\(try project)", "-c", "user.name=t", "-c", "user.email=t@example.com"] + arguments
      XCTAssertTrue(try ProcessRunner().run(Command(line, timeout: 60)).succeeded, "\(arguments)")
    }
    try git("init", "-q")
    try git("add", "-A")
    try git("commit", "-q", "-m", "first")
    for isDirty in [false, true] {
      if isDirty { try site.write(["tree/note": "new"], to: "shop") }
      _ = try site.build(project, "--no-unikernel")
      let path = try project / ".packc/provenance.json"
      let document = try JSONParser.parse(FileSystem.read(path, limit: 1 << 20))
      let materials = document["buildDefinition"]?["resolvedDependencies"]?.array ?? []
      let source = materials.first { $0["name"] == "source" }
      XCTAssertEqual(source?["annotations"]?["dirty"], .bool(isDirty))
      XCTAssertEqual(source?["digest"]?["gitCommit"]?.string?.count, 40)
      let lock = materials.first { $0["name"] == "lock:go.sum" }
      XCTAssertEqual(
        lock?["digest"]?["sha256"]?.string, Digest(of: Array("example.com/x v1.0.0 h1:x\n".utf8)).hex)
    }
  }

  func testAReleaseHasGatesAndADebugBuildHasNone() throws {
    try prepare(more: ["tree/.env": "TOKEN=x\n", "tree/server.key": "-----BEGIN PRIVATE KEY" + "-----\nAAAA\n"])
    try site.packc("build", "\(project)", "--no-unikernel").run().expect(exit: .gateFailed)
      .expect(standardErrorContains: "no-secret-file: /srv/server.key")
    try site.packc("build", "\(project)", "--no-unikernel", "--debug").run().expect(exit: .done)
    let waived = "contract: {waivers: [{gate: no-secret-file, path: /srv/server.key, reason: a test's, until: %}]}\n"
    try prepare(contract: waived.replacing("%", with: "2020-01-01"))
    try site.packc("build", "\(project)", "--no-unikernel").run().expect(exit: .gateFailed)
      .expect(standardErrorContains: "its waiver ended on 2020-01-01")
    try prepare(contract: waived.replacing("%", with: "9999-12-31"))
    let result = try site.packc("build", "\(project)", "--no-unikernel", "--json").run().expect(exit: .done).json()
      .value
    XCTAssertEqual(try SchemaCheck("build.schema.json").problems(result), [])
    let gates = result["gates"]?.array ?? []
    XCTAssertEqual(
      gates.first { $0["gate"] == "no-secret-file" }?["waived"]?.array?.first?["reason"]?.string, "a test's")
    XCTAssertEqual(Set(gates.compactMap { $0["status"]?.string }), ["pass", "waived"], "\(gates)")
  }

  /// Names only: a value that stands in the environment or in `.env` is in nothing that packc writes.
  func testNoSecretValueReachesAnOutput() throws {
    let secret = "ghp_plantedValue4711plantedValue4711pl"
    try prepare(
      contract: "contract: {env: {required: [TOKEN]}}\n", more: [".env": "TOKEN=\(secret)\n", "k": TestKeys.ed25519])
    try site.environment["TOKEN"] = secret
    try site.packc("build", "\(project)", "--no-unikernel").run().expect(exit: .done)
    try packc("image", "attest", "--key-command", "cat k", "-v").expect(exit: .done)
    try packc("proofs", "record").expect(exit: .done)
    let key = TestKeys.ed25519.split(separator: "\n")[1]
    var files = 0
    for place in try [project / ".packc", site.home / "state", site.cache / "store/blobs"] {
      let found = try Tools.output("find", ["\(place)", "-type", "f"]).split(separator: "\n")
      files += found.count
      for file in found {
        let bytes = try FileSystem.read(HostPath(String(file)), limit: 64 << 20)
        XCTAssertNil(bytes.firstRange(of: Array(secret.utf8)), "\(file)")
        XCTAssertNil(bytes.firstRange(of: Array(key.utf8)), "\(file)")
      }
    }
    XCTAssertGreaterThan(files, 10)
  }
}
