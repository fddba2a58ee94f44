internal import XCTest

@testable import Kernel
@testable import PackCore

final class KernelProfileTests: XCTestCase {
  private func profile(_ text: String, _ name: String = "mine") throws -> KernelProfile {
    try KernelProfile(text, name: name, place: "mine.config")
  }
  private func builtIn(_ name: String) throws -> KernelProfile { try KernelProfile.find(name, in: "/") }

  private func tiny(
    _ facts: ProgramFacts?, asked: [KernelNeed] = [], refused: [KernelNeed] = []
  ) throws -> KernelConfiguration {
    KernelConfiguration(
      try builtIn("tiny"), version: .v6_1, needs: try ProgramNeeds(facts, asked: asked, refused: refused))
  }

  func testLinesAreRead() throws {
    let mine = try profile(
      """
      # a comment
      CONFIG_SMP=y  @smp @6.12   # more than one
      CONFIG_NAME="a # b" # text
      # CONFIG_VT is not set
      \tCONFIG_NR=64\r
      CONFIG_SMP=n
      """)
    XCTAssertEqual(
      mine.options.map(\.line),
      ["# CONFIG_SMP is not set", "CONFIG_NAME=\"a # b\"", "# CONFIG_VT is not set", "CONFIG_NR=64"])
    XCTAssertEqual(mine.options[1].reason, "text")
    let other = try profile("CONFIG_SMP=y  @smp @6.12   # more than one")
    XCTAssertEqual(
      other.options,
      [KernelOption(name: "SMP", value: "y", reason: "more than one", needs: [.smp], versions: [.v6_12])])
    let third = try profile("CONFIG_SMP=y  @amd64 @arm64")
    XCTAssertEqual(third.options[0].architectures, [.amd64, .arm64])
    XCTAssertFalse(mine.isForProgram)
  }

  func testWhatIsNoLineIsRefusedWithItsPlace() throws {
    let rows: [(String, String)] = [
      ("CONFIG_SMP", "mine.config:1"), ("\nCONFIG_SMP=", "mine.config:2"), ("CONFIG_=y", "CONFIG_NAME"),
      ("SMP=y", "CONFIG_NAME"), ("CONFIG_A B=y", "no value|name of an option"), ("CONFIG_SMP=y @smb", "\"smp\""),
      ("CONFIG_SMP=y smp", "neither a need"), ("include defualt", "\"default\""), ("CONFIG_SMP=m", "no modules"),
      ("CONFIG_S=\"a", "no value"), ("include default twice", "expected"),
    ]
    for (text, says) in rows {
      XCTAssertThrowsError(try profile(text), text) { error in
        XCTAssertEqual((error as? Failure)?.code, "bad_kernel_profile", text)
        XCTAssertEqual((error as? Failure)?.exit, .badInput, text)
        XCTAssertTrue(
          says.split(separator: "|").contains { "\(error)".contains($0) }, "\(text): \(error) does not say \(says)")
      }
    }
  }

  func testProfilesAreFoundOrSuggested() throws {
    let scratch = try Scratch()
    for name in ["defualt", "tinny"] {
      XCTAssertThrowsError(try KernelProfile.find(name, in: scratch.directory)) { error in
        XCTAssertEqual((error as? Failure)?.code, "unknown_profile")
        XCTAssertEqual((error as? Failure)?.exit, .usage)
        XCTAssertTrue("\(error)".contains("did you mean"), "\(error)")
      }
    }
    XCTAssertThrowsError(try KernelProfile.find("./none.config", in: scratch.directory)) {
      XCTAssertEqual(($0 as? Failure)?.exit, .badInput)
    }
    try FileSystem.writeAtomically(Array("include tiny\nCONFIG_AIO=y\n".utf8), to: scratch.directory / "team.config")
    let team = try KernelProfile.find("team.config", in: scratch.directory)
    XCTAssertEqual(team.name, "team")
    XCTAssertTrue(team.isForProgram)
    try FileSystem.writeAtomically([], to: scratch.directory / "tiny.config")
    XCTAssertThrowsError(try KernelProfile.find("tiny.config", in: scratch.directory)) {
      XCTAssertEqual(($0 as? Failure)?.code, "bad_kernel_profile")
    }
  }

  func testEveryLineOfTheProfilesHasItsReason() throws {
    for name in KernelProfile.names {
      let profile = try builtIn(name)
      XCTAssertGreaterThan(profile.options.count, 80, name)
      for option in profile.options { XCTAssertFalse(option.reason.isEmpty, "\(name): \(option.name)") }
    }
    // Each need is served by a line, or asking for it would change nothing.
    let served = Set(try builtIn("default").options.flatMap(\.needs))
    XCTAssertEqual(Set(KernelNeed.allCases).subtracting(served), [])
  }

  func testEachVersionHasItsLines() throws {
    let both = try KernelVersion.allCases.map {
      Set(KernelConfiguration(try builtIn("default"), version: $0, needs: nil).options.map(\.name))
    }
    XCTAssertTrue(both[0].contains("SMP") && both[1].contains("SMP"))
    XCTAssertNotEqual(both[0], both[1])
  }

  func testEachArchitectureHasItsLines() throws {
    let names = try Platform.Architecture.allCases.map {
      Set(
        KernelConfiguration(
          try builtIn("default"), version: .v6_1, platform: Platform(architecture: $0), needs: nil
        ).options.map(\.name))
    }
    XCTAssertTrue(names[0].contains("SERIAL_8250") && !names[1].contains("SERIAL_8250"))
    XCTAssertTrue(names[1].contains("SERIAL_AMBA_PL011") && !names[0].contains("SERIAL_AMBA_PL011"))
    XCTAssertTrue(names.allSatisfy { $0.contains("VIRTIO_NET") })
  }

