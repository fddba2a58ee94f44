import Glibc
import PackCore
import TestSupport
import XCTest

/// What happens to a store while it is worked with, in the sizes that `make test` and `make test-slow` can afford.
struct StoreFaults {
  let site: Site
  init() throws { site = try Site() }

  // MARK: - Killed at random moments

  /// A build of a C project of which one file changed, killed with -9 at random moments; caches are warm but for that.
  func killBuilds(rounds: Int, seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let project = try site.write(Projects.c, to: "p")
    // The two states between which every build of this test goes.
    var images: [String?] = []
    var seconds = 0.0
    for text in ["one", "two"] {
      try change(project, text)
      let started = HostContext.monotonicClock()
      images.append(try site.build(project).image)
      seconds = Double(HostContext.monotonicClock() - started) / 1e9
    }
    XCTAssertNotEqual(images[0], images[1])
    for round in 0..<rounds {
      let wanted = round % 2
      try change(project, ["one", "two"][wanted])
      // Some of the rounds write their layers anew, some take them out of the cache.
      if round % 3 == 0 { try FileSystem.removeTree(site.cache / "layers") }
      if round % 5 == 0 { try FileSystem.removeTree(site.cache / "steps") }
      let moment = Double.random(in: 0...(seconds * 1.1), using: &random)
      let note = "seed \(seed), round \(round), killed after \(moment) s"
      let build = try Background(site, ["build", "\(project)"])
      usleep(UInt32(moment * 1e6))
      build.signal(SIGKILL)
      let end = try build.end(within: 10)
      XCTAssertTrue([.exited(0), .signalled(SIGKILL)].contains(end), "\(note): \(build.output)")
      try Leftovers.assertNone(site, note)
      try StoreCheck.assertWhole(site.cache, note)
      let found = try StoreCheck.assertOneBuild(project / ".packc", note)
      XCTAssertTrue(images.contains(found), note)
      if round % 4 == 3 {
        XCTAssertEqual(try site.build(project).image, images[wanted], note)
        XCTAssertEqual(try StoreCheck.assertOneBuild(project / ".packc", note), images[wanted], note)
      }
    }
    _ = try site.build(project)
    try site.packc("image", "gc").run().expect(exit: .done)
    try StoreCheck.assertTidy(site.cache, "after \(rounds) killed builds")
    XCTAssertEqual(try staged(in: project), [])
  }

  private func change(_ project: HostPath, _ text: String) throws {
    try site.directory.write(
      Projects.c["server.c", default: ""].replacing("hello from C", with: "hello from C \(text)"), to: "p/server.c")
  }

  private func staged(in directory: HostPath) throws -> [String] {
    try DirectoryWalk.sortedByPath(directory).map(\.path.description).filter { $0.contains("packc-new") }
  }

  /// `image import` of an archive and `image gc`, side by side with builds, each killed at random moments.
  func killImportsAndCollectors(rounds: Int, seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let project = try Tiny.write(site, to: "p", text: "imported")
    _ = try site.build(project, "--no-unikernel")
    let archive = site.directory / "image.tar"
    try site.packc("image", "export", "tiny:latest", "--format", "oci-archive", "-o", "\(archive)").run()
      .expect(exit: .done)
    let commands = [
      ["image", "import", "\(archive)", "--name", "got:1"], ["image", "gc", "--grace", "0", "--keep", "0"],
      ["build", "\(project)", "--no-unikernel", "--no-cache"],
    ]
    for round in 0..<rounds {
      if round % 4 == 0 { try FileSystem.removeTree(site.cache / "store") }
      let note = "seed \(seed), round \(round)"
      let all = try commands.map { try Background(site, $0) }
      usleep(UInt32.random(in: 0...200_000, using: &random))
      for one in all { one.signal(SIGKILL) }
      for one in all { _ = try one.end(within: 10) }
      try Leftovers.assertNone(site, note)
      try StoreCheck.assertWhole(site.cache, note)
      _ = try StoreCheck.assertOneBuild(project / ".packc", note)
    }
    try site.packc(commands[0]).run().expect(exit: .done)
    XCTAssertNotNil(try site.build(project, "--no-unikernel").image)
    try site.packc(commands[1]).run().expect(exit: .done)
    try StoreCheck.assertWhole(site.cache)
    try StoreCheck.assertTidy(site.cache)
    XCTAssertEqual(try StoreCheck.names(site.cache).map(\.0), ["got:1", "tiny:latest"])
  }

