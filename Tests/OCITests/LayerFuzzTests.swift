import PackCore
import TestSupport
import XCTest

@testable import OCI

/// Archives, streams and documents that are nearly right: each is read, or refused as bad input; and what is read is the
/// same for whoever reads it.
final class LayerFuzzTests: XCTestCase {
  private struct Mutation {
    var random: SeededRandom

    /// A few changes: bits, bytes, numbers of headers, pieces taken out, put in and moved.
    mutating func change(_ bytes: inout [UInt8]) {
      for _ in 0..<Int.random(in: 1...6, using: &random) where !bytes.isEmpty {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        let length = Int.random(in: 1...600, using: &random)
        switch Int.random(in: 0..<9, using: &random) {
        case 0: bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &random)
        case 1: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 2: bytes.removeSubrange(place...)
        case 3: bytes.insert(contentsOf: bytes[place...].prefix(length), at: place)
        case 4: bytes.removeSubrange(place..<min(place + length, bytes.count))
        case 5: put([0xff, 0, 0x80, 0x2e, 0x2f, 0x37].randomElement(using: &random) ?? 0, place, &bytes)
        case 6: moveBlock(&bytes)
        case 7: retype(&bytes)
        default: seal(&bytes, block: place / 512)
        }
      }
    }

    private mutating func put(_ byte: UInt8, _ place: Int, _ bytes: inout [UInt8]) {
      for offset in place..<min(place + Int.random(in: 1...12, using: &random), bytes.count) { bytes[offset] = byte }
    }

    private mutating func moveBlock(_ bytes: inout [UInt8]) {
      let blocks = bytes.count / 512
      guard blocks > 1 else { return }
      let from = Int.random(in: 0..<blocks, using: &random) * 512
      let to = Int.random(in: 0..<blocks, using: &random) * 512
      bytes.replaceSubrange(to..<(to + 512), with: Array(bytes[from..<(from + 512)]))
    }

    /// Another kind of member, with a checksum that is right.
    private mutating func retype(_ bytes: inout [UInt8]) {
      let block = Int.random(in: 0...max(0, bytes.count / 512 - 1), using: &random)
      guard bytes.count >= block * 512 + 512 else { return }
      bytes[block * 512 + 156] = Array("01234567xgLKSVDMN\u{0}".utf8).randomElement(using: &random) ?? 0
      seal(&bytes, block: block)
    }

