import TestSupport
import XCTest

@testable import Kernel
@testable import PackCore

final class ELFKernelTests: XCTestCase {
  func testALinuxWithAPVHEntryIsAKernel() throws {
    let image = try KernelImage.parse(ELFKernels.vmlinux(release: "6.12.9-mine"), name: "vmlinux")
    XCTAssertEqual(image, KernelImage(format: .vmlinux, release: "6.12.9-mine", features: ["pvh"]))
  }

  func testUnikraftsLoaderIsAKernelAndItsLibrariesSayWhatItTakes() throws {
    let image = try KernelImage.parse(ELFKernels.unikraft(), name: "uk")
    XCTAssertEqual(image.format, .unikraft)
    XCTAssertEqual(image.release, "unikraft-0.16.3")
    XCTAssertEqual(Set(image.features), ["fstab", "netdev", "environ", "net"])
    let small = try KernelImage.parse(
      ELFKernels.unikraft(libraries: [], text: "appelfloader\0Unikraft Telesto 0.16.3~1ab\0"), name: "uk")
    XCTAssertEqual(small, KernelImage(format: .unikraft, release: "unikraft-0.16.3~1ab"))
  }

  func testOthersAreRefusedWithTheirReason() {
    var arm = ELFKernels.vmlinux()
    arm[18] = 183
    var library = ELFKernels.vmlinux()
    library[16] = 3
    let rows: [(String, [UInt8], String, String)] = [
      ("no PVH", ELFKernels.vmlinux(pvh: false), "not_a_kernel", "CONFIG_PVH"),
      ("no Linux", ELFKernels.vmlinux(release: ""), "not_a_kernel", "no Linux"),
      ("a path for a release", ELFKernels.vmlinux(release: "/../x"), "not_a_kernel", "no Linux"),
      ("arm", arm, "kernel_architecture", "another processor"),
      ("a library", library, "not_a_kernel", "fixed addresses"),
      ("no multiboot", ELFKernels.unikraft(multiboot: false), "not_a_kernel", "multiboot"),
      ("a program of its own", ELFKernels.unikraft(text: "Unikraft Telesto 0.16.3\0"), "not_a_kernel", "app-elfloader"),
      ("no file systems", ELFKernels.unikraft(fileSystems: false), "not_a_kernel", "the program itself"),
    ]
    for (name, bytes, code, words) in rows {
      XCTAssertThrowsError(try KernelImage.parse(bytes, name: "/boot/x"), name) { error in
        let failure = error as? Failure
        XCTAssertEqual(failure?.code, code, name)
        XCTAssertTrue(failure?.message.contains(words) ?? false, "\(name): \(error)")
        XCTAssertNotNil(failure?.hint, name)
      }
    }
  }

  func testMutatedFilesAreReadOrRefused() {
    let seed = Fuzzing.seed(23)
    var random = SeededRandom(seed: seed)
    for good in [ELFKernels.vmlinux(), ELFKernels.unikraft()] {
      for count in 0..<good.count { _ = try? KernelImage.parse(Array(good[..<count]), name: "prefix") }
      for _ in 0..<Fuzzing.rounds(4000) {
        var bytes = good
        for _ in 0..<Int.random(in: 1...6, using: &random) {
          bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
        }
        // Offsets and sizes at the ends of their range.
        if Bool.random(using: &random) {
          let at = Int.random(in: 0..<(bytes.count - 8), using: &random)
          for index in at..<(at + 8) { bytes[index] = 0xff }
        }
        if let image = try? KernelImage.parse(bytes, name: "mutated") {
          XCTAssertFalse(image.release.isEmpty || image.release.contains("/"), "seed \(seed)")
        }
      }
    }
  }
}