  // MARK: - Per program

  private let server = ProgramFacts(name: "shop", pack: "go", ports: ["8080/tcp"])
  private let silent = ProgramFacts(name: "batch", egress: [])

  func testTwoProgramsGetTwoKernelsEachDifferenceWithItsReason() throws {
    let one = try tiny(server)
    let two = try tiny(silent)
    var facts = server
    facts.arguments = ["/app/shop", "--listen=[::]:8080"]
    let six = try tiny(facts)
    XCTAssertEqual([one, two, six].map(\.kernelName), ["packc-tiny-6.1+net", "packc-tiny-6.1", "packc-tiny-6.1+ipv6"])
    XCTAssertEqual(Set([one, two, six].map { Digest(of: $0.fragment) }).count, 3)
    func has(_ configuration: KernelConfiguration, _ name: String) -> Bool {
      configuration.options.contains { $0.name == name && $0.value != "n" }
    }
    XCTAssertTrue(has(one, "VIRTIO_NET") && has(one, "UNIX") && !has(one, "IPV6") && !has(one, "SMP"))
    XCTAssertFalse(has(two, "NET") || has(two, "BLOCK") || has(two, "PCI"))
    XCTAssertTrue(has(six, "IPV6") && has(six, "INET"))
    for configuration in [one, two, six] {
      for difference in try configuration.differences() {
        XCTAssertFalse(difference.reason.isEmpty, difference.name)
      }
    }
    let reasons = Dictionary(uniqueKeysWithValues: try two.differences().map { ($0.name, $0.reason) })
    XCTAssertEqual(reasons["INET"], "net: it serves no port, and connects to nothing (contract.egress)")
    XCTAssertEqual(reasons["SMP"], "smp: the machine has one processor (run.cpus)")
    XCTAssertEqual(reasons["IPV6"].map { $0.hasPrefix("ipv6: ") }, true)
  }

  func testWhatIsKnownDecides() throws {
    func changed(_ change: (inout ProgramFacts) -> Void) -> ProgramFacts {
      var facts = silent
      change(&facts)
      return facts
    }
    let rows: [(ProgramFacts, [KernelNeed])] = [
      (silent, []), (changed { $0.egress = nil }, [.net, .sockets]),
      (changed { $0.egress = ["db:5432"] }, [.net, .sockets]),
      (changed { $0.cpus = 2 }, [.smp]), (changed { $0.volumes = ["/data"] }, [.block]),
      (changed { $0.mode = .debug }, [.coredump]), (changed { $0.pack = "java" }, [.hugepages]),
      (changed { $0.libraries = ["libaio.so.1", "librt.so.1", "libc.so.6"] }, [.aio, .mqueue]),
      (changed { $0.environment = ["HOST": "::"] }, [.ipv6, .net, .sockets]),
      (changed { $0.environment = ["CLASS": "a::b"] }, []),
    ]
    for (facts, needs) in rows {
      // What hardens the kernel is no question of the program.
      XCTAssertEqual(try ProgramNeeds(facts).needed, Set(needs), "\(facts)")
    }
  }

  func testAPersonKnowsBetter() throws {
    XCTAssertEqual(try ProgramNeeds(nil, asked: [.ipv6]).needed, [.ipv6, .net, .sockets])
    XCTAssertEqual(try ProgramNeeds(nil).needed, [])
    XCTAssertEqual(try ProgramNeeds(server, refused: [.net]).needed, [.sockets])
    XCTAssertEqual(try ProgramNeeds(server, refused: [.sockets]).needed, [])
    XCTAssertEqual(try ProgramNeeds(silent, asked: [.smp, .pci]).essential, [.pci, .smp])
    XCTAssertThrowsError(try ProgramNeeds(server, asked: [.ipv6], refused: [.net])) {
      XCTAssertEqual(($0 as? Failure)?.exit, .usage)
    }
  }

  // MARK: - Survival

  func testAnOptionThatIsLostIsNamed() throws {
    let mine = KernelConfiguration(
      try profile("CONFIG_A=y # first\nCONFIG_B=64\n# CONFIG_C is not set\nCONFIG_D=\"x y\"\nCONFIG_E=y"),
      version: .v6_1, needs: nil)
    XCTAssertEqual(
      mine.lost(in: Array("CONFIG_A=y\nCONFIG_B=64\nCONFIG_D=\"x y\"\nCONFIG_E=y\nCONFIG_MORE=y\n".utf8)), [])
    let lost = mine.lost(
      in: Array("# CONFIG_A is not set\nCONFIG_B=8\nCONFIG_C=y\nCONFIG_D=\"x y\"\nCONFIG_E=m\n".utf8))
    XCTAssertEqual(lost.map(\.option.name), ["A", "B", "C", "E"])
    XCTAssertEqual(lost.map(\.found), [nil, "8", "y", "m"])
    let failure = KernelBuildFailure.lost(lost, profile: "mine", version: "6.1")
    for word in ["CONFIG_A=y", "(first)", "CONFIG_B=64 became 8", "CONFIG_C=n became y", "4 lines"] {
      XCTAssertTrue(failure.message.contains(word), "\(word): \(failure.message)")
    }
    XCTAssertEqual(failure.exit, .badInput)
  }

  func testTheSameOptionsAreTheSameBytes() throws {
    let one = KernelConfiguration(try profile("CONFIG_A=y\nCONFIG_B=n\n"), version: .v6_1, needs: nil)
    let two = KernelConfiguration(try profile("# CONFIG_B is not set\nCONFIG_A=y # why\n"), version: .v6_1, needs: nil)
    XCTAssertEqual(one.fragment, two.fragment)
    XCTAssertEqual(one.fragment, Array("# CONFIG_B is not set\nCONFIG_A=y\n".utf8))
  }
}
