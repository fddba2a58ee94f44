import PackCore
import TestSupport
import XCTest

@testable import Contract

final class ComparisonTests: XCTestCase {
  private func fact(
    _ id: String, _ kind: String, _ values: [String], _ closed: ContractFact.Closure = .closed,
    _ level: ContractFact.Level = .observed, tool: String = "1"
  ) -> ContractFact {
    ContractFact(
      id: id, kind: kind, values: values, closed: closed, level: level, subject: [Digest(of: [1])], method: "test",
      tool: ("analyser", tool), evidence: [.init(path: "/a", line: 3, sha256: Digest(of: [2]))], caveats: ["c"])
  }

  private func document(_ facts: ContractFact...) -> ContractDocument {
    ContractDocument(subject: Digest(of: [0]), mode: .release, facts: facts.sorted { $0.id < $1.id })
  }

  func testEachChangeHasItsVerdict() {
    let rows: [(String, ContractFact?, ContractFact?, Verdict)] = [
      ("nothing", fact("r", "routes", ["GET /"]), fact("r", "routes", ["GET /"]), .safe),
      ("a route more", fact("r", "routes", ["GET /"]), fact("r", "routes", ["GET /", "GET /x"]), .safeWithAdditions),
      ("a route less", fact("r", "routes", ["GET /", "GET /x"]), fact("r", "routes", ["GET /"]), .breaking),
      ("no routes known", fact("r", "routes", ["GET /"]), nil, .breaking),
      ("a port less", fact("p", "ports", ["80", "81"]), fact("p", "ports", ["80"]), .breaking),
      ("a needed variable more", fact("e", "env-required", []), fact("e", "env-required", ["URL"]), .breaking),
      ("a needed variable less", fact("e", "env-required", ["URL"]), fact("e", "env-required", []), .safeWithAdditions),
      ("a variable more", fact("e", "env-vars", []), fact("e", "env-vars", ["LOG"]), .safeWithAdditions),
      ("a host more", fact("h", "egress", []), fact("h", "egress", ["a:443"]), .reviewRequired),
      ("a host less", fact("h", "egress", ["a:443"]), fact("h", "egress", []), .safeWithAdditions),
      ("hosts at all", nil, fact("h", "egress", ["a:443"]), .reviewRequired),
      ("a shell", fact("s", "shells", []), fact("s", "shells", ["/bin/sh"]), .reviewRequired),
      ("a setuid file", fact("s", "setuid", []), fact("s", "setuid", ["/x"]), .reviewRequired),
      ("a new program", nil, fact("t", "elf-type", ["DYN"]), .reviewRequired),
      ("a list that opens", fact("h", "egress", []), fact("h", "egress", [], .open), .breaking),
      ("a list nobody knows", fact("h", "egress", []), fact("h", "egress", [], .unknown), .breaking),
      ("a list that closes", fact("h", "egress", [], .open), fact("h", "egress", []), .safe),
      ("a level less", fact("s", "shells", [], .closed, .proven), fact("s", "shells", []), .breaking),
      ("a level more", fact("s", "shells", []), fact("s", "shells", [], .closed, .proven), .safe),
      (
        "a property lost", fact("q", "property-read-only", ["true"]), fact("q", "property-read-only", ["false"]),
        .breaking
      ),
      ("a property gone", fact("q", "property-read-only", ["true"]), nil, .breaking),
      ("a weaker program", fact("x", "elf-relro", ["full"]), fact("x", "elf-relro", ["partial"]), .reviewRequired),
      ("a stronger program", fact("x", "elf-pie", ["false"]), fact("x", "elf-pie", ["true"]), .safe),
      ("more files", fact("f", "files", ["files=1"]), fact("f", "files", ["files=2"]), .safe),
      ("another analyser", fact("r", "routes", ["GET /"]), fact("r", "routes", [], tool: "2"), .incomparable),
      ("another analyser, the same", fact("r", "routes", ["GET /"]), fact("r", "routes", ["GET /"], tool: "2"), .safe),
      (
        "the author, read by another version", fact("d", "egress", [], .closed, .declared),
        fact("d", "egress", ["a:443"], .closed, .declared, tool: "2"), .reviewRequired
      ),
    ]
    for (name, before, after, verdict) in rows {
      let comparison = ContractComparison(
        before: ContractDocument(subject: Digest(of: [0]), mode: .release, facts: [before].compactMap { $0 }),
        after: ContractDocument(subject: Digest(of: [9]), mode: .release, facts: [after].compactMap { $0 }))
      XCTAssertEqual(comparison.verdict, verdict, "\(name): \(comparison.changes)")
      XCTAssertEqual(comparison.changes.map(\.verdict).max() ?? .safe, verdict, name)
    }
    XCTAssertEqual(ContractComparison(before: nil, after: document()).verdict, .none)
  }

