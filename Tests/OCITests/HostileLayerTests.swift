import Codec
import Glibc
import PackCore
import TestSupport
import XCTest

@testable import OCI

/// Every line of the checklist of what a stranger's archive may try (docs/images.md).
final class HostileLayerTests: XCTestCase {
  /// Refused by whoever reads it, with what and where; and nothing is made of it, inside the target or outside.
  func testEachIsRefusedAndLeavesNothing() throws {
    let directory = try TemporaryDirectory()
    try directory.makeDirectory("a/b/c")
    let target = directory / "a/b/c/rootfs"
    for hostile in HostileLayer.all {
      for format in [MediaType.layerTar, .layerGzip, .layerZstd] {
        let image = try SingleImage.open(MemoryImage(hostile.layers, format: format))
        let layer = try XCTUnwrap(image.layers.last).descriptor.digest.short
        for unpacks in [false, true] {
          let failure = TestSupport.assertFailure(hostile.code, exit: .badInput, hostile.name) {
            if unpacks { _ = try LayerUnpacker.unpack(image, to: target) } else { _ = try ImageFiles.read(image) }
          }
          for text in ["memory: layer \(layer):"] + hostile.says {
            XCTAssertTrue(
              failure?.message.contains(text) == true, "\(hostile.name): no \(text) in: \(failure?.message ?? "")")
          }
          if unpacks { XCTAssertEqual(try DirectoryWalk.names(in: target), [], hostile.name) }
        }
      }
    }
    XCTAssertEqual(
      try DirectoryWalk.sortedByPath(directory.path).map(\.path.description), ["a", "a/b", "a/b/c", "a/b/c/rootfs"])
  }

  /// What looks odd and is honest: real tools write all of it.
  func testWhatHonestToolsWriteIsRead() throws {
    let rows: [(String, (inout TarBuilder) -> Void, [String])] = [
      (
        "names as tar, docker and bazel write them",
        {
          $0.add("./", "5")
          $0.add("./a/", "5")
          $0.add("/b")
          $0.add("a/c")
        }, ["a", "a/c", "b"]
      ),
      (
        "a directory twice",
        {
          $0.add("d/", "5")
          $0.add("d/f")
          $0.add("d/", "5", mode: 0o700)
        }, ["d", "d/f"]
      ),
      ("a link out of the root, as text", { $0.add("s", "2", link: "../../../etc/shadow") }, ["s"]),
      (
        "set-user-ID and devices",
        {
          $0.add("su", mode: 0o4755); $0.add("null", "3")
        }, ["null", "su"]
      ),
      (
        "times before 1970",
        {
          $0.pax([("mtime", "-1.5")]); $0.add("f")
        }, ["f"]
      ),
      (
        "names that differ in case",
        {
          $0.add("Makefile"); $0.add("makefile")
        }, ["Makefile", "makefile"]
      ),
      (
        "a name that begins with two dots",
        {
          $0.add("..data"); $0.add("..."); $0.add(".whale")
        }, ["...", "..data", ".whale"]
      ),
      ("nothing", { _ in }, []),
    ]
    for (name, body, paths) in rows {
      let files = try ImageFiles.read(SingleImage.open(MemoryImage([TarBuilder.make(body)])))
      XCTAssertEqual(files.files.map(\.entry.path.description), paths, name)
    }
    XCTAssertEqual(try ImageFiles.read(SingleImage.open(MemoryImage([[]], format: .layerTar))).files.count, 0)
  }

  // MARK: streams

