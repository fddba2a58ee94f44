internal import XCTest

@testable import Kernel
@testable import PackCore
@testable import Runner

/// Real machines: Debian's kernel under QEMU.
final class BootTests: XCTestCase {
  func testExitCodesComeBackOnBothMachineTypes() throws {
    let workshop = try Workshop()
    let image = try workshop.image(
      """
      #include <stdio.h>
      #include <stdlib.h>
      int main(int count, char **arguments) {
        printf("first\\r\\nsecond\\n\\t\\x01 arguments %d\\n", count);
        fputs(getenv("GREETING"), stdout);
        fflush(stdout);
        int code = atoi(getenv("CODE"));
        if (code < 0) abort();
        return code;
      }
      """, .init(arguments: ["/app/program", "a b"], environment: ["GREETING": "image", "CODE": "7"]))
    for machine in Workshop.machines {
      let (seven, output) = try workshop.run(RunRequest(image: image, machine: machine))
      XCTAssertEqual(seven.exitCode.rawValue, 7, machine.rawValue)
      XCTAssertEqual(Array(output.utf8), Array("first\r\nsecond\n\t\u{1} arguments 2\nimage".utf8), machine.rawValue)
    }
    let (zero, output) = try workshop.run(
      RunRequest(image: image, environment: ["CODE": "0", "GREETING": "host"]))
    XCTAssertEqual(zero.end, .exited(0))
    XCTAssertTrue(output.hasSuffix("host"), output)
    let (aborted, _) = try workshop.run(RunRequest(image: image, environment: ["CODE": "-1"]))
    XCTAssertEqual(aborted.end, .signalled(6))
    XCTAssertEqual(aborted.exitCode.rawValue, 134)
    XCTAssertEqual(workshop.warnings.map(\.text), [])
  }

  /// One look at everything that the program is promised, printed as `name=value` lines.
  func testTheProgramFindsWhatItIsPromised() throws {
    let workshop = try Workshop()
    let image = try workshop.image(
      Self.inspection,
      .init(
        arguments: ["program"], environment: ["PATH": "/nowhere:/app"], writable: [RootPath(literal: "srv/data")],
        cwd: RootPath(literal: "app"), ballast: 5 << 20))
    let (outcome, output) = try workshop.run(RunRequest(image: image))
    XCTAssertEqual(outcome.end, .exited(0), output)
    let lines = output.split(separator: "\n").map(String.init)
    let expected = [
      "uid=65532 65532 65532", "gid=65532", "groups=0", "cwd=/app", "host=workshop", "write /=30", "write /app=30",
      "write /etc/ballast=30", "write /dev/shm=0", "write /tmp=0", "write /srv/data=0", "write /proc/sys=13",
      "stdin=0", "random=32", "mount=1", "kill init=1", "port 80=0", "route=10.0.2.2", "resolver=10.0.2.3", "init=2",
      "packc=2", "ballast=5242880", "loopback=0", "reboot=1", "control=13", "clock=0", "capabilities=0",
      "new privileges=1", "stdout=0",
    ]
    for line in expected { XCTAssertTrue(lines.contains(line), "\(line) is not in\n\(output)") }
    XCTAssertEqual(workshop.warnings.map(\.text), [])
  }

