internal import Glibc
internal import XCTest

@testable import Kernel
@testable import PackCore
@testable import Runner

/// Machines whose root is a disk.
final class RootDiskTests: XCTestCase {
  /// Looks at what a program finds in its root, and reads all of it.
  private static let looker = """
    #include <errno.h>
    #include <fcntl.h>
    #include <stdio.h>
    #include <string.h>
    #include <sys/stat.h>
    #include <unistd.h>
    static long sum(const char *path) {
      unsigned char bytes[65536];
      long total = 0, count;
      int fd = open(path, O_RDONLY);
      if (fd < 0) return -errno;
      while ((count = read(fd, bytes, sizeof bytes)) > 0)
        for (long i = 0; i < count; i++) total += bytes[i];
      return count < 0 ? -errno : total;
    }
    int main(int count, char **arguments) {
      struct stat status;
      stat("/etc/ballast", &status);
      printf("ballast uid=%d size=%ld sum=%ld\\n", status.st_uid, (long)status.st_size, sum("/etc/ballast"));
      char text[200] = {0};
      int fd = open("/etc/resolv.conf", O_RDONLY);
      if (fd < 0 || read(fd, text, 199) < 0) strcpy(text, "none");
      printf("%s", text);
      memset(text, 0, sizeof text);
      fd = open("/etc/hosts", O_RDONLY);
      if (fd < 0 || read(fd, text, 199) < 0) strcpy(text, "none");
      printf("%s", text);
      for (int i = 1; i < count; i++) {
        fd = open(arguments[i], O_WRONLY | O_CREAT, 0600);
        printf("%s %s\\n", arguments[i], fd < 0 ? strerror(errno) : "written");
      }
      printf("init=%d packc=%d\\n", access("/init", F_OK), access("/.packc", F_OK));
      return 3;
    }
    """

  private func options(_ root: RootForm = .erofs) -> Workshop.Options {
    var options = Workshop.Options(
      arguments: ["/app/program", "/new", "/etc/ballast", "/tmp/x", "/srv/data/x", "/var/lib/deep/x"],
      writable: [RootPath(literal: "srv/data"), RootPath(literal: "var/lib/deep")], ballast: 3_000_000)
    options.root = root
    return options
  }

  /// The same from memory and from a disk, but for the memory that it takes.
  func testAProgramFindsTheSameRoot() throws {
    var outputs: [String] = []
    var least: [Int] = []
    for root in RootForm.allCases {
      let workshop = try Workshop()
      let image = try workshop.image(Self.looker, options(root))
      let opened = try UnikernelImage.open(image)
      XCTAssertEqual(opened.machine.root == nil, root == .initrd)
      let (outcome, output) = try workshop.run(RunRequest(image: image, memory: opened.machine.memory.minimum))
      XCTAssertEqual(outcome.end, .exited(3), output)
      XCTAssertEqual(workshop.warnings.map(\.text), [], root.rawValue)
      outputs.append(output)
      least.append(opened.machine.memory.minimum)
    }
    XCTAssertEqual(outputs[0], outputs[1])
    XCTAssertTrue(outputs[1].contains("uid=65532 size=3000000 sum="), outputs[1])
    XCTAssertTrue(outputs[1].contains("nameserver 10.0.2.3"), outputs[1])
    XCTAssertTrue(outputs[1].contains("/new Read-only file system"), outputs[1])
    XCTAssertTrue(
      outputs[1].contains("/srv/data/x written") && outputs[1].contains("/var/lib/deep/x written"), outputs[1])
    XCTAssertTrue(outputs[1].contains("init=-1 packc=-1"), outputs[1])
    XCTAssertLessThan(least[1], least[0])
  }

  func testOnQ35() throws {
    let workshop = try Workshop()
    let image = try workshop.image(Self.looker, options())
    let (outcome, output) = try workshop.run(RunRequest(image: image, machine: .q35))
    XCTAssertEqual(outcome.end, .exited(3), output)
  }