  // MARK: - Many at once

  /// Builds of different and of equal projects, side by side, a few at a time; a collector that spares nothing beside.
  func buildsAtOnce(_ count: Int, width: Int) throws {
    let projects = try (0..<count).map { number in
      // Every fourth one is like another.
      try Tiny.write(site, to: "p\(number)", text: "project \(number % 4 == 3 ? 0 : number)")
    }
    let collector = try Background(
      site, [], shell: "while \"$PACKC\" image gc --quiet --grace 0 --keep 0 >/dev/null; do :; done")
    var open: [(Int, Background)] = []
    var next = 0
    while next < count || !open.isEmpty {
      while open.count < width, next < count {
        let tag = "many:\(next)"
        open.append(
          (next, try Background(site, ["build", "\(projects[next])", "--no-unikernel", "--tag", tag, "--quiet"])))
        next += 1
      }
      usleep(5_000)
      open = try open.filter { number, build in
        guard let end = try build.hasEnded() else { return true }
        XCTAssertEqual(end, .exited(0), "build \(number): \(build.output)")
        return false
      }
    }
    XCTAssertNil(try collector.hasEnded(), "the collector failed: \(collector.output)")
    collector.signal(SIGKILL)
    _ = try collector.end(within: 10)
    try Leftovers.assertNone(site)
    try site.packc("image", "gc", "--grace", "0").run().expect(exit: .done)
    try StoreCheck.assertWhole(site.cache)
    try StoreCheck.assertTidy(site.cache)
    let names = try StoreCheck.names(site.cache)
    XCTAssertEqual(Set(names.map(\.0)), Set((0..<count).map { "many:\($0)" }))
    let distinct = count - count / 4
    XCTAssertEqual(Set(names.map(\.1)).count, distinct)
    // A manifest, a config, a layer and a manifest about its owners each, and three statements (contract, components,
    // provenance) with a manifest each; the layer, the owners and the artifact's empty config that all have.
    XCTAssertEqual(try DirectoryWalk.names(in: site.cache / "store/blobs/sha256").count, 10 * distinct + 3)
    for project in projects { try StoreCheck.assertOneBuild(project / ".packc", "\(project)") }
  }

  // MARK: - No room

  /// A build and an import on a file system that has room for a little more each time, until they succeed.
  func fillDisks(from first: Int, step: Int, upTo last: Int) throws {
    let project = try Tiny.write(site, to: "p")
    let expected = try site.build(project).image
    let archive = site.directory / "image.tar"
    try site.packc("image", "export", "tiny:latest", "--format", "oci-archive", "-o", "\(archive)").run()
      .expect(exit: .done)
    for (what, arguments, output, step) in [
      ("build", ["build", "\(project)", "--output", "out"], true, step),
      ("import", ["image", "import", "\(archive)", "--name", "got:1"], false, max(step / 4, 50)),
    ] {
      let small = try site.directory.makeDirectory("small-\(what)")
      var command = try site.command(arguments, environment: ["XDG_CACHE_HOME": "\(small)"])
      command.directory = small
      command.environment["OUT"] = site.directory.path.description
      command.argv =
        ["/usr/bin/unshare", "-m", "/bin/sh", "-c", Self.script, "sh", "\(first)", "\(step)", "\(last)", what]
        + ["\(site.cache)"] + command.argv
      command.timeout = 280
      let result = try ProcessRunner().run(command)
      XCTAssertTrue(result.succeeded, "\(what): \(result.errorText)")
      let story = String(decoding: try FileSystem.read(site.directory / "story-\(what)"), as: UTF8.self)
      let tries = story.components("=== ")
      XCTAssertGreaterThan(tries.count, 1, "it never lacked room: \(story)")
      for (number, said) in tries.enumerated() where number < tries.count - 1 {
        XCTAssertTrue(said.contains("exit 75\n"), "\(what): \(said)")
        XCTAssertTrue(said.contains("No space left on device"), "\(what): \(said)")
        XCTAssertTrue(said.contains("next: free some space"), "\(what): \(said)")
        XCTAssertFalse(said.contains("left: "), "\(what): \(said)")
      }
      XCTAssertTrue(tries.last?.contains("exit 0\n") == true, "\(what): \(tries.last ?? "")")
      let copy = site.directory / "copy-\(what)"
      try StoreCheck.assertWhole(copy / "packc", what)
      XCTAssertEqual(
        try StoreCheck.names(copy / "packc").map(\.0), [output ? "tiny:latest" : "got:1"], what)
      if output { XCTAssertEqual(try StoreCheck.assertOneBuild(copy / "out", what), expected) }
      try Leftovers.assertNone(site, what)
    }
  }

