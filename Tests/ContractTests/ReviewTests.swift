import PackCore
import TestSupport
import XCTest

@testable import Contract

/// Plans, decisions and grants.
final class ReviewTests: XCTestCase {
  private let today = CalendarDate("2026-12-01")!
  private func image(_ number: Int) -> Digest { Digest(of: [UInt8(number)]) }

  private func contract(routes: [String] = ["GET /", "GET /users"], needs: [String] = [], hosts: [String] = [])
    -> ContractDocument
  {
    func fact(_ id: String, _ kind: String, _ values: [String]) -> ContractFact {
      ContractFact(
        id: id, kind: kind, values: values, closed: .closed, level: .observed, subject: [], method: "m",
        tool: ("t", "1"))
    }
    return ContractDocument(
      subject: Digest(of: [1]), mode: .release,
      facts: [
        fact("source.egress", "egress", hosts), fact("source.env-required", "env-required", needs),
        fact("source.routes", "routes", routes),
      ])
  }

  private func book(_ directory: TemporaryDirectory, _ day: String = "2026-12-01", project: String = "p") -> ReviewBook
  {
    ReviewBook(ledger: Ledger(directory: directory / project), today: CalendarDate(day)!)
  }

  private func failure(_ body: () throws -> Void) -> Failure? {
    do { try body() } catch { return error as? Failure }
    return nil
  }

  func testWhatBreaksWaitsAndTheFirstDeploymentDoesNot() throws {
    let directory = try TemporaryDirectory()
    let book = book(directory)
    let first = try book.card("shop", contract(), replacing: nil, isFirst: true)
    XCTAssertEqual(first.state, .passes)
    XCTAssertEqual(first.comparison.verdict, .none)
    try book.judge(first, confirms: false, keeps: true)
    try book.deployed(first, image: image(1), time: 1)

    let rows: [(ContractDocument, Verdict, ReviewCard.State)] = [
      (contract(), .safe, .passes), (contract(routes: ["GET /", "GET /users", "GET /x"]), .safeWithAdditions, .passes),
      (contract(hosts: ["a.example"]), .reviewRequired, .passes),
      (contract(needs: ["KEY"]), .breaking, .pending), (contract(routes: ["GET /"]), .breaking, .pending),
    ]
    for (document, verdict, state) in rows {
      let card = try book.card("shop", document, replacing: image(1), isFirst: false)
      XCTAssertEqual(card.comparison.verdict, verdict)
      XCTAssertEqual(card.state, state)
      XCTAssertEqual(card.concerns.isEmpty, verdict < .reviewRequired)
      let found = failure { try book.judge(card, confirms: false, keeps: false) }
      XCTAssertEqual(found?.code, state == .pending ? "contract_broken" : nil)
      XCTAssertEqual(found?.exit, state == .pending ? .drift : nil)
      XCTAssertNoThrow(try book.judge(card, confirms: true, keeps: true))
    }
    XCTAssertEqual(try book.plannedNames(), [], "what was only asked, or confirmed, waits for nobody")
    // Another name has nothing to break.
    XCTAssertEqual(try book.card("other", contract(routes: []), replacing: nil, isFirst: false).state, .passes)
  }

  func testADecisionIsOfOnePlanAlone() throws {
    let directory = try TemporaryDirectory()
    let book = book(directory)
    try book.deployed(book.card("shop", contract(), replacing: nil, isFirst: true), image: image(1), time: 1)
    func card(_ document: ContractDocument) throws -> ReviewCard {
      try book.card("shop", document, replacing: image(1), isFirst: false)
    }
    let (one, two) = (contract(routes: ["GET /"]), contract(routes: ["GET /users"]))
    XCTAssertNotNil(failure { try book.judge(card(one), confirms: false, keeps: true) })
    XCTAssertEqual(try book.plannedNames(), ["shop"])
    let planned = try XCTUnwrap(try book.planned("shop"))
    XCTAssertEqual(planned.document.digest, one.digest)
    XCTAssertEqual(planned.state, .pending)
    try book.decide(planned, approves: true, by: "ann", reason: "nobody calls it")
    XCTAssertEqual(try card(one).state, .approved)
    XCTAssertTrue(try card(one).text.contains("approved by ann: nobody calls it"))
    XCTAssertNoThrow(try book.judge(card(one), confirms: false, keeps: true))
    XCTAssertEqual(try card(two).state, .pending, "another plan")

    try book.decide(card(two), approves: false, by: "ann", reason: nil)
    let rejected = failure { try book.judge(card(two), confirms: true, keeps: true) }
    XCTAssertEqual(rejected?.code, "contract_rejected")
    XCTAssertEqual(rejected?.exit, .drift)
    try book.decide(card(two), approves: true, by: "bob", reason: nil)
    try book.deployed(card(two), image: image(2), time: 2)
    XCTAssertNil(try book.planned("shop"))
    XCTAssertEqual(try book.ledger.read().entries.map(\.verdict), [.none, .breaking])
    // It is compared with what runs, and not with what came last.
    let back = try book.card("shop", two, replacing: image(1), isFirst: false)
    XCTAssertEqual(back.baseline?.digest, contract().digest)
    XCTAssertEqual(try book.card("shop", two, replacing: image(9), isFirst: false).baseline?.digest, two.digest)
    try book.rolledBack("shop", image: image(1), time: 3)
    try book.rolledBack("shop", image: image(9), time: 3)
    XCTAssertEqual(try book.ledger.read().entries.map(\.contract), [contract().digest, two.digest, contract().digest])
  }

