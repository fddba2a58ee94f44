internal import Glibc
internal import XCTest

@testable import Kernel
@testable import PackCore
@testable import Runner

/// Declared volumes: disks that outlive the machine, read-only ones, and memory where there is no disk.
final class VolumeTests: XCTestCase {
  private static let counter = """
    #include <errno.h>
    #include <fcntl.h>
    #include <stdio.h>
    #include <sys/statvfs.h>
    #include <unistd.h>
    int main(void) {
      struct statvfs space;
      int before = -1, fd = open("/srv/data/count", O_RDWR | O_CREAT, 0600);
      if (fd < 0) { printf("errno=%d\\n", errno); return 1; }
      char text[16] = {0};
      if (read(fd, text, 15) >= 0) sscanf(text, "%d", &before);
      lseek(fd, 0, SEEK_SET);
      dprintf(fd, "%d\\n", before + 1);
      statvfs("/srv/data", &space);
      printf("count=%d small=%d\\n", before + 1, space.f_blocks * space.f_frsize <= 16 << 20);
      return open("/srv/other", O_WRONLY | O_CREAT, 0600) < 0 && errno == EROFS ? 0 : 2;
    }
    """
  private static let volume = GuestVolume(name: "data", size: 16 << 20, mount: RootPath(literal: "srv/data"))

  func testADiskOutlivesItsMachine() throws {
    for machine in Workshop.machines {
      let workshop = try Workshop()
      let image = try workshop.image(Self.counter, .init(volumes: [Self.volume]))
      // A comma in a name is QEMU's own sign.
      let file = workshop.directory / "disk, of data"
      for count in 0..<2 {
        let (outcome, output) = try workshop.run(
          RunRequest(image: image, machine: machine).with { $0.volumes = [AttachedVolume(name: "data", file: file)] })
        XCTAssertEqual(outcome.end, .exited(0), output)
        XCTAssertEqual(output, "count=\(count) small=1\n", machine.rawValue)
      }
      XCTAssertEqual(workshop.notes.count { $0.contains("an empty ext4 of 16 MiB") }, 1)
      XCTAssertEqual(workshop.warnings.map(\.text), [])
      let check = try ProcessRunner().run(
        Command(["/usr/sbin/fsck.ext4", "-fn", file.description], environment: ["PATH": "/usr/bin:/bin"]))
      XCTAssertTrue(check.succeeded, check.outputText)
    }
  }

  func testWithoutADiskItLiesInMemory() throws {
    let workshop = try Workshop()
    let image = try workshop.image(Self.counter, .init(volumes: [Self.volume]))
    for _ in 0..<2 {
      let (outcome, output) = try workshop.run(RunRequest(image: image))
      XCTAssertEqual(outcome.end, .exited(0), output)
      XCTAssertEqual(output, "count=0 small=1\n")
    }
    XCTAssertTrue(workshop.notes.contains { $0.contains("lies in memory") && $0.contains("--volume data=FILE") })
  }

  func testWhatIsNoVolumeIsRefused() throws {
    let workshop = try Workshop()
    let image = try workshop.image(Self.counter, .init(volumes: [Self.volume]))
    let file = workshop.directory / "text"
    try FileSystem.writeAtomically([UInt8](repeating: 0x41, count: 1 << 20), to: file)
    let strange = try workshop.failure(
      RunRequest(image: image).with { $0.volumes = [AttachedVolume(name: "data", file: file)] })
    XCTAssertTrue(strange.message.contains("neither ext4 nor erofs"), strange.message)
    let unknown = try workshop.failure(
      RunRequest(image: image).with { $0.volumes = [AttachedVolume(name: "other", file: file)] })
    XCTAssertEqual(unknown.code, "unknown_volume")
    XCTAssertEqual(unknown.hint, "it has data")
    for text in ["data", "=file", "data="] { XCTAssertThrowsError(try AttachedVolume.parse(text), text) }
    XCTAssertEqual(try AttachedVolume.parse("data=a=b").file, "a=b")
  }
}

extension RunRequest {
  func with(_ change: (inout RunRequest) -> Void) -> RunRequest {
    var copy = self
    change(&copy)
    return copy
  }
}