  /// Arguments: sizes in KiB, what, a cache with kernels and packs, the command. What is there at the end is copied out
  /// of the mount. Packs are as large as the helper that runs them, which is not what is looked at here.
  private static let script = """
    first=$1 step=$2 last=$3 what=$4 cache=$5; shift 5
    small=$PWD; size=$first
    mount -t tmpfs -o size=${size}k tmpfs "$small" || exit 1
    cd "$small"
    mkdir -p packc/packs && ln -s "$(readlink "$cache/kernels")" packc/kernels
    mount --bind "$cache/packs" packc/packs || exit 1
    : >"$OUT/story-$what"
    while :; do
      echo "=== ${size} KiB" >>"$OUT/story-$what"
      "$@" >>"$OUT/story-$what" 2>&1
      code=$?; echo "exit $code" >>"$OUT/story-$what"
      find . -path '*/work/build.*' -o -path '*/staging/blob.*' -o -name '*packc-new*' -o -name '.staged*' -o -name '.segment*' |
        sed 's/^/left: /' >>"$OUT/story-$what"
      [ $code = 0 ] && break
      size=$((size + step)); [ $size -gt $last ] && break
      mount -o remount,size=${size}k "$small" || exit 1
    done
    umount packc/packs; rm packc/kernels
    cp -a "$small" "$OUT/copy-$what"
    """
}

extension String {
  fileprivate func components(_ separator: String) -> [String] {
    split(separator: separator, omittingEmptySubsequences: true).map(String.init)
  }
}

/// As much of it as everybody can wait for.
final class StoreFaultTests: XCTestCase {
  func testKilledBuilds() throws { try StoreFaults().killBuilds(rounds: 5, seed: Fuzzing.seed(41)) }
  func testKilledImportsAndCollectors() throws {
    try StoreFaults().killImportsAndCollectors(rounds: 3, seed: Fuzzing.seed(42))
  }
  func testBuildsAtOnce() throws { try StoreFaults().buildsAtOnce(12, width: 6) }
  func testFullDisks() throws {
    guard Tools.isRoot else { throw XCTSkip("needs root to mount a small file system") }
    try StoreFaults().fillDisks(from: 200, step: 4000, upTo: 50_000)
  }
}

/// `make test-slow`.
final class StoreFaultSlowTests: XCTestCase {
  func testTwoHundredKilledBuilds() throws { try StoreFaults().killBuilds(rounds: 200, seed: Fuzzing.seed(43)) }
  func testAHundredKilledImportsAndCollectors() throws {
    try StoreFaults().killImportsAndCollectors(rounds: 100, seed: Fuzzing.seed(44))
  }
  func testTwoHundredBuildsAtOnce() throws { try StoreFaults().buildsAtOnce(200, width: 200) }
  func testFullDisksAtEveryStage() throws {
    guard Tools.isRoot else { throw XCTSkip("needs root to mount a small file system") }
    try StoreFaults().fillDisks(from: 40, step: 200, upTo: 50_000)
  }
}