  func testTheWorstComesFirstAndOutputsAreSafe() {
    let before = document(fact("a", "routes", ["GET /"]), fact("b", "egress", []))
    let after = document(fact("a", "routes", []), fact("b", "egress", ["<script>|`\u{1b}"]))
    let comparison = ContractComparison(before: before, after: after)
    XCTAssertEqual(comparison.changes.map(\.verdict), [.breaking, .reviewRequired])
    XCTAssertFalse(comparison.markdown.contains("<script>"), comparison.markdown)
    XCTAssertFalse(comparison.text.contains("\u{1b}"))
    XCTAssertTrue(comparison.svg.contains("breaking"))
  }

  func testADocumentIsReadAsItWasWritten() throws {
    let document = document(
      fact("a", "routes", ["GET /"], .open), fact("b", "egress", [], .unknown, .declared), fact("c", "x", ["1"]))
    let bytes = CanonicalJSON.encodePretty(document.json)
    XCTAssertEqual(try ContractDocument(parsing: bytes, name: "it").json, document.json)
    let statement = document.statement(about: Digest(of: [7]))
    let again = try Statement(parsing: CanonicalJSON.encode(statement.json), name: "it")
    XCTAssertEqual(try ContractDocument(again, name: "it")?.digest, document.digest)
    let program = """
      import sys
      from google.protobuf import json_format
      import in_toto_attestation.v1.statement_pb2 as pb
      import in_toto_attestation.predicates.scai.v0.scai_pb2 as scai
      from in_toto_attestation.v1.statement import Statement
      text = open(sys.argv[1]).read()
      statement = json_format.Parse(text, pb.Statement())
      Statement.copy_from_pb(statement).validate()
      report = json_format.ParseDict(json_format.MessageToDict(statement.predicate), scai.AttributeReport())
      print(statement.predicate_type, [a.attribute for a in report.attributes])
      """
    let directory = try TemporaryDirectory()
    try directory.write(CanonicalJSON.string(statement.json), to: "s.json")
    XCTAssertEqual(
      try Readers.python(program, ["s.json"], in: directory.path),
      "https://in-toto.io/attestation/scai/v0.3 ['dev.packc.contract', 'a', 'b', 'c']\n")
  }

  func testDamagedDocumentsAreRefused() throws {
    let good = CanonicalJSON.string(document(fact("a", "routes", []), fact("b", "egress", [])).json)
    let rows = [
      good.replacing("\"schema_version\":1", with: "\"schema_version\":2"),
      good.replacing("\"closed\":true", with: "\"closed\":1"),
      good.replacing("\"level\":\"observed\"", with: "\"level\":\"certain\""),
      good.replacing("\"id\":\"b\"", with: "\"id\":\"a\""),
      good.replacing("\"mode\":\"release\"", with: "\"mode\":\"x\""), "{}", "", String(good.dropLast()),
    ]
    for text in rows {
      XCTAssertThrowsError(try ContractDocument(parsing: Array(text.utf8), name: "it"), text) {
        XCTAssertEqual(($0 as? Failure)?.code, "bad_contract")
      }
    }
  }

  // MARK: Ledger

  func testTheLedgerIsAChain() throws {
    let directory = try TemporaryDirectory()
    let ledger = Ledger(directory: directory / "l")
    XCTAssertEqual(try ledger.read().entries, [])
    let one = document(fact("a", "routes", ["GET /"]))
    let two = document(fact("a", "routes", ["GET /", "GET /x"]))
    let three = document(fact("a", "routes", []))
    for (document, verdict) in [(one, Verdict.none), (two, .safeWithAdditions), (three, .breaking)] {
      let (entry, repaired) = try ledger.append(.release, name: "shop", image: Digest(of: [5]), document, time: 1)
      XCTAssertEqual(entry.verdict, verdict)
      XCTAssertFalse(repaired)
    }
    let contents = try ledger.read()
    XCTAssertEqual(contents.entries.map(\.verdict), [.none, .safeWithAdditions, .breaking])
    XCTAssertEqual(try ledger.find("HEAD~1", in: contents).contract, two.digest)
    XCTAssertEqual(try ledger.find(String(one.digest.hex.prefix(8)), in: contents).contract, one.digest)
    XCTAssertEqual(try ledger.document(of: contents.entries[0]).digest, one.digest)
    XCTAssertThrowsError(try ledger.find("HEAD~3", in: contents))
  }