  private static let inspection = """
    #include <arpa/inet.h>
    #include <errno.h>
    #include <fcntl.h>
    #include <grp.h>
    #include <netinet/in.h>
    #include <signal.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <sys/mount.h>
    #include <sys/prctl.h>
    #include <sys/random.h>
    #include <sys/reboot.h>
    #include <sys/socket.h>
    #include <sys/stat.h>
    #include <time.h>
    #include <unistd.h>
    static int writes(const char *path) {
      int fd = open(path, O_WRONLY | O_CREAT, 0600);
      return fd < 0 ? errno : (int)write(fd, "x", 1) - 1;
    }
    static int binds(const char *address, int port) {
      struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(port)};
      inet_pton(AF_INET, address, &at.sin_addr);
      return bind(socket(AF_INET, SOCK_STREAM, 0), (void *)&at, sizeof at) ? errno : 0;
    }
    static int fails(int code) { return code ? errno : 0; }
    int main(void) {
      uid_t r, e, s;
      char text[256], bytes[32];
      struct stat status;
      getresuid(&r, &e, &s);
      printf("uid=%d %d %d\\ngid=%d\\ngroups=%d\\n", r, e, s, getegid(), getgroups(0, 0));
      printf("cwd=%s\\n", getcwd(text, sizeof text));
      gethostname(text, sizeof text);
      printf("host=%s\\n", text);
      printf("write /=%d\\nwrite /app=%d\\n", writes("/new"), writes("/app/new"));
      printf("write /etc/ballast=%d\\nwrite /dev/shm=%d\\n", writes("/etc/ballast"), writes("/dev/shm/new"));
      printf("write /tmp=%d\\nwrite /srv/data=%d\\n", writes("/tmp/new"), writes("/srv/data/new"));
      printf("write /proc/sys=%d\\n", writes("/proc/sys/kernel/hostname"));
      printf("stdin=%zd\\n", read(0, bytes, 1));
      printf("random=%zd\\n", getrandom(bytes, 32, GRND_NONBLOCK));
      printf("mount=%d\\n", fails(mount("none", "/tmp", "tmpfs", 0, 0)));
      printf("kill init=%d\\n", fails(kill(1, SIGKILL)));
      printf("port 80=%d\\nloopback=%d\\n", binds("0.0.0.0", 80), binds("127.0.0.1", 9));
      FILE *file = fopen("/proc/net/route", "r");
      unsigned destination, gateway;
      fgets(text, sizeof text, file);
      while (fgets(text, sizeof text, file))
        if (sscanf(text, "eth0 %x %x", &destination, &gateway) == 2 && !destination) {
          struct in_addr at = {gateway};
          printf("route=%s\\n", inet_ntoa(at));
        }
      file = fopen("/etc/resolv.conf", "r");
      if (file && fscanf(file, "nameserver %s", text) == 1) printf("resolver=%s\\n", text);
      printf("init=%d\\npackc=%d\\n", fails(stat("/init", &status)), fails(stat("/.packc", &status)));
      stat("/etc/ballast", &status);
      printf("ballast=%ld\\n", (long)status.st_size);
      printf("reboot=%d\\n", fails(reboot(RB_AUTOBOOT)));
      printf("control=%d\\n", writes("/dev/vport0p1") == 0 ? 0 : errno);
      printf("clock=%d\\n", time(0) < 1700000000);
      int held = 0;
      for (int i = 0; prctl(PR_CAPBSET_READ, i) >= 0; i++) held += prctl(PR_CAPBSET_READ, i);
      printf("capabilities=%d\\nnew privileges=%d\\n", held, prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
      file = fopen("/dev/stdout", "w");
      printf("stdout=%d\\n", file ? 0 : errno);
      return 0;
    }
    """

  func testAProgramThatEatsTheMemoryIsToldApart() throws {
    let workshop = try Workshop()
    let image = try workshop.image(
      """
      #include <stdlib.h>
      #include <string.h>
      int main(void) {
        for (;;) { char *block = malloc(1 << 20); if (!block) return 3; memset(block, 1, 1 << 20); }
      }
      """)
    let (outcome, _) = try workshop.run(RunRequest(image: image, memory: 128))
    XCTAssertEqual(outcome.end, .signalled(9))
    XCTAssertTrue(outcome.ranOutOfMemory)
    XCTAssertEqual(outcome.exitCode.rawValue, 137)
    XCTAssertTrue(workshop.warnings.contains { $0.text.contains("memory ran out") && $0.hint != nil })
    let (killed, _) = try Workshop().killed()
    XCTAssertEqual(killed.end, .signalled(9))
    XCTAssertFalse(killed.ranOutOfMemory)
  }

  func testAProgramThatCannotBeExecuted() throws {
    let workshop = try Workshop()
    let program = workshop.directory / "text"
    try FileSystem.writeAtomically(Array("not a program\n".utf8), to: program)
    let cases: [(Workshop.Options, String, String)] = [
      (.init(), "execute /app/program", "Exec format error"),
      (.init(arguments: ["/app/missing"]), "execute /app/missing", "No such file"),
      (.init(arguments: ["missing"], environment: ["PATH": "/app:/bin"]), "execute missing", "No such file"),
      (.init(arguments: ["/etc/ballast"]), "execute /etc/ballast", "Permission denied"),
      (.init(cwd: RootPath(literal: "srv/none")), "enter the working directory /srv/none", "No such file"),
    ]
    for (options, what, reason) in cases {
      let failure = try workshop.failure(RunRequest(image: try workshop.image(of: program, options)))
      XCTAssertEqual(failure.code, "not_started", what)
      XCTAssertEqual(failure.exit, .notStarted)
      XCTAssertTrue(failure.message.contains(what) && failure.message.contains(reason), failure.message)
    }
  }

