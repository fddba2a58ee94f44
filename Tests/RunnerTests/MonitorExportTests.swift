import TestSupport
import XCTest

@testable import Kernel
@testable import PackCore

/// The files for Firecracker and cloud-hypervisor, started by QEMU as those would: the same kernel file and command line, a
/// network at those addresses, no control channel. What the monitors themselves make of them is not seen here.
final class MonitorExportTests: XCTestCase {
  private static let program = """
    #include <arpa/inet.h>
    #include <net/if.h>
    #include <stdio.h>
    #include <string.h>
    #include <sys/ioctl.h>
    int main(void) {
      struct ifreq request;
      memset(&request, 0, sizeof request);
      strcpy(request.ifr_name, "eth0");
      ioctl(socket(AF_INET, SOCK_DGRAM, 0), SIOCGIFADDR, &request);
      printf("at %s\\n", inet_ntoa(((struct sockaddr_in *)&request.ifr_addr)->sin_addr));
      return 7;
    }
    """

  private func export(_ format: BootExport.Format, _ workshop: Workshop) throws -> (HostPath, JSONValue) {
    let image = try UnikernelImage.open(try workshop.image(Self.program))
    let files = BootFiles(
      kernel: image.kernel, initrd: image.initrd, cmdline: try image.portableCmdline(), machine: image.machine)
    let work = workshop.directory / "work"
    try FileSystem.createDirectory(work)
    let directory = workshop.directory / "machine"
    try BootExport(files, context: workshop.context, work: work).write(as: format, to: directory)
    return (directory, try JSONParser.parse(FileSystem.read(directory / HostPath("\(format.rawValue).json"))))
  }

  /// The console until QEMU ends by itself.
  private func boot(
    in directory: HostPath, kernel: JSONValue?, initrd: JSONValue?, cmdline: JSONValue?, _ more: [String]
  ) throws -> String {
    let result = try ProcessRunner().run(
      Command(
        [
          "\(try Tools.require("qemu-system-x86_64"))", "-M", "q35", "-accel", "tcg", "-cpu", "max", "-m", "256",
          "-nodefaults", "-no-user-config", "-display", "none", "-serial", "stdio",
          "-netdev", "user,id=n,net=172.16.0.0/24,host=172.16.0.1", "-device", "virtio-net-pci,netdev=n,romfile=",
          "-kernel", try XCTUnwrap(kernel?.string), "-initrd", try XCTUnwrap(initrd?.string),
          "-append", try XCTUnwrap(cmdline?.string),
        ] + more, environment: ["PATH": "/usr/bin:/bin"], directory: directory, timeout: 100))
    XCTAssertTrue(result.succeeded, "\(result.end) \(result.timedOut) \(result.errorText)\(result.outputText)")
    return result.outputText
  }

  private func assertRan(_ console: String) {
    XCTAssertTrue(console.contains("at 172.16.0.2"), console)
    XCTAssertTrue(console.contains("the program ended with exit code 7"), console)
  }

  /// The ELF kernel out of the bzImage; a reset ends it.
  func testFirecrackersFilesBootAndEnd() throws {
    let workshop = try Workshop()
    defer { withExtendedLifetime(workshop) {} }
    let (directory, document) = try export(.firecracker, workshop)
    let source = document["boot-source"]
    XCTAssertEqual(
      try FileSystem.head(directory / "vmlinux", count: 4), [0x7f, 0x45, 0x4c, 0x46])
    assertRan(
      try boot(
        in: directory, kernel: source?["kernel_image_path"], initrd: source?["initrd_path"],
        cmdline: source?["boot_args"], ["-no-reboot"]))
  }

  /// A reset would start it again, as it does here without `-no-reboot`.
  func testCloudHypervisorsFilesBootAndSwitchOff() throws {
    let workshop = try Workshop()
    defer { withExtendedLifetime(workshop) {} }
    let (directory, document) = try export(.cloudHypervisor, workshop)
    let payload = document["payload"]
    let console = try boot(
      in: directory, kernel: payload?["kernel"], initrd: payload?["initramfs"], cmdline: payload?["cmdline"], [])
    assertRan(console)
    XCTAssertEqual(console.ranges(of: "at 172.16.0.2").count, 1, console)
  }
}
