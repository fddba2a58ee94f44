import Glibc
import PackCore
import XCTest

@testable import Packs

final class LoadingTests: XCTestCase {
  private let plain = "answer '\"status\":\"not_applicable\"'; exit 100"

  func testNames() {
    let rows: [(String, Int?, String?)] = [
      ("10-go", 10, "go"), ("00-a", 0, "a"), ("99-my-lang2", 99, "my-lang2"), ("1-go", nil, nil), ("100-go", nil, nil),
      ("10-Go", nil, nil), ("10-go~", nil, nil), ("10-go.bak", nil, nil), ("10-", nil, nil), ("go", nil, nil),
      ("10_go", nil, nil),
    ]
    for (text, order, name) in rows {
      let parsed = PackLoader.parse(Array(text.utf8))
      XCTAssertEqual(parsed?.order, order, text)
      XCTAssertEqual(parsed?.name, name, text)
    }
  }

  func testOtherNamesAreSkippedWithAWarning() throws {
    let bench = try Workbench()
    try bench.pack("10-good", plain)
    try bench.write("x", "packs.d/10-good.dpkg-old")
    try bench.write("x", "packs.d/readme~")
    let catalog = try bench.host().load()
    XCTAssertEqual(catalog.packs.map(\.name), ["good"])
    XCTAssertEqual(bench.told.filter { $0.contains("is not a pack") }.count, 2)
  }

  func testEarlierPlacesMaskLaterOnes() throws {
    let bench = try Workbench()
    try bench.pack("10-go", manifest: ["version": "2.0"], plain)
    try bench.pack("50-other", plain)
    try bench.pack("20-go", manifest: ["version": "9.9"], place: "mine", plain)
    try FileSystem.createDirectory(bench.root / "home/.config/packc/packs.d")
    try FileSystem.createLink(bench.root / "home/.config/packc/packs.d/77-other", to: Array("/dev/null".utf8))
    let catalog = try bench.host().load(extraPlaces: ["mine"])
    XCTAssertEqual(catalog.packs.map(\.version), ["9.9"])
    XCTAssertEqual(catalog.packs.map(\.order), [20])
    XCTAssertEqual(catalog.masked.map(\.source), [bench.packs / "10-go", bench.packs / "50-other"])
    XCTAssertEqual(try failure { try bench.host().load(extraPlaces: ["nowhere"]) }.code, "no_packs_directory")
  }

  /// In one place, two of a name are more likely a mistake than a wish.
  func testTwoPacksOfOneNameInOnePlace() throws {
    let bench = try Workbench()
    try bench.pack("10-go", plain)
    try bench.pack("20-go", plain)
    try bench.pack("30-go", place: "mine", plain)
    let catalog = try bench.host().load()
    XCTAssertEqual(catalog.packs.map(\.order), [10])
    XCTAssertEqual(catalog.masked.map(\.name), ["go"])
    XCTAssertEqual(bench.told.filter { $0.contains("two packs are named \"go\"") }.count, 1, "\(bench.told)")
    let other = try Workbench()
    try other.pack("10-go", plain)
    try other.pack("30-go", place: "mine", plain)
    XCTAssertEqual(try other.host().load(extraPlaces: ["mine"]).packs.map(\.order), [30])
    XCTAssertEqual(other.told, [], "an earlier place masks a later one without a word")
  }

  func testAMaskIsNamedWhenItsPackIsAskedFor() throws {
    let bench = try Workbench()
    try bench.pack("10-go", plain)
    try FileSystem.createDirectory(bench.root / "mine")
    try FileSystem.createLink(bench.root / "mine/00-go", to: Array("/dev/null".utf8))
    let catalog = try bench.host().load(extraPlaces: ["mine"])
    XCTAssertEqual(catalog.masks.map(\.name), ["go"])
    let asked = try failure { try bench.host().choose(bench.input(), in: catalog, requested: "go") }
    XCTAssertEqual(asked.code, "pack_masked")
    XCTAssertTrue(asked.message.contains("mine/00-go"), asked.message)
  }

  /// Samples are for the conformance suite alone: nobody runs them, and they may be anything.
  func testSamplesAreNoPartOfAPack() throws {
    let bench = try Workbench()
    try bench.pack("10-a", plain)
    let first = try XCTUnwrap(bench.host().load().packs.first)
    try bench.write("x", "packs.d/10-a/test/hello/main.c")
    try FileSystem.createLink(bench.packs / "10-a/test/hello/link", to: Array("nowhere".utf8))
    let second = try XCTUnwrap(bench.host().load().packs.first)
    XCTAssertEqual(second.digest, first.digest)
    XCTAssertFalse(FileSystem.exists(second.directory / "test"))
    try bench.write("x", "packs.d/10-a/lib/test/x")
    XCTAssertNotEqual(try bench.host().load().packs.first?.digest, first.digest, "only the directory at the top")
  }