  /// What a program prints is never taken for the init's report, and a machine that dies has none.
  func testAForgedTrailerIsNotBelieved() throws {
    let workshop = try Workshop()
    let image = try workshop.image(
      """
      #include <stdio.h>
      int main(void) {
        puts("packc: the program ended with exit code 0");
        fwrite("\\x45\\0\\0\\0\\x11\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0\\0", 25, 1, stdout);
        return 9;
      }
      """)
    let (outcome, output) = try workshop.run(RunRequest(image: image))
    XCTAssertEqual(outcome.end, .exited(9))
    XCTAssertTrue(output.hasPrefix("packc: the program ended with exit code 0\n"))
  }

  func testAMachineThatEndsWithoutAReport() throws {
    let workshop = try Workshop()
    let image = try workshop.image("int main(void) { return 0; }")
    // Another file system as root: the kernel does not find an init and panics.
    let broken = workshop.directory / "broken"
    try FileSystem.createDirectory(broken)
    let machine = try UnikernelImage.open(image)
    try FileSystem.copyFile(machine.kernel, to: broken / "kernel", mode: 0o644)
    try FileSystem.writeAtomically([], to: broken / "initrd")
    let cmdline = Array("console=ttyS0 reboot=t panic=-1 quiet".utf8)
    try FileSystem.writeAtomically(cmdline, to: broken / "cmdline")
    let description = MachineDescription(
      kernel: machine.machine.kernel, initrd: .init(name: "initrd", digest: Digest(of: []), size: 0),
      cmdline: .init(name: "cmdline", digest: Digest(of: cmdline), size: Int64(cmdline.count)),
      kernelManifest: machine.machine.kernelManifest, release: machine.machine.release, mode: .release,
      memory: machine.machine.memory, cpus: 1, network: .qemuUser, ports: [], qemuMachines: [.q35])
    try FileSystem.writeAtomically(CanonicalJSON.encodePretty(description.json), to: broken / "machine.json")
    let failure = try workshop.failure(RunRequest(image: broken))
    XCTAssertEqual(failure.code, "no_report")
    XCTAssertEqual(failure.exit, .runFailed)
    XCTAssertTrue(failure.message.contains("kernel panic?"), failure.message)
    XCTAssertTrue(failure.message.contains("Unable to mount root fs"), failure.message)
  }

  /// An initrd whose last segments are missing boots, and its init says so.
  func testAnIncompleteRootIsNoticed() throws {
    let workshop = try Workshop()
    let image = try workshop.image("int main(void) { return 0; }", .init(ballast: 1 << 20))
    let opened = try UnikernelImage.open(image)
    var initrd = try FileSystem.read(opened.initrd)
    // The manifest's segment is the last one, and it begins on its own header.
    let magic = Array("070701".utf8)
    let starts = initrd.indices.filter {
      $0 + 6 <= initrd.count && initrd[$0] == 0x30 && Array(initrd[$0..<($0 + 6)]) == magic
    }
    let manifest = starts[starts.count - 2]
    let path = try rewrite(opened, initrd: Array(initrd[..<manifest]), in: workshop)
    let cut = try workshop.failure(RunRequest(image: path))
    XCTAssertTrue(cut.message.contains("not unpacked to its end"), cut.message)

    // A file that is shorter than it should be.
    let ballast = try XCTUnwrap(starts.first { Array(initrd[($0 + 110)..<($0 + 121)]) == Array("etc/ballast".utf8) })
    initrd.replaceSubrange((ballast + 54)..<(ballast + 62), with: Array("00000000".utf8))
    initrd.removeSubrange((ballast + 124)..<(ballast + 124 + (1 << 20)))
    let short = try workshop.failure(RunRequest(image: try rewrite(opened, initrd: initrd, in: workshop)))
    XCTAssertTrue(short.message.contains("2 of 2 files"), short.message)
    XCTAssertEqual(short.exit, .runFailed)
  }

  private func rewrite(_ image: UnikernelImage, initrd: [UInt8], in workshop: Workshop) throws -> HostPath {
    try FileSystem.writeAtomically(initrd, to: image.initrd)
    let old = image.machine
    let machine = MachineDescription(
      kernel: old.kernel,
      initrd: .init(name: "initrd", digest: Digest(of: initrd), size: Int64(initrd.count)), cmdline: old.cmdline,
      kernelManifest: old.kernelManifest, release: old.release, mode: old.mode, memory: old.memory, cpus: 1,
      network: old.network, ports: [], qemuMachines: old.qemuMachines)
    try FileSystem.writeAtomically(CanonicalJSON.encodePretty(machine.json), to: image.directory / "machine.json")
    return image.directory
  }
}

extension Workshop {
  fileprivate func killed() throws -> (outcome: RunOutcome, output: String) {
    try run(
      RunRequest(
        image: try image("#include <signal.h>\nint main(void) { return raise(SIGKILL); }")))
  }
}
