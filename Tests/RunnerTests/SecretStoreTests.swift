import Glibc
import TestSupport
import XCTest

@testable import PackCore
@testable import Runner

/// The secrets at rest: who can read them, what is said when that fails, and what several processes do to each other.
final class SecretStoreTests: XCTestCase {
  private var directory: TemporaryDirectory!

  override func setUpWithError() throws { directory = try TemporaryDirectory("packc-secrets") }
  private var place: HostPath { directory.path / "packc/secrets" }

  private func store(_ more: [String: String] = [:]) throws -> SecretStore {
    var context = try HostContext.current()
    context.environment["XDG_STATE_HOME"] = directory.path.description
    context.environment["PACKC_SECRET_KEY_COMMAND"] = nil
    context.environment.merge(more) { $1 }
    return try SecretStore(context)
  }
  private func value(_ name: String, _ store: SecretStore) throws -> String? {
    try store.environment(of: [SecretReference(parsing: "\(name)=X")])["X"]
  }

  func testAValueIsKeptReplacedAndForgotten() throws {
    let store = try store()
    XCTAssertEqual(try store.names(), [])
    XCTAssertEqual(try store.remove([SecretName("A")]), [false])
    XCTAssertFalse(FileSystem.exists(place), "reading makes nothing")
    XCTAssertFalse(try store.set(SecretName("B"), Array("one\ntwo".utf8)))
    XCTAssertFalse(try store.set(SecretName("A"), Array("planted-value".utf8)))
    XCTAssertTrue(try store.set(SecretName("A"), Array("another-value".utf8)))
    XCTAssertEqual(try store.names(), ["A", "B"])
    XCTAssertEqual(try value("A", store), "another-value")
    XCTAssertEqual(try value("B", store), "one\ntwo")
    for name in try DirectoryWalk.names(in: place) {
      let file = place / String(decoding: name, as: UTF8.self)
      XCTAssertEqual(try FileSystem.status(file)?.mode, 0o600, "\(file)")
      let bytes = try FileSystem.read(file)
      XCTAssertNil(bytes.firstRange(of: Array("value".utf8)), "\(file)")
    }
    XCTAssertEqual(try FileSystem.status(place)?.mode, 0o700)
    XCTAssertEqual(try store.remove([SecretName("A"), SecretName("C")]), [true, false])
    XCTAssertEqual(try store.names(), ["B"])
    let unknown = assertFailure("unknown_secret", exit: .badInput) { try value("BB", store) }
    XCTAssertEqual(unknown?.hint, "did you mean B?")
  }

  func testNamesAndValuesThatCannotBeAreRefused() throws {
    for name in ["", "1A", "A B", "A=B", "Ä", "-A", "A.B", "A/B", String(repeating: "A", count: 64)] {
      assertFailure("bad_secret_name", exit: .usage, name) { try SecretName(name) }
    }
    XCTAssertEqual(try SecretReference(parsing: "A=B").variable, "B")
    XCTAssertEqual(try SecretReference(parsing: "A").variable, "A")
    assertFailure("bad_secret_name") { try SecretReference(parsing: "A=") }
    let store = try store()
    for value in [[], [0x41, 0], [0xff], [UInt8](repeating: 0x41, count: SecretStore.valueLimit + 1)] as [[UInt8]] {
      let failure = assertFailure("bad_secret", exit: .usage) { try store.set(SecretName("A"), value) }
      XCTAssertFalse(failure.debugDescription.contains("AA"))
    }
    XCTAssertFalse(try store.set(SecretName("A"), [UInt8](repeating: 0x41, count: SecretStore.valueLimit)))
    for number in 0..<255 { _ = try store.set(SecretName("N\(number)"), [0x41]) }
    assertFailure("too_many_secrets") { try store.set(SecretName("more"), [0x41]) }
    XCTAssertEqual(try store.names().count, 256)
  }