  func testAGrantCoversItsValuesUntilItsDay() throws {
    let directory = try TemporaryDirectory()
    let book = book(directory)
    let first = try book.card("shop", contract(), replacing: nil, isFirst: true)
    try book.deployed(first, image: image(1), time: 1)
    XCTAssertEqual(
      failure { _ = try book.grant(first, by: "ann", reason: nil, until: today) }?.code, "nothing_to_grant")
    func state(_ book: ReviewBook, _ document: ContractDocument) throws -> ReviewCard.State {
      try book.card("shop", document, replacing: image(1), isFirst: false).state
    }
    let narrow = contract(routes: ["GET /"], hosts: ["a.example"])
    let card = try book.card("shop", narrow, replacing: image(1), isFirst: false)
    let until = CalendarDate("2026-12-31")!
    let granted = try book.grant(card, by: "ann", reason: "gone", until: until)
    XCTAssertEqual(granted.map(\.value), ["GET /users", "a.example"])
    XCTAssertEqual(try state(book, narrow), .granted)
    XCTAssertEqual(try state(book, contract(routes: ["GET /"])), .granted)
    XCTAssertEqual(try state(book, contract(routes: [])), .pending, "a value without a grant")
    XCTAssertEqual(try state(book, contract(routes: ["GET /"], needs: ["KEY"])), .pending, "another fact")
    XCTAssertEqual(try state(self.book(directory, "2026-12-31"), narrow), .granted)
    XCTAssertEqual(try state(self.book(directory, "2027-01-01"), narrow), .pending, "its day is over")
    XCTAssertEqual(
      failure { _ = try book.grant(card, by: "a", reason: nil, until: CalendarDate("2026-11-30")!) }?.code,
      "wrong_usage")
    // Granted again: the newer one holds, and no other is lost.
    _ = try book.grant(card, by: "bob", reason: nil, until: CalendarDate("2027-06-01")!)
    XCTAssertEqual(try book.grants().map(\.approver), ["bob", "bob"])

    // A copied file grants nothing to another project.
    try FileSystem.createDirectory(directory / "q")
    try FileSystem.copyFile(directory / "p/grants.json", to: directory / "q/grants.json", mode: 0o600)
    XCTAssertEqual(
      failure { _ = try self.book(directory, project: "q").grants() }?.code, "bad_review")

    let grants = try book.grants()
    XCTAssertEqual(failure { _ = try book.revoke("beef") }?.code, "no_grant")
    XCTAssertEqual(failure { _ = try book.revoke("") }?.code, "no_grant")
    XCTAssertEqual(try book.revoke(String(grants[1].id.prefix(6))), grants[1])
    XCTAssertEqual(try book.grants(), [grants[0]])
    XCTAssertEqual(try state(book, contract(routes: ["GET /"])), .pending)
  }

  /// One that lists nothing, such as a list that is not whole any more, has grants of its own.
  func testAnOpenedListIsGranted() throws {
    let directory = try TemporaryDirectory()
    let book = book(directory)
    try book.deployed(book.card("shop", contract(), replacing: nil, isFirst: true), image: nil, time: 1)
    var facts = contract().facts
    facts[2].closed = .open
    let open = ContractDocument(subject: Digest(of: [1]), mode: .release, facts: facts)
    let card = try book.card("shop", open, replacing: nil, isFirst: false)
    XCTAssertEqual(card.state, .pending)
    XCTAssertEqual(try book.grant(card, by: "ann", reason: nil, until: today).map(\.value), [nil])
    XCTAssertEqual(try book.card("shop", open, replacing: nil, isFirst: false).state, .granted)
  }

  /// A question has an end, whatever a contract lists.
  func testALongListIsNamedInPart() throws {
    let directory = try TemporaryDirectory()
    let book = book(directory)
    try book.deployed(book.card("shop", contract(), replacing: nil, isFirst: true), image: nil, time: 1)
    let hosts = (1...30).map { "h\($0).example" } + ["bad\u{1b}[2J.example"]
    let card = try book.card("shop", contract(hosts: hosts.reversed()), replacing: nil, isFirst: false)
    XCTAssertEqual(card.concerns.count, 1)
    XCTAssertTrue(card.concerns[0].contains("h30.example"), card.concerns[0])
    XCTAssertTrue(card.concerns[0].contains("and 23 more"), card.concerns[0])
    XCTAssertFalse(card.concerns[0].contains("\u{1b}"))
    XCTAssertEqual(card.json["changes"]?.array?.first?["values"]?.array?.count, 31)
  }

  /// Whatever bytes lie there: read as what was written, or refused.
  func testRandomDamageGrantsNothing() throws {
    let directory = try TemporaryDirectory()
    let book = book(directory)
    try book.deployed(book.card("shop", contract(), replacing: nil, isFirst: true), image: nil, time: 1)
    let card = try book.card("shop", contract(routes: []), replacing: nil, isFirst: false)
    _ = try book.grant(card, by: "ann", reason: nil, until: today)
    try book.decide(card, approves: true, by: "ann", reason: nil)
    let files = ["p/grants.json", "p/reviews/shop.json"].map { directory.path / HostPath($0) }
    for file in files {
      let good = try FileSystem.read(file)
      var random = SeededRandom(seed: Fuzzing.seed(11))
      for _ in 0..<Fuzzing.rounds(300) {
        var bytes = good
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes.removeLast(Int.random(in: 1...bytes.count, using: &random))
        case 1: bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
        default: bytes.insert(UInt8.random(in: 0...255, using: &random), at: bytes.count / 2)
        }
        try FileSystem.writeAtomically(bytes, to: file, durable: false)
        if let failure = failure({ _ = try book.card("shop", contract(routes: []), replacing: nil, isFirst: false) }) {
          XCTAssertEqual(failure.code, "bad_review", "\(failure)")
        }
      }
      try FileSystem.writeAtomically(good, to: file)
    }
  }
}
