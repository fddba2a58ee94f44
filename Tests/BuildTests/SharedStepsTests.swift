internal import PackCore
internal import TestSupport
import XCTest

@testable import Build

/// Results of steps that one machine leaves and another one takes. A machine here is a cache and a checkout of its own.
final class SharedStepsTests: XCTestCase {
  private struct Machine {
    let project: TemporaryDirectory
    let cache: TemporaryDirectory
    let said = Locked<[String]>([])

    init() throws {
      project = try TemporaryDirectory()
      cache = try TemporaryDirectory()
      try project.write("one", to: "a.txt")
    }

    /// What a step became, its reason, and its outputs.
    func run(_ steps: [BuildStep], _ shared: SharedSteps, isolation: Isolation? = nil) throws -> [StepExecutor.Outcome]
    {
      let pack = cache / "pack"
      try FileSystem.createDirectory(pack)
      let context = HostContext.test(
        environment: ["PATH": "/usr/bin:/bin", "HOME": "/nonexistent/home", "INDEX": "https://me:pa55word@index/"],
        workingDirectory: project.path, clock: HostContext.monotonicClock)
      let executor = try StepExecutor(
        StepExecutor.Setting(
          context: context, cache: cache.path, scan: ProjectScan(root: project.path),
          digests: FileDigests(file: cache / "digests", trustBefore: .max),
          reporter: Reporter { event in
            if case .warning(let text, _) = event { said.withLock { $0.append(text) } }
          }, packDirectory: pack, packDigest: Digest(of: []), packName: "test", passthrough: ["INDEX"], epoch: 0,
          timeout: 60, useCache: true, lastKeys: [:], isolation: isolation, secrets: FetchSecrets([]), shared: shared))
      try executor.run(steps)
      return executor.outcomes
    }
  }

  private func step(_ script: String = "mkdir -p ${work}/out/d; cp a.txt ${work}/out/d/a; ln -s d/a ${work}/out/l")
    -> BuildStep
  {
    BuildStep(
      id: "make", argv: ["/bin/sh", "-eu", "-c", script], inputs: ["a.txt"], outputs: [RootPath(literal: "out")])
  }

  private func shared(from: HostPath? = nil, to: HostPath? = nil, signs: Bool = false, keys: [String] = []) throws
    -> SharedSteps
  {
    var shared = SharedSteps()
    (shared.from, shared.to) = (from.map(SharedDirectory.init), to.map(SharedDirectory.init))
    shared.keys = try keys.map { try PublicKey(pem: Array($0.utf8), name: "key") }
    if signs { shared.signer = try SigningKey(pem: Array(TestKeys.ecdsa.utf8), name: "key") }
    return shared
  }

  /// The one file of a room of the shared directory.
  private func file(_ place: TemporaryDirectory, _ room: String) throws -> HostPath {
    place / room / (try XCTUnwrap(place.names(in: room).first))
  }

  func testOneMachineTakesWhatAnotherLeft() throws {
    let place = try TemporaryDirectory()
    let first = try Machine()
    XCTAssertEqual(try first.run([step()], shared(to: place.path)).map(\.status), [.ran])
    let second = try Machine()
    // The order of a checkout's times does not matter.
    try second.project.write("one", to: "a.txt", mode: 0o600)
    let outcome = try XCTUnwrap(second.run([step()], shared(from: place.path)).first)
    XCTAssertEqual(outcome.status, .reused)
    XCTAssertEqual(outcome.reason, "taken from \(place.path)")
    XCTAssertEqual(try FileSystem.read(outcome.outputs / "out/d/a"), Array("one".utf8))
    XCTAssertEqual(try FileSystem.linkTarget(outcome.outputs / "out/l"), Array("d/a".utf8))
    XCTAssertTrue(outcome.outputs.relative(to: second.cache.path) != nil, "it lies in the second machine's own cache")
    // Then it is this machine's, and another content is another step.
    try FileSystem.removeTree(place / "entries")
    XCTAssertEqual(
      try second.run([step()], shared(from: place.path)).first?.reason, "nothing that it depends on changed")
    try second.project.write("two", to: "a.txt")
    XCTAssertEqual(try second.run([step()], shared(from: place.path)).map(\.status), [.ran])
    XCTAssertEqual(second.said.withLock { $0 }, [])
  }

