import Glibc
import Kernel
import OCI
import PackCore
import Runner
import TestSupport
import XCTest

@testable import Deploy

/// Backups of deployments that do not run, bundles, and what hostile ones try.
final class BackupTests: XCTestCase {
  /// A host with a deployment `shop` of two releases, and a kept volume with something in it.
  private struct Host {
    let place: TemporaryDirectory
    let context: HostContext
    let deployments: Deployments
    let store: VolumeStore

    init() throws {
      place = try TemporaryDirectory()
      context = .test(environment: ["XDG_STATE_HOME": "\(place.path)/state", "HOME": "\(place.path)"])
      deployments = try Deployments(context)
      store = try VolumeStore(context)
    }

    var state: StateDirectory { deployments.state }
    var disk: HostPath { get throws { store.disk(try VolumeName("kept")) } }

    /// Every file of the state, by its path.
    func files() throws -> [String: [UInt8]] {
      var files: [String: [UInt8]] = [:]
      let names = try Tools.output("find", ["\(state.root)", "-type", "f", "-printf", "%P\\n"]).split(separator: "\n")
      for name in names where !name.hasSuffix("lock") {
        files[String(name)] = try FileSystem.read(state.root / String(name))
      }
      return files
    }
  }

  private static func image(_ place: HostPath, _ program: String) throws -> ReleaseStore.Candidate {
    let directory = place / "image-\(program)"
    try FileSystem.createDirectory(directory)
    func file(_ name: String, _ text: String) throws -> JSONValue {
      let bytes = Array(text.utf8)
      try FileSystem.writeAtomically(bytes, to: directory / name)
      return ["file": .string(name), "digest": JSONValue(Digest(of: bytes)), "size": .integer(Int64(bytes.count))]
    }
    let machine: JSONValue = [
      "schema": 1, "architecture": "amd64", "mode": "release", "kernel": try file("kernel", "a kernel"),
      "initrd": try file("initrd", program), "cmdline": try file("cmdline", "quiet\n"),
      "catalog": ["digest": JSONValue(Digest(of: [])), "release": "6.1"],
      "memory": ["minimum_mib": 64, "default_mib": 128], "cpus": 1,
      "network": ["address": "10.0.2.15/24", "gateway": "10.0.2.2", "nameserver": "10.0.2.3"],
      "ports": [["port": 80, "protocol": "tcp"]],
      "volumes": [
        ["name": "data", "size": 1_048_576, "mount": "/data"], ["name": "more", "size": 1_048_576, "mount": "/more"],
      ],
      "hypervisors": ["qemu": ["machines": ["q35"]]],
    ]
    try FileSystem.writeAtomically(CanonicalJSON.encodePretty(machine), to: directory / "machine.json")
    return try ReleaseStore.Candidate(directory)
  }

  /// Makes `shop` without a supervisor.
  private func make(_ host: Host, _ change: (inout DeploymentSpec) throws -> Void = { _ in }) throws {
    try host.state.create()
    let images = try ["one", "two"].map { try Self.image(host.place.path, $0) }
    for image in images { try ReleaseStore(host.state).add(image) }
    var spec = DeploymentSpec(
      image: images[0].digest, source: "/home/someone/shop", publish: [try PublishedPort(parsing: "18080:80")],
      environment: ["GREETING": "hello"])
    spec.keptVolumes = [try XCTUnwrap(VolumeReference(parsing: "kept:/data"))]
    spec.secrets = [try SecretReference(parsing: "TOKEN=T")]
    try change(&spec)
    var record = DeploymentRecord(name: "shop", spec: spec, now: 7)
    spec.image = images[1].digest
    record.add(spec, why: "deploy", fallback: 1, now: 8)
    let directory = host.state.machine("shop")
    try FileSystem.createDirectory(directory.path, mode: 0o700)
    try record.write(directory)
    var outcomes = ReleaseOutcomes()
    outcomes[1] = .ready
    try outcomes.write(directory)
    try MachineState(.exited, release: 2).write(directory)
    let work = try host.store.workDirectory()
    try FileSystem.createDirectory(work.path / "kept")
    do {
      let disk = try SparseFile(creating: work.path / "kept/disk", size: 64 << 20)
      try Array("the data".utf8).withUnsafeBytes { try disk.write($0, at: 40 << 20) }
    }
    XCTAssertTrue(try host.store.adopt(work.path / "kept", as: VolumeName("kept")))
  }

