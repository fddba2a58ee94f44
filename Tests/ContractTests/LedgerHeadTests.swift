import PackCore
import TestSupport
import XCTest

@testable import Contract

final class LedgerHeadTests: XCTestCase {
  private func contract(_ host: String) throws -> ContractDocument {
    ContractDocument(subject: Digest(of: Array(host.utf8)), mode: .release, facts: [])
  }
  private let key = try! SigningKey(pem: Array(TestKeys.ed25519.utf8), name: "k")
  private let other = try! SigningKey(pem: Array(TestKeys.ecdsa.utf8), name: "o")

  private func made(_ count: Int, signedAfter: Int) throws -> (TemporaryDirectory, Ledger) {
    let directory = try TemporaryDirectory()
    let ledger = Ledger(directory: directory.path / "proofs")
    for number in 1...count {
      _ = try ledger.append(.release, name: "shop", image: nil, contract("\(number)"), time: Int64(number))
      if number == signedAfter { try ledger.signHead(with: key) }
    }
    return (directory, ledger)
  }

  private func lines(_ ledger: Ledger) throws -> [ArraySlice<UInt8>] {
    try FileSystem.read(ledger.directory / "proofs.jsonl").split(separator: UInt8(ascii: "\n"))
  }
  private func write(_ lines: some Sequence<ArraySlice<UInt8>>, _ ledger: Ledger) throws {
    try FileSystem.writeAtomically(
      lines.flatMap { Array($0) + [UInt8(ascii: "\n")] }, to: ledger.directory / "proofs.jsonl")
  }
  private func assertBad(_ ledger: Ledger, line: Int, at: UInt = #line) {
    XCTAssertThrowsError(try ledger.read(), line: at) { error in
      XCTAssertEqual((error as? Failure)?.code, "bad_ledger", "\(error)", line: at)
      XCTAssertEqual((error as? Failure)?.location?.line, line, "\(error)", line: at)
    }
  }

  func testTheHeadSaysWhoVouchesForHowMuch() throws {
    let (directory, ledger) = try made(3, signedAfter: 2)
    defer { withExtendedLifetime(directory) {} }
    let head = try XCTUnwrap(try ledger.read().head)
    XCTAssertEqual(head.entries, 2)
    XCTAssertTrue(head.isSigned(by: key.publicKey))
    XCTAssertFalse(head.isSigned(by: other.publicKey))
    try ledger.signHead(with: other)
    XCTAssertEqual(try ledger.read().head?.entries, 3)
    XCTAssertEqual(try ledger.read().head?.isSigned(by: key.publicKey), false)
  }

  /// Without a head a chain that was written anew is whole; with one it is not what was signed.
  func testAChainThatWasWrittenAnewIsFound() throws {
    let (directory, ledger) = try made(2, signedAfter: 2)
    defer { withExtendedLifetime(directory) {} }
    let original = try lines(ledger)
    try write([original[0]], ledger)
    assertBad(ledger, line: 2)
    try write([], ledger)
    assertBad(ledger, line: 1)
    // Other times: a chain that is whole by itself.
    let elsewhere = try TemporaryDirectory()
    let forged = Ledger(directory: elsewhere.path / "proofs")
    for number in 1...2 {
      _ = try forged.append(.release, name: "shop", image: nil, contract("\(number)"), time: Int64(number + 5))
    }
    XCTAssertNoThrow(try forged.read())
    try write(lines(forged), ledger)
    assertBad(ledger, line: 2)
    try write(original, ledger)
    XCTAssertNoThrow(try ledger.read())
  }

  func testAnyChangeOfTheHeadIsRefusedOrSomebodyElses() throws {
    let (directory, ledger) = try made(2, signedAfter: 2)
    defer { withExtendedLifetime(directory) {} }
    let file = ledger.directory / "head.dsse.json"
    let bytes = try FileSystem.read(file)
    var random = SeededRandom(seed: 7)
    for _ in 0..<300 {
      var changed = bytes
      changed[Int.random(in: changed.indices, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
      try FileSystem.writeAtomically(changed, to: file, durable: false)
      guard let head = try? ledger.read().head else { continue }
      // What can still be read stands for the same entries, or nobody has signed it.
      if head.isSigned(by: key.publicKey) {
        XCTAssertEqual(head.entries, 2)
        XCTAssertEqual(head.digest, try ledger.read().entries[1].digest)
      }
    }
  }
}
