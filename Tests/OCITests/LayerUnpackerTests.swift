import Glibc
import PackCore
import TestSupport
import XCTest

@testable import OCI

final class LayerUnpackerTests: XCTestCase {
  private func unpack(_ layers: [[UInt8]], to target: HostPath) throws -> LayerUnpacker.Summary {
    try LayerUnpacker.unpack(SingleImage.open(MemoryImage(layers)), to: target)
  }

  func testWhatPackcWroteComesBack() throws {
    for compression in [LayerCompression.gzip, .zstd(level: 3)] {
      let scratch = try Scratch()
      var filesystem = RootFilesystem()
      for (role, path, content) in [
        (LayerRole.runtime, "lib", .link(Array("usr/lib".utf8))),
        (.runtime, "usr/lib/libx.so", .bytes([1, 2, 3])), (.application, "usr/lib/app", .bytes([4])),
        (.application, "srv/grün", .bytes([5])),
      ] as [(LayerRole, String, RootFilesystem.Entry.Content)] {
        try filesystem.insert(
          .init(path: XCTUnwrap(RootPath(path)), content: content, mode: 0o755, layer: role, origin: "test"))
      }
      let layers = try filesystem.layers().map {
        try LayerWriter.write($0, compression: compression, store: scratch.store)
      }
      let layout = scratch.root / "image"
      try ImageBuilder.write(
        image: ImageDescription(platform: .host, entrypoint: ["/usr/lib/app"]), layers: layers, store: scratch.store,
        layout: layout, tag: "t")
      let target = scratch.root / "rootfs"
      try LayerUnpacker.unpack(SingleImage.open(LayoutSource(layout: layout)), to: target)
      XCTAssertEqual(
        try DirectoryWalk.sortedByPath(target).map(\.path.description),
        ["lib", "srv", "srv/grün", "usr", "usr/lib", "usr/lib/app", "usr/lib/libx.so"])
      XCTAssertEqual(try FileSystem.read(target / "lib/libx.so"), [1, 2, 3])
      XCTAssertEqual(try FileSystem.status(target / "usr/lib/app")?.mode, 0o755)
    }
  }

  func testModesTimesAndLinksAreThoseOfTheLayersUnderAnyUmask() throws {
    let before = umask(0o777)
    defer { umask(before) }
    let directory = try TemporaryDirectory()
    let target = directory / "rootfs"
    let summary = try unpack(
      [
        TarBuilder.make {
          $0.add("./", "5", mode: 0o751, time: 5)
          $0.add("closed/", "5", mode: 0o500, time: 77)
          $0.add("closed/f", mode: 0o640, time: 1234, content: [1])
          $0.add("closed/none", mode: 0, content: [1])
          $0.add("set", mode: 0o4755)
          $0.add("s", "2", link: "/etc/passwd", time: 99)
          $0.add("closed/h", "1", link: "/closed/f")
          $0.add("device", "3")
          $0.add("pipe", "6")
          $0.add("implied/x", mode: 0o600)
        }
      ], to: target)
    func status(_ name: String) throws -> FileStatus { try XCTUnwrap(FileSystem.status(target / name)) }
    XCTAssertEqual(try status(".").mode, 0o751)
    XCTAssertEqual(try status("closed").mode, 0o500)
    XCTAssertEqual(try status("closed").modified, 77_000_000_000)
    XCTAssertEqual(try status("closed/f").mode, 0o640)
    XCTAssertEqual(try status("closed/f").modified, 1_234_000_000_000)
    XCTAssertEqual(try status("closed/none").mode, 0)
    XCTAssertEqual(try status("set").mode, 0o4755)
    XCTAssertEqual(try status("s").modified, 99_000_000_000)
    XCTAssertEqual(try FileSystem.linkTarget(target / "s"), Array("/etc/passwd".utf8))
    XCTAssertEqual(try status("closed/h").inode, try status("closed/f").inode)
    XCTAssertEqual(try status("implied").mode, 0o755)
    XCTAssertFalse(FileSystem.exists(target / "device"))
    XCTAssertEqual(summary.skippedSpecialFiles, 2)
  }

