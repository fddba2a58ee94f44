internal import XCTest

@testable import Kernel
@testable import PackCore

final class KernelImageTests: XCTestCase {
  func testReadsTheReleaseOfAnImage() throws {
    let image = try KernelImage.parse(Scratch.kernelImage(release: "6.12.9+deb13-cloud"), name: "k")
    XCTAssertEqual(image, KernelImage(format: .bzImage, release: "6.12.9+deb13-cloud"))
    let arm = try KernelImage.parse(Scratch.arm64Image(release: "6.1.0-packc"), name: "k")
    XCTAssertEqual(arm, KernelImage(format: .arm64Image, release: "6.1.0-packc"))
    XCTAssertEqual([image, arm].map(\.format.architecture), [.amd64, .arm64])
  }

  func testRefusesWhatIsNoKernelWithASentence() {
    let good = Scratch.kernelImage()
    func changed(_ at: Int, _ bytes: [UInt8]) -> [UInt8] {
      var copy = good
      copy.replaceSubrange(at..<(at + bytes.count), with: bytes)
      return copy
    }
    var bigEndian = Scratch.arm64Image()
    bigEndian[0x18] = 1
    let rows: [(String, [UInt8], String, String)] = [
      ("empty", [], "not_a_kernel", "HdrS"),
      ("text", Array(repeating: 0x41, count: 4096), "not_a_kernel", "HdrS"),
      ("elf", [0x7f, 0x45, 0x4c, 0x46] + Array(repeating: 0, count: 4096), "not_a_kernel", "ELF"),
      ("gzip", [0x1f, 0x8b, 8, 0], "not_a_kernel", "gzip"),
      ("arm64, big-endian", bigEndian, "kernel_architecture", "big-endian"),
      ("arm64, no version", Scratch.arm64Image(release: "%s"), "not_a_kernel", "which Linux"),
      ("arm64, version with a slash", Scratch.arm64Image(release: "6/../x"), "not_a_kernel", "which Linux"),
      ("zboot", Array("MZ\0\0zimg".utf8) + Array(repeating: 0, count: 4096), "not_a_kernel", "zboot"),
      ("old protocol", changed(0x206, [0x05, 0x02]), "not_a_kernel", "2.12"),
      ("zImage", changed(0x211, [0]), "not_a_kernel", "zImage"),
      ("32-bit", changed(0x236, [0]), "kernel_architecture", "32-bit"),
      ("cut off", Array(good.dropLast(100)), "not_a_kernel", "cut off"),
      ("version outside", changed(0x20e, [0xff, 0xff]), "not_a_kernel", "version"),
      ("version with a slash", changed(0x300, Array("6/../../x ".utf8)), "not_a_kernel", "version"),
      ("no version", changed(0x300, [0]), "not_a_kernel", "version"),
    ]
    for (name, bytes, code, words) in rows {
      XCTAssertThrowsError(try KernelImage.parse(bytes, name: "/boot/x"), name) { error in
        let failure = error as? Failure
        XCTAssertEqual(failure?.code, code, name)
        XCTAssertTrue(failure?.message.contains(words) ?? false, "\(name): \(error)")
        XCTAssertEqual(failure?.exit, .badInput, name)
        XCTAssertNotNil(failure?.hint, name)
      }
    }
  }

  func testBoundedOnEveryPrefixAndOnNoise() {
    let good = Scratch.kernelImage(payload: 256)
    for count in 0..<good.count {
      XCTAssertThrowsError(try KernelImage.parse(Array(good[..<count]), name: "prefix"), "\(count)")
    }
    var random = SeededGenerator(1)
    for _ in 0..<4000 {
      var bytes = good
      for _ in 0..<Int.random(in: 1...12, using: &random) {
        bytes[Int.random(in: 0x1f0..<0x310, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      // Either reads it or says why not; it must not trap.
      if let image = try? KernelImage.parse(bytes, name: "noise") {
        XCTAssertFalse(image.release.isEmpty || image.release.contains("/"))
      }
    }
  }

  func testTheArm64HeaderIsBoundedOnEveryPrefixAndOnNoise() {
    let good = Scratch.arm64Image(payload: 256)
    for count in 0..<good.count {
      if let image = try? KernelImage.parse(Array(good[..<count]), name: "prefix") {
        XCTAssertTrue("6.1.0-1-arm".hasPrefix(image.release), "\(count): \(image.release)")
      }
    }
    var random = SeededGenerator(7)
    for _ in 0..<4000 {
      var bytes = good
      for _ in 0..<Int.random(in: 1...12, using: &random) {
        bytes[Int.random(in: 0..<good.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      if let image = try? KernelImage.parse(bytes, name: "noise") {
        XCTAssertFalse(image.release.isEmpty || image.release.contains("/"))
      }
    }
  }

  func testModulesSayWhatTheyDependOn() throws {
    let module = try ModuleFile(Scratch.module("virtio_net", depends: ["a", "b"]), path: "x.ko")
    XCTAssertEqual(module.name, "virtio_net")
    XCTAssertEqual(module.depends, ["a", "b"])
    XCTAssertEqual(module.release, "6.1.0-1-test")
    XCTAssertEqual(try ModuleFile(Scratch.module("alone"), path: "x.ko").depends, [])
  }

  func testModuleParserIsBounded() {
    let good = Scratch.module("virtio_net", depends: ["virtio"])
    for count in 0..<good.count {
      XCTAssertThrowsError(try ModuleFile(Array(good[..<count]), path: "prefix"), "\(count)")
    }
    var random = SeededGenerator(2)
    for _ in 0..<8000 {
      var bytes = good
      for _ in 0..<Int.random(in: 1...8, using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      _ = try? ModuleFile(bytes, path: "noise")
    }
  }
}