  func testAKeyThatIsNotTheRightOneIsToldFromDamage() throws {
    let store = try store()
    _ = try store.set(SecretName("A"), Array("x".utf8))
    let (file, key) = (place / "store", place / "key")
    let (sealed, digits) = (try FileSystem.read(file), try FileSystem.read(key))

    for change in [{ $0[$0.count - 1] ^= 1 }, { $0.removeLast() }, { $0 = Array("nonsense".utf8) }]
      as [(inout [UInt8]) -> Void]
    {
      var bytes = sealed
      change(&bytes)
      try FileSystem.writeAtomically(bytes, to: file)
      assertFailure("damaged_secrets", exit: .badInput) { try store.names() }
      assertFailure("damaged_secrets", "nothing is written over it") { try store.set(SecretName("B"), [0x41]) }
      XCTAssertEqual(try FileSystem.read(file), bytes)
    }
    try FileSystem.writeAtomically(Array("packc-secrets 2 x\nfuture".utf8), to: file)
    assertFailure("newer_secrets") { try store.names() }
    try FileSystem.writeAtomically(sealed, to: file)

    let other = String(repeating: "0f", count: 32)
    assertFailure("other_secret_key") { try self.store(["PACKC_SECRET_KEY_COMMAND": "echo \(other)"]).names() }
    try FileSystem.setMode(key, 0o640)
    assertFailure("open_secret_key", exit: .notPermitted) { try store.names() }
    try FileSystem.removeFile(key)
    assertFailure("no_secret_key") { try store.names() }
    assertFailure("no_secret_key", "no second key for the same store") { try store.set(SecretName("B"), [0x41]) }
    for text in ["", "12", other + "0", String(repeating: "g", count: 64), " " + other] {
      try FileSystem.writeAtomically(Array(text.utf8), to: key, mode: 0o600)
      assertFailure("bad_secret_key", exit: .badInput, text) { try store.names() }
    }
    try FileSystem.writeAtomically(digits, to: key, mode: 0o600)
    XCTAssertEqual(try value("A", store), "x")
  }

  func testAKeyFromACommandLeavesNoKeyHere() throws {
    let key = String(repeating: "0a", count: 32)
    let store = try store(["PACKC_SECRET_KEY_COMMAND": "echo $KEY", "KEY": key])
    _ = try store.set(SecretName("A"), Array("x".utf8))
    XCTAssertFalse(FileSystem.exists(place / "key"))
    XCTAssertEqual(try value("A", store), "x")
    let failed = assertFailure("secret_key_command") {
      try self.store(["PACKC_SECRET_KEY_COMMAND": "echo locked >&2; exit 3"]).names()
    }
    XCTAssertTrue(failed?.message.contains("exit code 3") ?? false)
    XCTAssertEqual(failed?.cause, "locked\n")
    assertFailure("bad_secret_key") { try self.store(["PACKC_SECRET_KEY_COMMAND": "true"]).names() }
  }

  /// Each of them reads what the others wrote.
  func testManyWritersAtOnceLoseNothing() throws {
    let store = try store()
    let names = (0..<40).map { "N\($0)" }
    var context = try HostContext.current()
    context.environment["XDG_STATE_HOME"] = directory.path.description
    let writers = try names.enumerated().map { index, name in
      try HostThread { [context] in
        try SecretStore(context).set(SecretName(name), Array("v\(index)".utf8))
      }
    }
    for writer in writers { _ = try writer.join() }
    XCTAssertEqual(Set(try store.names()), Set(names))
    for (index, name) in names.enumerated() { XCTAssertEqual(try value(name, store), "v\(index)") }
  }

  /// Whatever the file holds, it is read, or refused with the file's name.
  func testRandomDamageIsRefused() throws {
    let store = try store()
    _ = try store.set(SecretName("A"), Array("value".utf8))
    let sealed = try FileSystem.read(place / "store")
    let seed = Fuzzing.seed(31)
    var random = SeededRandom(seed: seed)
    for round in 0..<Fuzzing.rounds(200) {
      var bytes = sealed
      switch Int.random(in: 0...2, using: &random) {
      case 0: bytes[Int.random(in: bytes.indices, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
      case 1: bytes = Array(bytes.prefix(Int.random(in: 0..<bytes.count, using: &random)))
      default: bytes = random.bytes(Int.random(in: 0...200, using: &random))
      }
      try FileSystem.writeAtomically(bytes, to: place / "store", durable: false)
      XCTAssertThrowsError(try store.names(), "seed \(seed), round \(round)") { error in
        XCTAssertTrue((error as? Failure)?.message.contains("\(place)/store") ?? false, "\(error)")
      }
    }
  }
}