  func testManifestErrors() throws {
    let rows: [(String, JSONValue, String)] = [
      ("protocol", ["2.0"], "speaks"), ("protocol", [], "speaks"), ("protocol", "1.0", "array"),
      ("name", "b", "name is \"b\""),
      ("version", "", "version"), ("phases", ["detect"], "phases"), ("detect", [:], "needs a rule"),
      ("detect", ["any": [["path": "/etc/passwd"]]], "relative"),
      ("detect", ["any": [["path": "a/b", "depth": 2]]], "depth"),
      ("env_passthrough", ["LD_PRELOAD"], "never handed"), ("env_passthrough", ["A B"], "name of a variable"),
      ("env_passthrough", ["DOCKER_CONFIG"], "never handed"), ("helpers", ["../sh"], "not the name of a file"),
      ("options_schema", ["patternProperties": [:]], "not one that packc checks"),
      ("toolchains", [["name": "x", "probe": []]], "needs a program"), ("needs_network", "no", "boolean"),
    ]
    for (key, value, text) in rows {
      let bench = try Workbench()
      try bench.pack("10-a", manifest: [key: value], plain)
      let catalog = try bench.host().load()
      XCTAssertEqual(catalog.packs.count, 0, key)
      let rejected = try XCTUnwrap(catalog.rejected.first, key)
      XCTAssertTrue(rejected.failure.message.contains(text), "\(key): \(rejected.failure.message)")
    }
    let bench = try Workbench()
    try bench.pack("10-a", manifest: ["languges": ["x"]], plain)
    XCTAssertEqual(try bench.host().load().packs.count, 1)
    XCTAssertTrue(bench.told.contains { $0.contains("did you mean \"languages\"") }, "\(bench.told)")
  }

  func testARejectedPackStillMasksAndIsNamed() throws {
    let bench = try Workbench()
    try bench.pack("10-go", place: "mine", plain)
    try bench.write("{", "mine/10-go/pack.json")
    try bench.pack("10-go", plain)
    let catalog = try bench.host().load(extraPlaces: ["mine"])
    XCTAssertEqual(catalog.packs.count, 0)
    XCTAssertEqual(catalog.rejected.map(\.name), ["go"])
    let asked = try failure { try bench.host().choose(bench.input(), in: catalog, requested: "go") }
    XCTAssertEqual(asked.code, "bad_pack_manifest")
  }

  // MARK: Trust

  func testWhoMayHaveWrittenAPack() throws {
    let spoilers: [(String, (Workbench) -> Int32)] = [
      ("written by group", { chmod(($0.packs / "10-a/bin/pack").description, 0o775) }),
      ("written by others", { chmod(($0.packs / "10-a/pack.json").description, 0o646) }),
      ("directory written by others", { chmod(($0.packs / "10-a/bin").description, 0o777) }),
      ("place written by group", { chmod($0.packs.description, 0o775) }),
      ("setuid", { chmod(($0.packs / "10-a/bin/pack").description, 0o4755) }),
      ("link inside", { symlink("/bin/sh", ($0.packs / "10-a/sh").description) }),
      ("fifo inside", { mkfifo(($0.packs / "10-a/fifo").description, 0o600) }),
    ]
    for (what, spoil) in spoilers {
      let bench = try Workbench()
      try bench.pack("10-a", plain)
      XCTAssertEqual(try bench.host().load().packs.count, 1, what)
      XCTAssertEqual(spoil(bench), 0, what)
      let catalog = try bench.host().load()
      XCTAssertEqual(catalog.packs.count, 0, what)
      XCTAssertEqual(catalog.rejected.first?.failure.code, "untrusted_pack", what)
      XCTAssertNotNil(catalog.rejected.first?.failure.hint, what)
    }
  }

  func testOwners() throws {
    let bench = try Workbench()
    try bench.write("x", "packs.d/file")
    let path = bench.packs / "file"
    let stranger: UInt32 = 54321
    // As root, the file is given away; as a user, it is judged by somebody else.
    let judge = geteuid() == 0 ? PackTrust() : PackTrust(uid: stranger)
    if geteuid() == 0 { XCTAssertEqual(chown(path.description, stranger, stranger), 0) }
    let status = try XCTUnwrap(FileSystem.status(path))
    XCTAssertEqual(try failure { try judge.check(path, status) }.code, "untrusted_pack")
    // /tmp is sticky and for everybody: what lies in it passes only when its owner is known.
    if geteuid() == 0 { XCTAssertEqual(chown(bench.root.description, stranger, stranger), 0) }
    XCTAssertEqual(try failure { try judge.checkWay(to: bench.packs) }.code, "untrusted_pack")
    if geteuid() == 0 { XCTAssertEqual(chown(bench.root.description, 0, 0), 0) }
    XCTAssertNoThrow(try PackTrust().checkWay(to: bench.packs))
  }

  // MARK: Store