  func testADamagedDiskIsNotStarted() throws {
    let workshop = try Workshop()
    let image = try workshop.image(Self.looker, options())
    let opened = try UnikernelImage.open(image)
    try Self.flip(try XCTUnwrap(opened.root), at: 4096 * 20 + 7)
    let failure = try workshop.failure(RunRequest(image: image))
    XCTAssertEqual(failure.code, "root_damaged")
    XCTAssertTrue(failure.message.contains("unikernel/root"), failure.message)
    XCTAssertTrue(failure.message.contains("its block at byte \(4096 * 20)"), failure.message)
  }

  /// As another monitor may start it.
  func testAMachineWithoutItsDiskSaysSo() throws {
    let workshop = try Workshop()
    let image = try UnikernelImage.open(try workshop.image(Self.looker, options()))
    guard case .object(var fields) = image.machine.json else { return XCTFail("no object") }
    fields["root"] = nil
    let diskless = UnikernelImage(
      directory: image.directory, machine: try MachineDescription(json: .object(fields)))
    do {
      let outcome = try UnikernelRunner(workshop.context, reporter: workshop.reporter, output: 2, signals: .none)
        .run(RunRequest(image: image.directory), diskless)
      XCTFail("the machine ended with \(outcome)")
    } catch let failure as Failure {
      XCTAssertEqual(failure.code, "machine_failed")
      XCTAssertTrue(failure.message.contains("no disk has the serial number packc.root"), failure.message)
    }
  }

  fileprivate static func flip(_ path: HostPath, at place: Int64) throws {
    let file = try Descriptor.open(path, O_RDWR)
    var byte: [UInt8] = [0]
    _ = try byte.withUnsafeMutableBytes { try file.read(into: $0, at: place) }
    try file.write([byte[0] ^ 0x40], at: place)
  }
}

/// One byte of the disk differs from what was built, after packc has looked at it: the machine itself finds it.
final class RootDiskFlipSlowTests: XCTestCase {
  private static let reader = """
    #include <fcntl.h>
    #include <stdio.h>
    #include <unistd.h>
    int main(void) {
      static char bytes[1 << 20];
      long total = 0, count;
      int fd = open("/etc/ballast", O_RDONLY);
      puts("before");
      fflush(stdout);
      while ((count = read(fd, bytes, sizeof bytes)) > 0) total += count;
      printf("read %ld\\n", total);
      return 0;
    }
    """

  func testOneFlippedByteIsCaughtAtBoot() throws {
    let workshop = try Workshop()
    var options = Workshop.Options(ballast: 2_000_000)
    options.root = .erofs
    let image = try UnikernelImage.open(try workshop.image(Self.reader, options))
    let root = try XCTUnwrap(image.root)
    let disk = try XCTUnwrap(image.machine.root)
    let data = Int64(disk.blocks) * 4096
    // What a boot reads: superblock, the program, the file, directories, and the digests of each of these.
    let places: [(String, Int64)] = [
      ("superblock", 1026), ("the root's inode", 1154), ("contents", 4096 * 300 + 1000),
      ("directories", data - 4096 + 40),
      ("the highest digests", data + 4096 + 5), ("the digests of blocks", disk.size - 4096 * 4 + 64),
    ]
    for (what, place) in places {
      try RootDiskTests.flip(root, at: place)
      do {
        let outcome = try UnikernelRunner(workshop.context, reporter: workshop.reporter, output: 2, signals: .none)
          .run(RunRequest(image: image.directory), image)
        XCTFail("\(what): the machine ended with \(outcome)")
      } catch let failure as Failure {
        XCTAssertEqual(failure.code, "root_damaged", "\(what): \(failure)")
        XCTAssertTrue(failure.message.contains("\(root) is damaged"), "\(what): \(failure)")
        XCTAssertTrue(failure.cause?.contains("verity") ?? false, "\(what): \(failure)")
        XCTAssertTrue(failure.message.contains("at byte \(place / 4096 * 4096)"), "\(what): \(failure)")
      }
      try RootDiskTests.flip(root, at: place)
    }
    let outcome = try UnikernelRunner(workshop.context, reporter: workshop.reporter, output: 2, signals: .none)
      .run(RunRequest(image: image.directory), image)
    XCTAssertEqual(outcome.end, .exited(0))
  }
}
