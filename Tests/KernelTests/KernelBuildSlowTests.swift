internal import XCTest

@testable import Kernel
@testable import PackCore

/// Real kernels from Debian's source: half an hour of compiling, in `make test-slow` only.
final class KernelBuildSlowTests: XCTestCase {
  private func context(_ cache: HostPath) throws -> HostContext {
    var context = try HostContext.current()
    context.environment["XDG_CACHE_HOME"] = cache.description
    return context
  }

  private func build(
    _ profile: String, _ version: KernelVersion, in cache: HostPath, needs: [KernelNeed] = [.net]
  ) throws -> KernelBuilder.Outcome {
    let configuration = KernelConfiguration(
      try KernelProfile.find(profile, in: "/"), version: version, needs: try ProgramNeeds(nil, asked: needs))
    return try KernelBuilder(try context(cache), reporter: .silent).build(configuration)
  }

  func testTwoDirectoriesGiveTheSameBytes() throws {
    let (one, two) = (try Scratch(), try Scratch())
    let first = try build("tiny", .v6_1, in: one.directory / "a")
    let second = try build("tiny", .v6_1, in: two.directory / "quite/another/place")
    XCTAssertFalse(first.isReused || second.isReused)
    XCTAssertEqual(first.kernel.digest, second.kernel.digest)
    XCTAssertEqual(try FileSystem.read(first.kernel.file), try FileSystem.read(second.kernel.file))
    XCTAssertTrue(try build("tiny", .v6_1, in: one.directory / "a").isReused)
    XCTAssertLessThanOrEqual(first.kernel.manifest.kernel.size, 2_200_000)
  }

  func testEveryLineOfDefaultSurvivesInBothVersions() throws {
    let scratch = try Scratch()
    for version in KernelVersion.allCases {
      let kernel = try build("default", version, in: scratch.directory).kernel
      XCTAssertLessThanOrEqual(kernel.manifest.kernel.size, 3_500_000, version.rawValue)
      for feature in [
        "acpi", "mmio", "mmio-cmdline", "virtio-pci", "net", "blk", "erofs", "verity", "control", "seccomp",
      ] {
        XCTAssertTrue(kernel.manifest.features.contains(feature), "\(version.rawValue): \(feature)")
      }
    }
  }

  func testALineThatDoesNotSurviveIsNamed() throws {
    let scratch = try Scratch()
    let file = scratch.directory / "wrong.config"
    // ext4 without disks; and an option that no kernel has.
    try FileSystem.writeAtomically(
      Array("include tiny\nCONFIG_EXT4_FS=y # volumes\nCONFIG_NO_SUCH_THING=y # a wish\n".utf8), to: file)
    XCTAssertThrowsError(try build(file.description, .v6_1, in: scratch.directory)) { error in
      XCTAssertEqual((error as? Failure)?.code, "kernel_option_lost")
      for text in ["CONFIG_EXT4_FS=y", "(volumes)", "CONFIG_NO_SUCH_THING=y", "(a wish)"] {
        XCTAssertTrue("\(error)".contains(text), "\(text): \(error)")
      }
    }
  }
}