  func testWhatWasHashedIsWhatRuns() throws {
    let bench = try Workbench()
    try bench.pack("10-a", plain)
    let first = try XCTUnwrap(bench.host().load().packs.first)
    XCTAssertTrue(first.executable.description.contains(first.digest.hex))
    XCTAssertEqual(try FileSystem.status(first.executable)?.mode, 0o555)
    // Times and places are no part of the digest.
    try bench.pack("10-a", place: "elsewhere", plain)
    XCTAssertEqual(try bench.host(packs: bench.root / "elsewhere").load().packs.first?.digest, first.digest)
    // Content and the executable bit are.
    try bench.write("more", "packs.d/10-a/lib/x")
    let second = try XCTUnwrap(bench.host().load().packs.first)
    XCTAssertNotEqual(second.digest, first.digest)
    XCTAssertEqual(chmod((bench.packs / "10-a/lib/x").description, 0o755), 0)
    XCTAssertNotEqual(try bench.host().load().packs.first?.digest, second.digest)
  }

  func testATamperedCopyIsMadeAgain() throws {
    let bench = try Workbench()
    try bench.pack("10-a", plain)
    let pack = try XCTUnwrap(bench.host().load().packs.first)
    let spoilers: [(String, () throws -> Void)] = [
      (
        "changed",
        {
          XCTAssertEqual(chmod(pack.executable.description, 0o755), 0)
          try FileSystem.writeAtomically(Array("#!/bin/sh\necho evil".utf8), to: pack.executable, mode: 0o555)
        }
      ),
      ("added", { try FileSystem.writeAtomically([1], to: pack.directory / "bin/extra") }),
      ("removed", { try FileSystem.removeFile(pack.directory / "pack.json") }),
      ("gone", { try FileSystem.removeTree(pack.directory) }),
    ]
    for (what, spoil) in spoilers {
      try spoil()
      let again = try XCTUnwrap(bench.host().load().packs.first, what)
      XCTAssertEqual(again.digest, pack.digest, what)
      XCTAssertEqual(try PackStore.digest(of: again.directory), again.digest, what)
    }
  }

  func testHelpersArePartOfThePack() throws {
    let bench = try Workbench()
    try bench.pack("10-a", manifest: ["helpers": ["packc-packs"]], plain)
    try bench.pack("10-b", plain)
    let catalog = try bench.host().load()
    let pack = try XCTUnwrap(catalog.pack(named: "a"))
    let libexec = try XCTUnwrap(pack.libexec)
    XCTAssertNotEqual(pack.digest, try PackStore.digest(of: pack.directory))
    XCTAssertEqual(
      try FileSystem.digest(of: libexec / "packc-packs"), try FileSystem.digest(of: Workbench.helpers / "packc-packs"))
    XCTAssertNil(catalog.pack(named: "b")?.libexec)
    try bench.pack("10-c", manifest: ["helpers": ["no-such-helper"]], plain)
    XCTAssertEqual(try bench.host().load().rejected.first?.failure.code, "helper_missing")
  }

  /// The first-party packs, loaded a second time, cost next to nothing.
  func testLoadingAgainReadsNoContent() throws {
    let bench = try Workbench()
    let packs = Workbench.checkout / "packs.d"
    let count = try bench.host(packs: packs).load().packs.count
    XCTAssertEqual(count, try DirectoryWalk.names(in: packs).count)
    var best = UInt64.max
    for _ in 0..<5 {
      let started = HostContext.monotonicClock()
      XCTAssertEqual(try bench.host(packs: packs).load().packs.count, count)
      best = min(best, HostContext.monotonicClock() - started)
    }
    XCTAssertLessThan(Double(best) / 1e6, 25, "milliseconds, in a debug build")
    XCTAssertEqual(bench.told, [])
  }

  func testAHugePackIsRefused() throws {
    let bench = try Workbench()
    try bench.pack("10-a", plain)
    let path = (bench.packs / "10-a/big").description
    let file = open(path, O_CREAT | O_WRONLY, 0o644)
    XCTAssertEqual(ftruncate(file, off_t(PackStore.maximumBytes + 1)), 0)
    close(file)
    XCTAssertEqual(try bench.host().load().rejected.first?.failure.code, "pack_too_large")
  }

  func testAPlaceThatIsNoneIsSaid() throws {
    let bench = try Workbench()
    try bench.pack("10-a", "exit 100")
    let pack = try failure { try bench.host().load(extraPlaces: [bench.packs / "10-a"]) }
    XCTAssertTrue(pack.message.contains("is a pack itself"), pack.message)
    XCTAssertEqual(pack.hint, "give the directory that holds it: \(bench.packs)")
    let above = try failure { try bench.host().load(extraPlaces: [bench.root]) }
    XCTAssertEqual(above.hint, "did you mean \(bench.packs)?")
    try bench.write("", "packs.d/10-a/bin/pack")
    XCTAssertEqual(try bench.host().load().rejected.first?.failure.hint?.hasPrefix("chmod +x "), true)
  }
}