  func testWhatWasBuiltBeforeIsLeftTooAndTheSameBytesEachTime() throws {
    var seen: [[UInt8]] = []
    for _ in 0..<2 {
      let (place, machine) = (try TemporaryDirectory(), try Machine())
      _ = try machine.run([step()], SharedSteps())
      XCTAssertEqual(try machine.run([step()], shared(to: place.path)).map(\.status), [.reused])
      let entry = try file(place, "entries")
      seen.append(Array(entry.name.utf8) + (try FileSystem.read(entry)))
    }
    XCTAssertEqual(seen[0], seen[1])
  }

  func testAStepThatFollowsATakenOneSeesItsOutputs() throws {
    let place = try TemporaryDirectory()
    let second = BuildStep(
      id: "use", argv: ["/bin/sh", "-eu", "-c", "cat ${work}/out/d/a b.txt >${work}/used"],
      inputs: ["b.txt", "${work}/out"], outputs: [RootPath(literal: "used")])
    let machines = (try Machine(), try Machine())
    try machines.0.project.write("1", to: "b.txt")
    try machines.1.project.write("2", to: "b.txt")
    _ = try machines.0.run([step(), second], shared(to: place.path))
    let outcomes = try machines.1.run([step(), second], shared(from: place.path))
    XCTAssertEqual(outcomes.map(\.status), [.reused, .ran])
    XCTAssertEqual(try FileSystem.read(outcomes[1].outputs / "used"), Array("one2".utf8))
  }

  func testOnlyASignatureOfANamedKeyCounts() throws {
    let (signed, unsigned) = (try TemporaryDirectory(), try TemporaryDirectory())
    _ = try Machine().run([step()], shared(to: signed.path, signs: true))
    _ = try Machine().run([step()], shared(to: unsigned.path))
    let good = try XCTUnwrap(
      Machine().run([step()], shared(from: signed.path, keys: [TestKeys.ed25519Public, TestKeys.ecdsaPublic])).first)
    XCTAssertEqual(good.status, .reused)
    XCTAssertTrue(good.reason.hasPrefix("taken from \(signed.path), signed by "), good.reason)
    for (place, key, why) in [
      (signed, TestKeys.ed25519Public, "signed by none of the keys"),
      (unsigned, TestKeys.ecdsaPublic, "nobody has signed"),
    ] {
      let machine = try Machine()
      XCTAssertEqual(try machine.run([step()], shared(from: place.path, keys: [key])).map(\.status), [.ran])
      let said = machine.said.withLock { $0 }
      XCTAssertEqual(said.count, 1)
      XCTAssertTrue(said.first?.contains(why) == true, "\(said)")
    }
  }

  func testWhatOthersCanWriteIsNotBelievedUnlessThePersonSaysSo() throws {
    let place = try TemporaryDirectory()
    _ = try Machine().run([step()], shared(to: place.path))
    try FileSystem.setMode(place / "entries", 0o775)
    let machine = try Machine()
    XCTAssertEqual(try machine.run([step()], shared(from: place.path)).map(\.status), [.ran])
    XCTAssertEqual(
      machine.said.withLock { $0 }, ["nothing is taken from \(place.path): others may write in \(place.path)/entries"])
    var shared = try shared(from: place.path)
    shared.believesUnsigned = true
    XCTAssertEqual(try Machine().run([step()], shared).map(\.status), [.reused])
  }