  private func data(_ disk: HostPath) throws -> String {
    let file = try Descriptor.open(disk)
    var bytes = [UInt8](repeating: 0, count: 8)
    _ = try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: 40 << 20) }
    return String(decoding: bytes, as: UTF8.self)
  }

  func testBackupDestroyRestoreGivesTheSame() throws {
    let host = try Host()
    try make(host)
    let before = try XCTUnwrap(try DeploymentRecord.read(host.state.machine("shop")))
    let report = try host.deployments.backup("shop", to: host.place / "a.tar", stops: false)
    XCTAssertEqual(report.releases, [1, 2])
    XCTAssertEqual(report.volumes.map(\.name.description), ["kept"])
    XCTAssertEqual(report.secrets, ["TOKEN"])
    XCTAssertFalse(report.wasStopped)
    XCTAssertLessThan(report.size, 100_000, "holes are not stored")
    // Again, from a disk that stores its zeros.
    let copy = host.place / "copy"
    _ = try Tools.output("cp", ["--sparse=never", "\(host.disk)", "\(copy)"])
    try FileSystem.rename(copy, to: host.disk)
    _ = try host.deployments.backup("shop", to: host.place / "b.tar", stops: false)
    XCTAssertEqual(try FileSystem.read(host.place / "a.tar"), try FileSystem.read(host.place / "b.tar"))

    var request = RestoreRequest(file: host.place / "a.tar")
    assertFailure("name_taken") { try host.deployments.restore(request) }
    _ = try host.deployments.destroy("shop", volumes: false)
    assertFailure("volume_exists") { try host.deployments.restore(request) }
    request.renames = [try VolumeName("other"): try VolumeName("x")]
    assertFailure("unknown_volume") { try host.deployments.restore(request) }
    request.renames = [:]
    XCTAssertTrue(try host.store.destroy(VolumeName("kept")))
    let restored = try host.deployments.restore(request)
    XCTAssertEqual(restored.release, 2)
    XCTAssertEqual(restored.missingSecrets, ["TOKEN"])
    XCTAssertEqual(try data(host.disk), "the data")
    let after = try XCTUnwrap(try DeploymentRecord.read(host.state.machine("shop")))
    XCTAssertEqual(after.releases, before.releases)
    XCTAssertNotEqual(after.id, before.id)
    XCTAssertFalse(after.isWanted)
    XCTAssertEqual(try host.deployments.find("shop").state.phase, .exited)
    XCTAssertEqual(try ReleaseOutcomes.read(host.state.machine("shop"))[1], .ready)
    var status = stat()
    XCTAssertEqual(stat(try host.disk.description, &status), 0)
    XCTAssertEqual(Int64(status.st_size), 64 << 20)
    XCTAssertLessThan(Int64(status.st_blocks) * 512, 1 << 20, "sparse as it was")

    // The same data under other names, beside it.
    request.name = try DeploymentName("twin")
    request.renames = [try VolumeName("kept"): try VolumeName("kept-2")]
    XCTAssertEqual(try host.deployments.restore(request).volumes.map(\.description), ["kept-2"])
    XCTAssertEqual(
      try DeploymentRecord.read(host.state.machine("twin"))?.volumeNames.map(\.description), ["kept-2"])
    XCTAssertEqual(try data(host.store.disk(VolumeName("kept-2"))), "the data")
    // Where the volume is here already and is meant.
    _ = try host.deployments.destroy("twin", volumes: false)
    request.keepsVolumes = true
    XCTAssertEqual(try host.deployments.restore(request).kept.map(\.description), ["kept-2"])
  }

  func testFilesThatAreDisksAreNamedAndNotTaken() throws {
    let host = try Host()
    let file = try host.place.write("mine", to: "disk")
    try make(host) { $0.volumes = [AttachedVolume(name: "more", file: file)] }
    let report = try host.deployments.backup("shop", to: host.place / "a.tar", stops: false)
    XCTAssertEqual(report.leftOut, [file])
    // The one that no backup has stays, whatever is asked.
    let lines = try host.deployments.destroy("shop", volumes: true, backup: host.place / "b.tar")
    XCTAssertEqual(lines.first { $0.resource == "volume more" }?.fate, .kept)
    XCTAssertEqual(lines.first { $0.resource == "volume kept" }?.fate, .deleted)
    XCTAssertEqual(lines.first { $0.resource == "backup" }?.detail, "\(host.place / "b.tar")")
    var request = RestoreRequest(file: host.place / "b.tar")
    assertFailure("names_files", exit: .usage) { try host.deployments.restore(request) }
    XCTAssertEqual(try host.state.names(), [])
    request.takesFiles = true
    XCTAssertEqual(try host.deployments.restore(request).name, "shop")
    XCTAssertEqual(try data(host.disk), "the data")
  }

  func testNothingIsDestroyedWithoutItsBackup() throws {
    let host = try Host()
    try make(host)
    let before = try host.files()
    try host.place.write("", to: "taken")
    assertFailure("output_exists") {
      try host.deployments.destroy("shop", volumes: true, backup: host.place / "taken")
    }
    assertFailure("system_error") {
      try host.deployments.destroy("shop", volumes: true, backup: host.place / "none/a.tar")
    }
    // Somebody else has the volume now.
    do {
      let lock = try host.store.hold(VolumeName("kept"), user: "a test")
      let failure = assertFailure("volume_in_use") {
        try host.deployments.destroy("shop", volumes: true, backup: host.place / "a.tar")
      }
      XCTAssertTrue(failure?.message.contains("a test") ?? false)
      withExtendedLifetime(lock) {}
    }
    XCTAssertEqual(try host.files(), before)
    XCTAssertEqual(try host.place.names().filter { $0.hasSuffix("tar") }, [])
    // A release whose files are not what they were is no backup either.
    let image = try XCTUnwrap(try host.deployments.find("shop").spec).image
    try FileSystem.writeAtomically(Array("twp".utf8), to: host.state.release(image) / "initrd")
    assertFailure("release_damaged") { try host.deployments.backup("shop", to: host.place / "a.tar", stops: false) }
  }

  func testBackupsBeforeUpgradesAreAFew() throws {
    let host = try Host()
    try make(host)
    let directory = host.state.machine("shop")
    let record = try XCTUnwrap(try DeploymentRecord.read(directory))
    for number in 3...7 {
      let file = try host.deployments.backUp(record, before: number, directory, wasAlive: false)
      XCTAssertEqual(file, host.state.backups("shop") / "before-release-\(number).tar")
    }
    XCTAssertEqual(
      try DirectoryWalk.names(in: host.state.backups("shop")).map { String(decoding: $0, as: UTF8.self) }.sorted(),
      (5...7).map { "before-release-\($0).tar" })
    // One release, the one that would have been replaced.
    var request = RestoreRequest(file: host.state.backups("shop") / "before-release-7.tar")
    request.name = try DeploymentName("old")
    request.keepsVolumes = true
    XCTAssertEqual(try host.deployments.restore(request).release, 2)
    XCTAssertEqual(try DeploymentRecord.read(host.state.machine("old"))?.releases.count, 1)
    let lines = try host.deployments.destroy("shop", volumes: true)
    XCTAssertEqual(lines.first { $0.resource == "earlier backups" }?.fate, .deleted)
  }

  func testABundleIsTheSameFromAnywhere() throws {
    var bundles: [[UInt8]] = []
    for name in ["a", "b"] {
      let host = try Host()
      try make(host) { $0.source = "/somewhere/\(name)" }
      let spec = try XCTUnwrap(try host.deployments.find("shop").spec)
      let file = host.place / "\(name).bundle"
      let report = try Bundle.write(DeploymentName("shop"), spec, host.state.release(spec.image), to: file)
      XCTAssertEqual(report.leftOut, ["the variable GREETING", "the secret TOKEN", "the volume kept"])
      bundles.append(try FileSystem.read(file))
      let bundle = try Bundle.unpack(file, to: host.place.makeDirectory("unpacked"))
      XCTAssertEqual(bundle.spec.publish, spec.publish)
      XCTAssertEqual(bundle.spec.environment, [:])
      XCTAssertEqual(try ReleaseStore.Candidate(bundle.image).digest, spec.image)
      assertFailure("bad_parcel") { try host.deployments.restore(RestoreRequest(file: file)) }
      _ = try host.deployments.backup("shop", to: host.place / "backup", stops: false)
      assertFailure("bad_parcel") { try Bundle.unpack(host.place / "backup", to: host.place.makeDirectory("more")) }
    }
    XCTAssertEqual(bundles[0], bundles[1])
  }

  // MARK: - Hostile ones

  /// The members of a backup, changed, with a digest that is right again.
  private func forge(
    _ host: Host, _ good: HostPath, _ change: (inout [(path: String, bytes: [UInt8])]) throws -> Void
  ) throws -> HostPath {
    let reader = try ParcelReader(good)
    var members: [(path: String, bytes: [UInt8])] = []
    while let member = try reader.next() { members.append((member.path, try reader.content(limit: 1 << 24))) }
    try change(&members)
    let file = host.place / "forged.\(UInt64.random(in: 0 ... .max))"
    let writer = try ParcelWriter(file)
    for member in members { try writer.add(member.path, member.bytes) }
    _ = try writer.commit()
    return file
  }

  private func edit(_ bytes: inout [UInt8], _ from: String, _ to: String) {
    bytes = Array(String(decoding: bytes, as: UTF8.self).replacing(from, with: to).utf8)
  }

  func testForgedBackupsAreRefusedAndChangeNothing() throws {
    let host = try Host()
    try make(host)
    let good = host.place / "good.tar"
    _ = try host.deployments.backup("shop", to: good, stops: false)
    _ = try host.deployments.destroy("shop", volumes: true)
    let before = try host.files()
    typealias Members = [(path: String, bytes: [UInt8])]
    let rows: [(String, String, (inout Members) -> Void)] = [
      (
        "a newer one", "parcel_newer",
        { self.edit(&$0[0].bytes, "\"schema\": 1,\n  \"volumes\"", "\"schema\": 2,\n  \"volumes\"") }
      ),
      ("no document", "bad_parcel", { $0[0].bytes = Array("{".utf8) }),
      ("another kind", "bad_parcel", { self.edit(&$0[0].bytes, "\"backup\"", "\"both\"") }),
      ("a name that leads out", "bad_parcel", { self.edit(&$0[0].bytes, "\"shop\"", "\"../shop\"") }),
      (
        "a volume that leads out", "bad_parcel", { self.edit(&$0[0].bytes, "\"name\": \"kept\"", "\"name\": \"../x\"") }
      ),
      ("a disk without end", "bad_parcel", { self.edit(&$0[0].bytes, "67108864", "9223372036854775807") }),
      ("a disk of nothing", "bad_parcel", { self.edit(&$0[0].bytes, "67108864", "0") }),
      ("a piece behind the disk", "bad_parcel", { self.edit(&$0[0].bytes, "67108864", "4096") }),
      ("another image", "bad_parcel", { $0[1].bytes.append(0x20) }),
      ("another kernel", "bad_parcel", { $0[$0.count - 2].bytes[0] ^= 1 }),
      ("a file too many", "bad_parcel", { $0.insert((path: "releases/more", bytes: [1]), at: 1) }),
      ("a file at the end", "bad_parcel", { $0.append((path: "more", bytes: [1])) }),
      ("no file of an image", "bad_parcel", { $0.remove(at: 2) }),
      ("another order", "bad_parcel", { $0.swapAt(2, 3) }),
      ("a piece of no disk", "bad_parcel", { $0.append((path: "volumes/other/0000000000000000", bytes: [1])) }),
      ("a piece twice", "bad_parcel", { members in members.append(members[members.count - 1]) }),
      ("a piece without content", "bad_parcel", { $0[$0.count - 1].bytes = [] }),
      ("an offset with a sign", "bad_parcel", { $0[$0.count - 1].path = "volumes/kept/+000000002800000" }),
      ("the document twice", "bad_parcel", { members in members.append(members[0]) }),
    ]
    for (note, code, change) in rows {
      let file = try forge(host, good) { change(&$0) }
      assertFailure(code, exit: .badInput, note) { try host.deployments.restore(RestoreRequest(file: file)) }
    }
    // Two files of an image that would lie in one place.
    let doubled = try forge(host, good) { members in
      let old = Digest(of: members[1].bytes)
      self.edit(&members[1].bytes, "\"file\": \"cmdline\"", "\"file\": \"machine.json\"")
      let new = Digest(of: members[1].bytes)
      self.edit(&members[0].bytes, old.hex, new.hex)
      for index in members.indices { members[index].path = members[index].path.replacing(old.hex, with: new.hex) }
      // By their names again.
      let images = members[1..<(members.count - 1)].sorted {
        $0.path.split(separator: "/")[1] < $1.path.split(separator: "/")[1]
      }
      members.replaceSubrange(1..<(members.count - 1), with: images)
    }
    assertFailure("bad_parcel") { try host.deployments.restore(RestoreRequest(file: doubled)) }
    for place in ["/dev/null", "\(host.place.path)", "/proc/self/status"] {
      assertFailure("bad_parcel", place) { try host.deployments.restore(RestoreRequest(file: HostPath(place))) }
    }
    XCTAssertEqual(try host.files(), before)
    // It was all in the changes.
    XCTAssertEqual(try host.deployments.restore(RestoreRequest(file: forge(host, good) { _ in })).name, "shop")
  }

  /// Whatever its members say, one is refused with `bad_parcel` or leaves a deployment that can be read.
  func testMutatedDocumentsAreRefusedOrRestored() throws {
    let host = try Host()
    try make(host)
    let good = host.place / "good.tar"
    _ = try host.deployments.backup("shop", to: good, stops: false)
    _ = try host.deployments.destroy("shop", volumes: true)
    var random = SeededRandom(seed: Fuzzing.seed(11))
    for round in 0..<Fuzzing.rounds(120) {
      let file = try forge(host, good) { members in
        let index = Int.random(in: 0..<(round % 3 == 0 ? members.count : 1), using: &random)
        for _ in 0..<Int.random(in: 1...3, using: &random) where !members[index].bytes.isEmpty {
          let at = Int.random(in: 0..<members[index].bytes.count, using: &random)
          members[index].bytes[at] = UInt8.random(in: 0x20...0x7e, using: &random)
        }
      }
      do {
        let report = try host.deployments.restore(RestoreRequest(file: file))
        XCTAssertNotNil(try host.deployments.find(report.name).record, "round \(round)")
        _ = try host.deployments.destroy(report.name, volumes: true)
      } catch let failure as Failure {
        XCTAssertTrue(
          ["bad_parcel", "parcel_newer", "names_files"].contains(failure.code), "round \(round): \(failure)")
      }
      try FileSystem.removeFile(file)
      XCTAssertEqual(try host.state.names(), [], "round \(round)")
      XCTAssertEqual(try host.store.list().map(\.name), [], "round \(round)")
    }
    XCTAssertEqual(
      try DirectoryWalk.names(in: host.place.path).map { String(decoding: $0, as: UTF8.self) }.sorted().filter {
        !$0.hasPrefix("image-")
      }, ["good.tar", "state"])
  }
}
