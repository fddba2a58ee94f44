import Glibc
import OCI
import PackCore
import Runner
import TestSupport
import XCTest

@testable import Deploy

/// Backups and bundles as files: what is written comes back, whole or not at all.
final class ParcelTests: XCTestCase {
  private func write(_ place: TemporaryDirectory, _ name: String, _ members: [(String, [UInt8])]) throws -> HostPath {
    let writer = try ParcelWriter(place / name)
    for (path, bytes) in members { try writer.add(path, bytes) }
    _ = try writer.commit()
    return place / name
  }

  private func read(_ path: HostPath) throws -> (members: [(String, [UInt8])], digest: Digest?) {
    let reader = try ParcelReader(path)
    var members: [(String, [UInt8])] = []
    while let member = try reader.next() { members.append((member.path, try reader.content(limit: 1 << 24))) }
    return (members, reader.digest)
  }

  func testMembersComeBackAndTarReadsThem() throws {
    let place = try TemporaryDirectory()
    var random = SeededRandom(seed: 1)
    let members = [0, 1, 511, 512, 513, 3 << 20].map { ("part/\($0)", random.bytes($0)) }
    let file = try write(place, "a.tar", members)
    let found = try read(file)
    XCTAssertEqual(found.members.map(\.0), members.map(\.0))
    XCTAssertEqual(found.members.map(\.1), members.map(\.1))
    XCTAssertEqual(try FileSystem.read(try write(place, "b.tar", members)), try FileSystem.read(file))
    XCTAssertEqual(try FileSystem.status(file)?.mode, 0o600)
    // Somebody without packc has his data, too, and can compare the digest.
    _ = try Tools.output("tar", ["-xf", "\(file)", "-C", "\(place.path)"])
    for (path, bytes) in members { XCTAssertEqual(try FileSystem.read(place / path), bytes, path) }
    let script = "head -c -\(512 + 512 + 1024) '\(file)' | sha256sum | cut -d' ' -f1 | cmp - '\(place / "sha256")'"
    _ = try Tools.output("/bin/sh", ["-c", script])
  }

  func testNothingTakesThePlaceOfWhatIsThere() throws {
    let place = try TemporaryDirectory()
    try place.write("mine", to: "a.tar")
    assertFailure("output_exists") { try ParcelWriter(place / "a.tar") }
    // One that is not committed leaves nothing.
    do { try ParcelWriter(place / "b.tar").add("x", [1]) }
    XCTAssertEqual(try place.names(), ["a.tar"])
  }

  func testAMutatedFileIsRefused() throws {
    let place = try TemporaryDirectory()
    var random = SeededRandom(seed: Fuzzing.seed(3))
    let good = try FileSystem.read(try write(place, "good", [("a", random.bytes(700)), ("b/c", random.bytes(20))]))
    XCTAssertEqual(try read(place.write(good, to: "same")).members.count, 2)
    for round in 0..<Fuzzing.rounds(400) {
      var bytes = good
      switch round % 4 {
      case 0: bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
      case 1: bytes.removeLast(Int.random(in: 1...bytes.count, using: &random))
      case 2: bytes += random.bytes(Int.random(in: 1...2000, using: &random))
      default:
        let cut = Int.random(in: 0..<bytes.count, using: &random)
        bytes.insert(contentsOf: random.bytes(Int.random(in: 1...1024, using: &random)), at: cut)
      }
      let file = try place.write(bytes, to: "bad")
      assertFailure("bad_parcel", exit: .badInput, "round \(round)") { try read(file) }
    }
  }

  /// Every header but the plain one: links, devices, other owners and modes, pax, paths that lead out.
  func testMutatedHeadersAreTakenOnlyWhenPlain() throws {
    for path in [
      "/etc/passwd", "../a", "a/../b", "a//b", "a/", "", ".", "a b", "ü", String(repeating: "a", count: 100),
    ] {
      XCTAssertNil(PlainMember(path: path, size: 1), path)
    }
    let good = try XCTUnwrap(PlainMember(path: "a/b", size: 5)).header
    var random = SeededRandom(seed: Fuzzing.seed(4))
    for round in 0..<Fuzzing.rounds(500) {
      var header = good
      // With a checksum that is right again, so that only the field speaks.
      let position = Int.random(in: 0..<512, using: &random)
      header[position] = UInt8.random(in: 0...255, using: &random)
      for place in 148..<156 { header[place] = 0x20 }
      let sum = header.reduce(0) { $0 + Int($1) }
      let digits = String(sum, radix: 8)
      let field = Array((String(repeating: "0", count: 6 - digits.utf8.count) + digits).utf8) + [0, 0x20]
      header.replaceSubrange(148..<156, with: field)
      guard let member = header.withUnsafeBytes({ PlainMember(header: $0) }) else { continue }
      XCTAssertEqual(member.header, header, "round \(round)")
      XCTAssertNotNil(PlainMember(path: member.path, size: member.size), "round \(round)")
    }
  }

  func testARandomDiskIsItsContentAndNotItsHoles() throws {
    let place = try TemporaryDirectory()
    var random = SeededRandom(seed: Fuzzing.seed(5))
    for round in 0..<Fuzzing.rounds(4) {
      let size = Int.random(in: 1..<(9 << 20), using: &random)
      var bytes = [UInt8](repeating: 0, count: size)
      for _ in 0..<Int.random(in: 0...8, using: &random) {
        let start = Int.random(in: 0..<size, using: &random)
        let count = min(size - start, Int.random(in: 1..<(1 << 20), using: &random))
        bytes.replaceSubrange(start..<(start + count), with: random.bytes(count))
      }
      let (stored, holes) = (try place.write(bytes, to: "stored.\(round)"), place / "holes.\(round)")
      var pieces: [(Int64, [UInt8])] = []
      try SparseFile(stored).eachPiece { pieces.append(($0, Array($1))) }
      do {
        let disk = try SparseFile(creating: holes, size: Int64(size))
        for (offset, piece) in pieces { try piece.withUnsafeBytes { try disk.write($0, at: offset) } }
      }
      XCTAssertEqual(try FileSystem.read(holes), bytes, "round \(round)")
      var again: [(Int64, [UInt8])] = []
      try SparseFile(holes).eachPiece { again.append(($0, Array($1))) }
      XCTAssertEqual(again.map(\.0), pieces.map(\.0), "round \(round)")
      XCTAssertEqual(again.map(\.1), pieces.map(\.1), "round \(round)")
    }
  }
}