  func testWhiteoutsRemoveWhatIsBelow() throws {
    let directory = try TemporaryDirectory()
    let target = directory / "rootfs"
    _ = try unpack(
      [
        TarBuilder.make {
          $0.add("d/a/b/c", content: [1])
          $0.add("d/keep", content: [1])
          $0.add("o/old/x", content: [1])
          $0.add("l", "2", link: "d")
          $0.add("f", content: [1])
        },
        TarBuilder.make {
          $0.add("d/.wh.a")
          $0.add("o/new", content: [2])
          $0.add("o/.wh..wh..opq")
          $0.add("l/", "5")
          $0.add("l/in", content: [3])
          $0.add("f", "2", link: "o")
        },
      ], to: target)
    XCTAssertEqual(
      try DirectoryWalk.sortedByPath(target).map(\.path.description),
      ["d", "d/keep", "f", "l", "l/in", "o", "o/new"])
    XCTAssertEqual(try FileSystem.status(target / "f")?.kind, .link)
    XCTAssertEqual(try FileSystem.status(target / "l")?.kind, .directory)
  }

  func testOwnersAndCapabilitiesAreKeptByRoot() throws {
    guard Tools.isRoot else { return }
    let directory = try TemporaryDirectory()
    let target = directory / "rootfs"
    // VFS_CAP_REVISION_2, cap_net_bind_service permitted and effective (capabilities(7)).
    let capability: [UInt8] = [1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    _ = try unpack(
      [
        TarBuilder.make {
          $0.add("d/", "5", uid: 12, gid: 34)
          $0.pax([("SCHILY.xattr.security.capability", capability)])
          $0.add("d/f", mode: 0o755, uid: 1000, gid: 1001)
        }
      ], to: target)
    var status = stat()
    XCTAssertEqual((target / "d/f").withCString { lstat($0, &status) }, 0)
    XCTAssertEqual([status.st_uid, status.st_gid], [1000, 1001])
    XCTAssertEqual((target / "d").withCString { lstat($0, &status) }, 0)
    XCTAssertEqual([status.st_uid, status.st_gid], [12, 34])
    XCTAssertTrue(
      try Tools.output("getcap", [(target / "d/f").description]).contains("cap_net_bind_service=ep"))
  }

  func testATargetThatIsNotEmptyIsLeftAlone() throws {
    let directory = try TemporaryDirectory()
    try directory.write("mine", to: "rootfs/file")
    TestSupport.assertFailure("not_empty", exit: .badInput) {
      try unpack([TarBuilder.make { $0.add("file") }], to: directory / "rootfs")
    }
    XCTAssertEqual(try FileSystem.read(directory / "rootfs/file"), Array("mine".utf8))
  }

  func testALayerWithOtherBytesLeavesNothing() throws {
    let directory = try TemporaryDirectory()
    var image = try MemoryImage([TarBuilder.make { $0.add("f", content: [UInt8](repeating: 1, count: 100_000)) }])
    let layer = try SingleImage.open(image).layers[0].descriptor.digest
    image.blobs[layer]?[40] ^= 1
    let failure = TestSupport.assertFailure("damaged_image", exit: .badInput) {
      try LayerUnpacker.unpack(SingleImage.open(image), to: directory / "rootfs")
    }
    XCTAssertTrue(failure?.message.contains("digest") == true, failure?.message ?? "")
    XCTAssertEqual(try directory.names(in: "rootfs"), [])
  }

  /// Another process swaps directories of the target for links to the outside while it is filled.
  func testNothingIsWrittenOutsideWhileTheTargetIsAttacked() throws {
    let directory = try TemporaryDirectory()
    let outside = try directory.makeDirectory("outside")
    let target = directory / "rootfs"
    let archive = TarBuilder.make { builder in
      for index in 0..<1500 {
        builder.add("d\(index % 3)/s/", "5", mode: 0o755)
        builder.add("d\(index % 3)/s/f\(index)", content: [1])
      }
    }
    let stop = Locked(false)
    let attacker = try HostThread { () -> Int in
      var swaps = 0
      while !stop.withLock({ $0 }) {
        for name in ["d0", "d1", "d2"] {
          let path = target / name
          let aside = target / "aside"
          if (try? FileSystem.rename(path, to: aside)) != nil {
            try? FileSystem.createLink(path, to: outside.bytes)
            swaps += 1
            try? FileSystem.removeFile(path)
            try? FileSystem.rename(aside, to: path)
          }
        }
      }
      return swaps
    }
    for _ in 0..<15 {
      // It may fail, as it does when a directory is not there; it must not reach the outside.
      do { _ = try unpack([archive], to: target) } catch {}
      try? FileSystem.removeTree(target)
      XCTAssertEqual(try DirectoryWalk.names(in: outside), [])
    }
    stop.withLock { $0 = true }
    XCTAssertGreaterThan(try attacker.join(), 0)
    XCTAssertEqual(try DirectoryWalk.names(in: outside), [])
  }
}