  /// In a directory of one's own, files that others could write, and a link that leads elsewhere after the look.
  func testFilesThatOthersCanWriteAreNotBelieved() throws {
    let place = try TemporaryDirectory()
    _ = try Machine().run([step()], shared(to: place.path))
    for room in ["entries", "content"] {
      let file = try file(place, room)
      try FileSystem.setMode(file, 0o666)
      let machine = try Machine()
      XCTAssertEqual(try machine.run([step()], shared(from: place.path)).map(\.status), [.ran])
      XCTAssertTrue(machine.said.withLock { $0.first ?? "" }.contains("others may write \(file)"), room)
      try FileSystem.setMode(file, 0o644)
    }
    let links = try TemporaryDirectory()
    try FileSystem.createLink(links / "cache", to: place.path.bytes)
    XCTAssertEqual(try Machine().run([step()], shared(from: links / "cache")).map(\.status), [.reused])
    let directory = SharedDirectory(links / "cache")
    try FileSystem.removeFile(links / "cache")
    XCTAssertNil(directory.openToOthers)
    XCTAssertEqual(directory.name, place.path.description, "looked at where it led when it was named")
  }

  /// Bits of the entry and of its contents flipped, and each file cut at some places.
  func testWhatIsDamagedIsNotUsedAndRunsInstead() throws {
    let place = try TemporaryDirectory()
    _ = try Machine().run([step()], shared(to: place.path, signs: true))
    for room in ["entries", "content"] {
      let file = try file(place, room)
      let whole = try FileSystem.read(file)
      var damaged = [whole.count - 1, whole.count / 2, 0].map { Array(whole.prefix($0)) } + [whole + [0x20, 0x21]]
      for position in stride(from: 0, to: whole.count, by: max(1, whole.count / 12)) {
        var bytes = whole
        bytes[position] ^= 0x01
        damaged.append(bytes)
      }
      for bytes in damaged {
        try FileSystem.writeAtomically(bytes, to: file, durable: false)
        let machine = try Machine()
        let outcome = try XCTUnwrap(
          machine.run([step()], shared(from: place.path, keys: [TestKeys.ecdsaPublic])).first)
        XCTAssertEqual(try FileSystem.read(outcome.outputs / "out/d/a"), Array("one".utf8))
        // A key's name is no part of what is signed.
        guard outcome.status == .ran else {
          XCTAssertEqual(room, "entries")
          continue
        }
        XCTAssertEqual(machine.said.withLock { $0.count }, 1)
      }
      try FileSystem.writeAtomically(whole, to: file, durable: false)
    }
  }

  /// Whoever clears the directory by age may leave an entry without its contents.
  func testAnEntryWithoutContentsIsNotUsedAndTheNextOneIs() throws {
    let (place, machine) = (try TemporaryDirectory(), try Machine())
    let other = BuildStep(
      id: "other", argv: ["/bin/sh", "-c", "echo other >${work}/b"], inputs: ["b"], outputs: [RootPath(literal: "b")])
    _ = try Machine().run([step()], shared(to: place.path))
    try FileSystem.removeTree(place / "content")
    _ = try Machine().run([other], shared(to: place.path))
    let outcomes = try machine.run([step(), other], shared(from: place.path))
    XCTAssertEqual(outcomes.map(\.status), [.ran, .reused])
    let said = machine.said.withLock { $0 }
    XCTAssertTrue(said.count == 1 && said[0].contains("its contents are not there"), "\(said)")
  }

