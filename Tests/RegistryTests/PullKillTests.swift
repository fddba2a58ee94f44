import Glibc
import OCI
import PackCore
import TestSupport
import XCTest

@testable import Registry

/// A pull that is killed at any moment leaves a store in which every blob is what it is called, and the next one goes on.
final class PullKillTests: XCTestCase {
  func testAtTwentyMoments() throws { try PullKill.run(rounds: 20, seed: Fuzzing.seed(31)) }
}

final class PullKillSlowTests: XCTestCase {
  func testAtTwoHundredMoments() throws { try PullKill.run(rounds: 200, seed: Fuzzing.seed(32)) }
}

private enum PullKill {
  static func run(rounds: Int, seed: UInt64) throws {
    let image = try RegistryImage.whole(size: 1 << 20)
    var random = SeededRandom(seed: seed)
    try withRegistry({ settings in
      settings.spoil = { request, answer in
        guard request.method == "GET", request.path.contains("/blobs/") else { return answer }
        var answer = answer
        (answer.drip, answer.dripBytes) = (3, 1 << 15)
        return answer
      }
    }) { registry in
      image.put(into: registry, "shop", "1")
      let sandbox = try TemporaryDirectory()
      let name = "\(registry.host)/shop:1"
      var finished = 0
      for round in 0..<rounds {
        let moment = Int.random(in: 5_000...150_000, using: &random)
        let note = "seed \(seed), round \(round), after \(moment) µs"
        var child = try RunningProcess.start(
          Command(
            [PackcProcess.binary().description, "image", "pull", name, "-q"],
            environment: ["HOME": "\(sandbox.path)", "XDG_CACHE_HOME": "\(sandbox / "cache")"], directory: sandbox.path,
            standardOutput: .discard, standardError: .discard))
        usleep(UInt32(moment))
        child.signal(SIGKILL)
        var end = try child.reapIfEnded()
        while end == nil {
          usleep(1000)
          end = try child.reapIfEnded()
        }
        try check(sandbox, note)
        let store = try ImageStore(content: ContentStore(root: sandbox / "cache/packc/store"))
        if try store.find(name) != nil {
          finished += 1
          try FileSystem.removeTree(sandbox / "cache")
        }
      }
      try PackcProcess("image", "pull", name).sandbox(sandbox).run().expect(exit: .done)
      try check(sandbox, "at the end")
      let store = try ImageStore(content: ContentStore(root: sandbox / "cache/packc/store"))
      XCTAssertEqual(try store.find(name)?.digest, image.document.descriptor.digest)
      XCTAssertEqual(try FileSystem.read(store.content.path(of: Digest(of: image.layer))), image.layer)
      let resumed = registry.server.requests.filter { $0.headers["range"] != nil }.count
      XCTAssertGreaterThan(resumed, 0, "no pull of \(rounds), \(finished) of them whole, went on where one was cut")
    }
  }

  private static func check(_ sandbox: TemporaryDirectory, _ note: String) throws {
    let blobs = sandbox / "cache/packc/store/blobs/sha256"
    guard FileSystem.isDirectory(blobs) else { return }
    for name in try DirectoryWalk.names(in: blobs).map({ String(decoding: $0, as: UTF8.self) }) {
      XCTAssertEqual(try FileSystem.digest(of: blobs / name).hex, name, note)
    }
  }
}