  func testATornLineIsRepairedAndAChangedOneIsFound() throws {
    let directory = try TemporaryDirectory()
    let ledger = Ledger(directory: directory / "l")
    let path = directory / "l/proofs.jsonl"
    for number in 0..<3 {
      _ = try ledger.append(
        .deployment, name: "shop", image: nil, document(fact("a", "routes", ["GET /\(number)"])), time: Int64(number))
    }
    let good = try FileSystem.read(path)
    try FileSystem.writeAtomically(good + Array("{\"contract\":\"sha2".utf8), to: path)
    XCTAssertEqual(try ledger.read().tornBytes, 17)
    XCTAssertTrue(
      try ledger.append(.deployment, name: "shop", image: nil, document(fact("a", "routes", [])), time: 9).repaired)
    XCTAssertEqual(try ledger.read().entries.count, 4)
    XCTAssertEqual(try FileSystem.read(path).prefix(good.count), good[...])
    // One byte of any line but the last, which nothing names yet.
    let whole = try FileSystem.read(path)
    let lastLine = whole.dropLast().lastIndex(of: 0x0a) ?? 0
    for position in stride(from: 0, to: lastLine, by: 7) {
      var bytes = whole
      bytes[position] ^= 1
      try FileSystem.writeAtomically(bytes, to: path)
      XCTAssertThrowsError(try ledger.read(), "byte \(position)") {
        XCTAssertEqual(($0 as? Failure)?.code, "bad_ledger")
      }
    }
    // A line that is taken out.
    let lines = whole.split(separator: 0x0a)
    try FileSystem.writeAtomically(Array((lines[..<1] + lines[2...]).joined(separator: [0x0a])) + [0x0a], to: path)
    XCTAssertThrowsError(try ledger.read())
  }

  // MARK: Gates

  func testGatesPassOnlyOnWhatIsProvenAndWhole() throws {
    let today = try XCTUnwrap(CalendarDate("2026-12-01"))
    let shell = fact("rootfs.shells", "shells", ["/bin/sh"], .closed, .proven)
    func status(_ fact: ContractFact?, _ waivers: Waiver...) -> GateCheck.Status? {
      let document = ContractDocument(subject: Digest(of: [0]), mode: .release, facts: [fact].compactMap { $0 })
      return GateCheck(document, unowned: nil, waivers: waivers, today: today).results.first { $0.gate == .noShell }?
        .status
    }
    func waiver(_ path: String?, _ until: String?, gate: SecurityGate = .noShell) -> Waiver {
      Waiver(gate: gate, path: path.flatMap { RootPath($0) }, reason: "r", until: until.flatMap { CalendarDate($0) })
    }
    XCTAssertEqual(status(shell), .fail)
    XCTAssertEqual(status(fact("rootfs.shells", "shells", [], .closed, .proven)), .pass)
    XCTAssertEqual(status(nil), .notChecked)
    XCTAssertEqual(status(fact("rootfs.shells", "shells", [], .unknown, .proven)), .notChecked)
    XCTAssertEqual(status(fact("rootfs.shells", "shells", [], .closed, .observed)), .notChecked)
    XCTAssertEqual(status(shell, waiver("bin/sh", nil)), .waived)
    XCTAssertEqual(status(shell, waiver(nil, "2026-12-01")), .waived)
    XCTAssertEqual(status(shell, waiver("bin/sh", "2026-11-30")), .fail, "it has ended")
    XCTAssertEqual(status(shell, waiver("bin/bash", nil)), .fail)
    XCTAssertEqual(status(shell, waiver("bin/sh", nil, gate: .noSetuid)), .fail)
    let old = GateCheck(
      document(shell), unowned: [RootPath(literal: "x")], waivers: [waiver("bin/sh", "2026-11-30")], today: today)
    XCTAssertEqual(old.failure?.exit, .gateFailed)
    XCTAssertTrue(old.failure?.message.contains("its waiver ended on 2026-11-30") == true, "\(old.failure as Any)")
    XCTAssertEqual(old.results.filter { $0.status == .fail }.map(\.gate), [.noShell, .ownedFiles])
    let root = fact("rootfs.user", "user", ["0:0"], .closed, .proven)
    XCTAssertEqual(
      GateCheck(document(root), unowned: [], waivers: [], today: today).results.filter { $0.status == .fail }.map(
        \.gate),
      [.nonRootUser])
  }

  func testDaysAreCountedAsDateDoes() {
    for (days, text) in [
      (Int64(0), "1970-01-01"), (59, "1970-03-01"), (11_016, "2000-02-29"), (20_788, "2026-12-01"),
      (2_932_896, "9999-12-31"),
    ] { XCTAssertEqual(CalendarDate(daysSince1970: days).description, text) }
    for days in stride(from: Int64(0), to: 200_000, by: 61) {
      XCTAssertNotNil(CalendarDate(CalendarDate(daysSince1970: days).description), "\(days)")
    }
  }
}