  func testAnEntryCannotWriteElsewhere() throws {
    let outputs = [RootPath(literal: "out")]
    let key = Digest(of: Array("key".utf8))
    func parse(_ files: String) throws {
      let text = """
        {"content":"\(Digest(of: []))","files":[\(files)],"format":1,"key":"\(key)"}
        """
      _ = try SharedEntry(parsing: Array(text.utf8), key: key, outputs: outputs)
    }
    XCTAssertNoThrow(try parse(#"{"path":"out","mode":493},{"path":"out/a","mode":420,"size":0}"#))
    for files in [
      #"{"path":"../out","mode":420,"size":0}"#, #"{"path":"other","mode":420,"size":0}"#, "",
      #"{"path":"out","link":"/etc"},{"path":"out/passwd","mode":420,"size":0}"#,
      #"{"path":"out","mode":493},{"path":"out","mode":493}"#,
      #"{"path":"out","mode":493},{"path":"out/l","link":"/"},{"path":"out/l/x","mode":420,"size":0}"#,
      #"{"path":"out/a","mode":420,"size":0},{"path":"out","mode":493}"#,
      #"{"path":"out","mode":2541}"#, #"{"path":"out","mode":420,"size":-1}"#,
      #"{"path":"out","mode":420,"size":9000000000000000000}"#, #"{"path":"out","mode":0}"#,
      #"{"path":"out","link":""}"#,
    ] {
      XCTAssertThrowsError(try parse(files), files)
    }
  }

  /// Whatever bytes come, they are refused or hold only what lies in the outputs.
  func testRandomListsAreRefusedOrHarmless() throws {
    let key = Digest(of: [])
    let outputs = [RootPath(literal: "out"), RootPath(literal: "out/in"), RootPath(literal: "b/c")]
    let good = Array(
      """
      {"content":"\(key)","files":[{"mode":493,"path":"b/c"},{"mode":493,"path":"out"},{"mode":493,"path":"out/in"},\
      {"link":"in","path":"out/l"}],"format":1,"key":"\(key)"}
      """.utf8)
    XCTAssertNoThrow(try SharedEntry(parsing: good, key: key, outputs: outputs))
    var random = SeededRandom(seed: 8)
    for _ in 0..<3000 {
      var bytes = good
      for _ in 0...Int.random(in: 0..<4, using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = good.randomElement(using: &random) ?? 0
      }
      guard let entry = try? SharedEntry(parsing: bytes, key: key, outputs: outputs) else { continue }
      for file in entry.files { XCTAssertTrue(outputs.contains { file.path.isInside($0) }) }
    }
  }

  func testSecretsAndPathsOfTheMachineStayHere() throws {
    for (script, why) in [
      ("echo pa55word >${work}/out", "a credential of INDEX"),
      // Across two of the pieces in which a file is read.
      ("(head -c 1048573 /dev/zero; echo pa55word) >${work}/out", "a credential of INDEX"),
      ("echo /nonexistent/home/x >${work}/out", "the path of a home"),
      ("ln -s /nonexistent/home ${work}/out", "the path of a home"),
      ("mkfifo ${work}/out", "no file, directory or link"),
    ] {
      let (place, machine) = (try TemporaryDirectory(), try Machine())
      _ = try machine.run([step(script)], shared(to: place.path))
      XCTAssertEqual(try place.names(), [])
      let said = machine.said.withLock { $0 }
      XCTAssertTrue(said.count == 1 && said[0].contains(why), "\(said)")
    }
  }

  func testWithoutASandboxNothingIsShared() throws {
    let (place, machine) = (try TemporaryDirectory(), try Machine())
    XCTAssertEqual(try machine.run([step()], shared(to: place.path), isolation: Isolation.none).map(\.status), [.ran])
    XCTAssertFalse(FileSystem.exists(place / "entries"))
    XCTAssertEqual(machine.said.withLock { $0.count }, 1)
  }

  func testAPlaceThatCannotBeWrittenIsNoReasonToFail() throws {
    let (place, machine) = (try TemporaryDirectory(), try Machine())
    try place.write("a file", to: "f")
    let other = BuildStep(
      id: "other", argv: ["/bin/sh", "-c", "echo >${work}/b"], inputs: ["b"], outputs: [RootPath(literal: "b")])
    XCTAssertEqual(try machine.run([step(), other], shared(to: place / "f")).map(\.status), [.ran, .ran])
    // Once for both steps.
    XCTAssertEqual(machine.said.withLock { $0.count }, 1)
  }
}