    /// The checksum of a header, made right, so that the change behind it is looked at.
    private func seal(_ bytes: inout [UInt8], block: Int) {
      let start = block * 512
      guard bytes.count >= start + 512 else { return }
      for offset in 148..<156 { bytes[start + offset] = 0x20 }
      let sum = bytes[start..<(start + 512)].reduce(0) { $0 + Int($1) }
      let text = String(sum, radix: 8)
      let digits = Array((String(repeating: "0", count: 6 - min(6, text.utf8.count)) + text).utf8.suffix(6))
      bytes.replaceSubrange((start + 148)..<(start + 154), with: digits)
      bytes[start + 154] = 0
    }
  }

  private static let honest: [[UInt8]] = [
    TarBuilder.make {
      $0.add("d/", "5", mode: 0o755)
      $0.add("d/f", mode: 0o4755, uid: 1000, content: [UInt8](repeating: 5, count: 1500))
      $0.add("d/h", "1", link: "d/f")
      $0.add("d/s", "2", link: "../../etc/passwd")
      $0.add("d/.wh.gone")
      $0.add("d/.wh..wh..opq")
      $0.add("null", "3")
    },
    TarBuilder.make {
      $0.pax([
        ("path", Array("long/grün".utf8)), ("mtime", Array("12.5".utf8)), ("SCHILY.xattr.user.a", [1, 0, 2]),
        ("size", Array("3".utf8)), ("uid", Array("70000".utf8)),
      ])
      $0.add("x", content: [1, 2, 3])
      $0.add("././@LongLink", "L", content: Array(String(repeating: "n/", count: 100).utf8) + [0])
      $0.add("x")
      $0.add("././@LongLink", "K", content: Array(String(repeating: "t/", count: 100).utf8) + [0])
      $0.add("y", "2", link: "z")
    },
    TarBuilder.make {
      $0.pax([
        ("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.name", "hole"),
        ("GNU.sparse.realsize", "5000"),
      ])
      $0.add(
        "GNUSparseFile.0/hole", content: Array("1\n1000\n3\n".utf8) + [UInt8](repeating: 0, count: 503) + [7, 8, 9])
      $0.add("f", content: [UInt8](repeating: 1, count: 10))
    },
    // What was found once stays here.
    HostileLayer.all.flatMap(\.layers).flatMap { Array($0.dropLast(1024)) },
  ]

  private static let limits: ReadingLimits = {
    var limits = ReadingLimits()
    limits.ratioFrom = 1 << 20
    return limits
  }()

  private func describe(_ files: ImageFiles) -> [String] {
    files.files.map { "\($0.entry) \($0.layer) \($0.digest?.hex ?? "")" }
  }

  func testMutatedArchivesAreReadOrRefused() throws {
    let seed = Fuzzing.seed(21)
    var mutation = Mutation(random: SeededRandom(seed: seed))
    let directory = try TemporaryDirectory()
    let outside = try directory.makeDirectory("outside")
    var readable = 0
    let rounds = Fuzzing.rounds(120)
    for round in 0..<rounds {
      var upper = Self.honest[round % Self.honest.count]
      mutation.change(&upper)
      let format = [MediaType.layerTar, .layerTar, .layerGzip, .layerZstd][round / 4 % 4]
      let image = try SingleImage.open(MemoryImage([Self.honest[0], upper], format: format))
      do {
        let files = try ImageFiles.read(image, limits: Self.limits)
        readable += 1
        XCTAssertEqual(Set(files.files.map(\.entry.path)).count, files.files.count)
        XCTAssertEqual(
          describe(files), describe(try ImageFiles.read(image, limits: Self.limits)), "\(round) of \(seed)")
      } catch let failure as Failure {
        XCTAssertEqual(failure.exit, .badInput, "round \(round) of seed \(seed): \(failure)")
      }
      guard round % 5 == 0 else { continue }
      do { try LayerUnpacker.unpack(image, to: outside / "../rootfs", limits: Self.limits) } catch {}
      try FileSystem.removeTree(directory / "rootfs")
      XCTAssertEqual(try directory.names(), ["outside"], "round \(round) of seed \(seed)")
      XCTAssertEqual(try directory.names(in: "outside"), [], "round \(round) of seed \(seed)")
    }
    XCTAssertGreaterThan(readable, rounds / 50, "the mutations are too hard: nothing is read")
  }

  /// What was unpacked is what was read: the two ways through the layers agree about every file.
  func testRandomTreesAreUnpackedAsTheyAreRead() throws {
    let seed = Fuzzing.seed(22)
    var random = SeededRandom(seed: seed)
    let directory = try TemporaryDirectory()
    for round in 0..<Fuzzing.rounds(25) {
      let layers = (0..<Int.random(in: 1...4, using: &random)).map { _ in randomLayer(&random) }
      let image = try SingleImage.open(MemoryImage(layers, format: .layerTar))
      let target = directory / "rootfs"
      let note = "round \(round) of seed \(seed)"
      do {
        let files = try ImageFiles.read(image)
        try LayerUnpacker.unpack(image, to: target)
        let found = try DirectoryWalk.sortedByPath(target).map(\.path)
        XCTAssertEqual(found, files.files.filter { $0.entry.kind != .special }.map(\.entry.path).sorted(), note)
        for file in files.files {
          guard let digest = file.digest else { continue }
          XCTAssertEqual(try FileSystem.digest(of: target / file.entry.path), digest, "\(note) \(file.entry.path)")
        }
      } catch let failure as Failure where failure.code == "unsafe_archive" {}
      try FileSystem.removeTree(target)
    }
  }

  private func randomLayer(_ random: inout SeededRandom) -> [UInt8] {
    let names = ["a", "b", "c", "a/x", "a/y", "b/x", "b/x/z", "c/x", "c/x/z"]
    return TarBuilder.make { builder in
      for name in names.shuffled(using: &random).prefix(Int.random(in: 1...6, using: &random)).sorted() {
        let parts = name.split(separator: "/")
        let whiteout = (parts.dropLast() + [".wh.\(parts.last ?? "")"]).joined(separator: "/")
        switch Int.random(in: 0..<9, using: &random) {
        case 0, 1: builder.add("\(name)/", "5", mode: 0o755)
        case 2, 3: builder.add(name, content: random.bytes(Int.random(in: 0...2000, using: &random)))
        case 4: builder.add(name, "2", link: "../a")
        case 5: builder.add(name, "1", link: names.randomElement(using: &random) ?? "a")
        case 6: builder.add(whiteout)
        case 7: builder.add("\(name)/.wh..wh..opq")
        default: builder.add(name, "3")
        }
      }
    }
  }
}