  func testBlobsThatAreNotWhatTheySay() throws {
    let good = TarBuilder.make { $0.add("f", content: [UInt8](repeating: 7, count: 50_000)) }
    let gzip = try MemoryImage.compress(good, .layerGzip)
    let zstd = try MemoryImage.compress(good, .layerZstd)
    func image(_ format: MediaType, _ blob: [UInt8]) throws -> MemoryImage {
      try MemoryImage([good], format: format, blobs: [0: blob])
    }
    let rows: [(String, MemoryImage, String, String)] = [
      ("zstd that says gzip", try image(.layerGzip, zstd), "bad_compression", "incorrect header"),
      ("gzip that says zstd", try image(.layerZstd, gzip), "bad_compression", "no frame"),
      ("gzip that says tar", try image(.layerTar, gzip), "bad_archive", "Unrecognized"),
      ("a cut gzip stream", try image(.layerGzip, gzip.dropLast(9)), "bad_compression", "within a member"),
      ("a cut zstd stream", try image(.layerZstd, zstd.dropLast(3)), "bad_compression", "within a frame"),
      ("an empty blob", try image(.layerGzip, []), "bad_compression", "it is empty"),
      ("garbage behind gzip", try image(.layerGzip, gzip + [1, 2, 3]), "bad_compression", "in member 2"),
      ("garbage behind zstd", try image(.layerZstd, zstd + [1, 2, 3, 4]), "bad_compression", "what follows frame"),
      (
        "a window of two gigabytes",
        try image(.layerZstd, [0x28, 0xb5, 0x2f, 0xfd, 0, 21 << 3] + [UInt8](repeating: 0, count: 20)), "too_large",
        "window of 2147483648 bytes"
      ),
      (
        "another archive than the config's", try MemoryImage([good], diffIDs: [0: Digest(of: [1])]), "damaged_image",
        "diff_id"
      ),
    ]
    for (name, image, code, text) in rows {
      let failure = TestSupport.assertFailure(code, exit: .badInput, name) {
        try ImageFiles.read(SingleImage.open(image))
      }
      XCTAssertTrue(failure?.message.contains(text) == true, "\(name): \(failure?.message ?? "")")
      XCTAssertTrue(
        failure?.message.contains("layer \(Digest(of: image.blobs[try layer(image)] ?? []).short)") == true, name)
    }
  }

  private func layer(_ image: MemoryImage) throws -> Digest { try SingleImage.open(image).layers[0].descriptor.digest }

  /// A blob with other bytes is said to be that, whatever its bytes lead to.
  func testADamagedBlobIsSaidToBeDamaged() throws {
    let good = TarBuilder.make { builder in
      for index in 0..<200 { builder.add("f\(index)", content: [UInt8](repeating: UInt8(index), count: 3000)) }
    }
    for format in [MediaType.layerTar, .layerGzip, .layerZstd] {
      let image = try MemoryImage([good], format: format)
      let digest = try layer(image)
      let count = try XCTUnwrap(image.blobs[digest]).count
      for place in [0, 1, 300, count / 2, count - 1] {
        var damaged = image
        damaged.blobs[digest]?[place] ^= 0x55
        let failure = TestSupport.assertFailure("damaged_image", exit: .badInput, "\(format) \(place)") {
          try ImageFiles.read(SingleImage.open(damaged))
        }
        XCTAssertTrue(failure?.message.contains("have the digest") == true, failure?.message ?? "")
      }
    }
  }

  func testLimitsAreTheCallersToo() throws {
    var rows: [(String, (inout ReadingLimits) -> Void, String)] = []
    rows.append(("entries", { $0.entries = 9 }, "more than 9"))
    rows.append(("depth", { $0.depth = 1 }, "the limit is 1"))
    rows.append(("names", { $0.nameLength = 1 }, "the limit is 1"))
    rows.append(("paths", { $0.pathLength = 2 }, "the limit is 2"))
    rows.append(("metadata", { $0.metadata = 10 }, "more than 10 bytes"))
    rows.append(("size", { $0.layerSize = 2000 }, "2000"))
    rows.append(("ratio", { ($0.ratio, $0.ratioFrom) = (2, 1000) }, "2 times"))
    rows.append(("members", { $0.members = 0 }, "more than 0 members"))
    rows.append(("layers", { $0.layers = 0 }, "the limit is 0"))
    let image = try SingleImage.open(
      MemoryImage([TarBuilder.make { builder in for index in 0..<10 { builder.add("d/f\(index)", content: [1]) } }]))
    XCTAssertEqual(try ImageFiles.read(image).files.count, 11)
    for (name, change, text) in rows {
      var limits = ReadingLimits()
      change(&limits)
      do {
        _ = try ImageFiles.read(image, limits: limits)
        XCTFail("\(name): nothing was thrown")
      } catch let failure as Failure {
        XCTAssertEqual(failure.exit, .badInput, name)
        XCTAssertTrue(failure.message.contains(text), "\(name): \(failure.message)")
      }
    }
  }
}
