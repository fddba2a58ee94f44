import Codec
import Glibc
import PackCore
import TestSupport
import XCTest

@testable import OCI

/// Layers that are made to fill a disk, a memory or a day. Each is read in a process of its own, whose address space,
/// processor time and files are limited by the kernel (setrlimit(2)).
final class BombTests: XCTestCase {
  private static let seconds = 20
  /// Above what the process has at its start. Bytes.
  private static let memory = 400 << 20

  private func refuse(_ name: String, _ code: String, says: String) throws {
    let result = try TestChild.run("BombTests/testChild", ["BOMB": name])
    XCTAssertTrue(result.succeeded, "\(name): \(result.end)\n\(result.outputText)\n\(result.errorText)")
    let line = result.outputText.split(separator: "\n").first { $0.hasPrefix("refused ") } ?? ""
    XCTAssertTrue(line.hasPrefix("refused \(code) ") && line.contains(says), "\(name): \(line)")
  }

  func testGzipOfZeros() throws { try refuse("gzip", "too_large", says: "become more than") }
  func testZstdOfZeros() throws { try refuse("zstd", "too_large", says: "become more than") }
  func testAFileOfZeros() throws { try refuse("file", "too_large", says: "zeros says it has 68719476736 bytes") }
  func testGzipInGzip() throws { try refuse("nested", "bad_archive", says: "Unrecognized") }
  func testEmptyMembersWithoutEnd() throws { try refuse("members", "too_large", says: "more than 100000 members") }
  func testEmptyFramesWithoutEnd() throws { try refuse("frames", "too_large", says: "more than 100000 frames") }
  func testEntriesWithoutEnd() throws { try refuse("entries", "too_large", says: "more than 5000") }
  func testHolesWithoutEnd() throws { try refuse("sparse", "too_large", says: "says it has") }
  func testAttributesWithoutEnd() throws { try refuse("attributes", "too_large", says: "names and attributes") }

  /// The child's part: reads the bomb to memory and to a directory.
  func testChild() throws {
    guard let name = TestChild["BOMB"] else { return }
    var limits = ReadingLimits()
    // Lower bounds, reached by the same code: an unoptimised build makes large bombs slowly.
    limits.entries = 5000
    limits.members = 100_000
    limits.metadata = 64 << 20
    let image = try Self.bomb(name)
    let directory = try TemporaryDirectory()
    try Self.limitThisProcess()
    for unpacks in [false, true] {
      do {
        let single = try SingleImage.open(image)
        if unpacks {
          try LayerUnpacker.unpack(single, to: directory / "rootfs", limits: limits)
        } else {
          _ = try ImageFiles.read(single, limits: limits)
        }
        XCTFail("nothing was thrown")
      } catch let failure as Failure {
        print("refused \(failure.code) \(failure.message)")
      }
      if unpacks { XCTAssertEqual(try directory.names(in: "rootfs"), []) }
    }
  }

  private static func limitThisProcess() throws {
    func set(_ resource: __rlimit_resource, _ value: UInt) {
      var limit = rlimit(rlim_cur: value, rlim_max: value)
      XCTAssertEqual(setrlimit(Int32(bitPattern: resource.rawValue), &limit), 0)
    }
    let pages = try FileSystem.read("/proc/self/statm").prefix { $0 != 0x20 }
    let now = (UInt(String(decoding: pages, as: UTF8.self)) ?? 0) * 4096
    set(RLIMIT_AS, now + UInt(memory))
    set(RLIMIT_CPU, UInt(seconds))
    set(RLIMIT_FSIZE, 1 << 30)
  }

  // MARK: making

  private static func bomb(_ name: String) throws -> MemoryImage {
    switch name {
    case "gzip": try zeros(.layerGzip, of: 1 << 30)
    case "zstd": try zeros(.layerZstd, of: 4 << 30)
    case "file": try file()
    case "nested": try MemoryImage([MemoryImage.compress(TarBuilder.make { $0.add("f") }, .layerGzip)])
    case "members": try stored(.layerGzip, repeating(MemoryImage.compress([], .layerGzip), 100_001))
    case "frames": try stored(.layerZstd, repeating([0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0], 100_001))
    case "entries":
      try MemoryImage([
        TarBuilder.make { builder in for index in 0...5000 { builder.add("d\(index % 100)/\(index)") } }
      ])
    case "sparse":
      try MemoryImage([
        TarBuilder.make { builder in
          for index in 0..<1000 {
            builder.pax([
              ("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.name", "hole\(index)"),
              ("GNU.sparse.realsize", "1000000"),
            ])
            builder.add("s", content: Array("0\n".utf8) + [UInt8](repeating: 0, count: 510))
          }
        }
      ])
    default:
      try MemoryImage([
        TarBuilder.make { builder in
          for index in 0..<1200 {
            builder.pax([("SCHILY.xattr.user.big", [UInt8](repeating: 0x41, count: 60_000))])
            builder.add("f\(index)")
          }
        }
      ])
    }
  }

  private static func repeating(_ unit: [UInt8], _ count: Int) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(unit.count * count)
    var run = unit
    var left = count
    // By doubling: an unoptimised build appends single pieces slowly.
    while left > 0 {
      if left & 1 == 1 { result += run }
      left >>= 1
      if left > 0 { run += run }
    }
    return result
  }

  private static func stored(_ format: MediaType, _ blob: [UInt8]) throws -> MemoryImage {
    try MemoryImage([[]], format: format, blobs: [0: blob])
  }

  /// The same compressed piece of zeros again and again: an archive without files, and its endless padding.
  private static func zeros(_ format: MediaType, of size: Int) throws -> MemoryImage {
    let piece = format == .layerGzip ? 1 << 20 : 4 << 20
    return try stored(
      format, repeating(MemoryImage.compress([UInt8](repeating: 0, count: piece), format), size / piece))
  }

  /// One file of 64 GiB of zeros, of which the header tells.
  private static func file() throws -> MemoryImage {
    let header = TarBuilder.make { $0.add("zeros", raw: [(124, [0x80, 0, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0])]) }
    let piece = try MemoryImage.compress([UInt8](repeating: 0, count: 4 << 20), .layerZstd)
    return try stored(
      .layerZstd, MemoryImage.compress(Array(header.prefix(512)), .layerZstd) + repeating(piece, 16384))
  }
}
