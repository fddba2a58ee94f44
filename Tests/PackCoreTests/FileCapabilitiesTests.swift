import PackCore
import TestSupport
import XCTest

final class FileCapabilitiesTests: XCTestCase {
  /// What setcap(8) of libcap 2.66 wrote for the same text, read with getfattr(1).
  func testBytesAreThoseOfSetcap() throws {
    let rows: [(String, [UInt8])] = [
      ("cap_net_bind_service=ep", [1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
      ("cap_net_raw,cap_net_admin+p", [0, 0, 0, 2, 0, 0x30, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
      ("cap_bpf=ei", [1, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0, 0, 0]),
      ("CAP_CHOWN=pie", [1, 0, 0, 2, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
    ]
    for (text, bytes) in rows {
      let value = try XCTUnwrap(FileCapabilities(text), text)
      XCTAssertEqual(value.bytes, bytes, text)
      XCTAssertEqual(FileCapabilities(bytes: bytes), value, text)
    }
  }

  func testWhatIsNoCapability() {
    for text in [
      "", "=", "cap_net_raw", "cap_net_raw=", "cap_net_raw=e", "cap_net_raw=x", "cap_net_raw=pp", "=ep", "net_raw=ep",
      "cap_net_raw,=ep", "cap_nothing=p", "cap_net_raw=p cap_chown=p", " cap_net_raw=p", "cap_net_raw-p",
    ] { XCTAssertNil(FileCapabilities(text), text) }
    for bytes: [UInt8] in [
      [], [UInt8](repeating: 0, count: 20), [0, 0, 0, 3] + [UInt8](repeating: 0, count: 16),
      [2, 0, 0, 2] + [UInt8](repeating: 0, count: 16), [0, 0, 0, 2] + [UInt8](repeating: 0xff, count: 16),
      [0, 0, 0, 2] + [UInt8](repeating: 0, count: 20),
    ] { XCTAssertNil(FileCapabilities(bytes: bytes), "\(bytes)") }
  }

  func testRandomSetsReadBackFromTheirText() throws {
    let seed = Fuzzing.seed(31)
    var random = SeededRandom(seed: seed)
    for _ in 0..<Fuzzing.rounds(300) {
      let names = FileCapabilities.knownNames.filter { _ in Bool.random(using: &random) }
      let flags = ["p", "i", "ip", "ep", "ei", "eip"].randomElement(using: &random) ?? "p"
      guard !names.isEmpty else { continue }
      let text = "\(names.joined(separator: ","))=\(flags)"
      let value = try XCTUnwrap(FileCapabilities(text), "seed \(seed): \(text)")
      XCTAssertEqual(value.description, text, "seed \(seed)")
      XCTAssertEqual(FileCapabilities(bytes: value.bytes), value, "seed \(seed)")
      // Any bytes are read or refused, and what was read says the same again.
      let wild = random.bytes(20)
      if let read = FileCapabilities(bytes: wild) { XCTAssertEqual(read.bytes, wild, "seed \(seed)") }
    }
  }
}
