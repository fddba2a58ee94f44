internal import Glibc
internal import XCTest

@testable import Kernel
@testable import PackCore
@testable import Runner

/// Addresses from the configuration, from `ip=`, from DHCP; IPv6; what is left when there is none.
final class NetworkTests: XCTestCase {
  /// Prints the addresses, the way out, the name servers, and what a dual-stack socket takes on.
  private static let look = """
    #include <arpa/inet.h>
    #include <ifaddrs.h>
    #include <netinet/in.h>
    #include <stdio.h>
    #include <string.h>
    #include <sys/socket.h>
    #include <unistd.h>
    static int connects(struct sockaddr *to, socklen_t length) {
      int fd = socket(to->sa_family, SOCK_STREAM, 0);
      int code = connect(fd, to, length);
      close(fd);
      return code == 0;
    }
    int main(void) {
      char text[256];
      struct ifaddrs *all;
      struct sockaddr_in6 global = {0};
      // Announcements of the router come within a second.
      for (int wait = 0; wait < 100 && !global.sin6_family; wait++) {
        getifaddrs(&all);
        for (struct ifaddrs *i = all; i; i = i->ifa_next)
          if (i->ifa_addr && i->ifa_addr->sa_family == AF_INET6 && !strcmp(i->ifa_name, "eth0")) {
            struct sockaddr_in6 *at = (void *)i->ifa_addr;
            if (!IN6_IS_ADDR_LINKLOCAL(&at->sin6_addr)) global = *at;
          }
        usleep(20000);
      }
      for (struct ifaddrs *i = all; i; i = i->ifa_next)
        if (i->ifa_addr && i->ifa_addr->sa_family == AF_INET) {
          struct sockaddr_in *mask = (void *)i->ifa_netmask;
          printf("%s=%s", i->ifa_name, inet_ntoa(((struct sockaddr_in *)i->ifa_addr)->sin_addr));
          printf("/%d\\n", __builtin_popcount(mask->sin_addr.s_addr));
        }
      inet_ntop(AF_INET6, &global.sin6_addr, text, sizeof text);
      printf("ipv6=%s\\n", text);
      struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(8080)};
      int server = socket(AF_INET6, SOCK_STREAM, 0);
      if (bind(server, (void *)&any, sizeof any) || listen(server, 8)) return 1;
      struct sockaddr_in6 loop = any;
      loop.sin6_addr = in6addr_loopback;
      printf("loopback=%d\\n", connects((void *)&loop, sizeof loop));
      global.sin6_port = htons(8080);
      printf("own=%d\\n", global.sin6_family && connects((void *)&global, sizeof global));
      struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(8080)};
      four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      printf("ipv4=%d\\n", connects((void *)&four, sizeof four));
      FILE *file = fopen("/proc/net/route", "r");
      unsigned destination, gateway;
      fgets(text, sizeof text, file);
      while (fgets(text, sizeof text, file))
        if (sscanf(text, "eth0 %x %x", &destination, &gateway) == 2 && !destination)
          printf("route=%s\\n", inet_ntoa((struct in_addr){gateway}));
      file = fopen("/etc/resolv.conf", "r");
      while (file && fscanf(file, "nameserver %s\\n", text) == 1) printf("resolver=%s\\n", text);
      return 0;
    }
    """

  private func look(_ network: GuestNetwork, parameter: String? = nil) throws -> (lines: [String], warnings: [String]) {
    let workshop = try Workshop()
    let image = try workshop.image(Self.look, .init(network: network))
    if let parameter { try workshop.append(to: image, cmdline: parameter) }
    let (outcome, output) = try workshop.run(RunRequest(image: image))
    XCTAssertEqual(outcome.end, .exited(0), output)
    return (output.split(separator: "\n").map(String.init), workshop.warnings.map(\.text))
  }

  func testAddressesFromEveryPlace() throws {
    let dual = ["lo=127.0.0.1/8", "loopback=1", "own=1", "ipv4=1"]
    let rows: [(GuestNetwork, String?, [String])] = [
      (.qemuUser, nil, dual + ["eth0=10.0.2.15/24", "route=10.0.2.2", "resolver=10.0.2.3"]),
      (.dhcp, nil, dual + ["eth0=10.0.2.15/24", "route=10.0.2.2", "resolver=10.0.2.3"]),
      (
        .dhcp, "ip=10.0.2.77::10.0.2.2:255.255.0.0:name:eth0:off:10.0.2.4",
        dual + ["eth0=10.0.2.77/16", "route=10.0.2.2", "resolver=10.0.2.4"]
      ), (.none, "ip=dhcp", dual + ["eth0=10.0.2.15/24", "resolver=10.0.2.3"]),
    ]
    for (network, parameter, expected) in rows {
      let (lines, warnings) = try look(network, parameter: parameter)
      let what = "\(network.address) \(parameter ?? "")"
      for line in expected { XCTAssertTrue(lines.contains(line), "\(what): \(line) is not in \(lines)") }
      XCTAssertTrue(lines.contains { $0.hasPrefix("ipv6=fec0::") }, "\(what): \(lines)")
      XCTAssertEqual(warnings, [], what)
    }
    let (alone, _) = try look(.none)
    XCTAssertTrue(alone.contains("loopback=1") && alone.contains("ipv4=1"), "\(alone)")
    XCTAssertFalse(alone.contains { $0.hasPrefix("eth0") || $0.hasPrefix("route") }, "\(alone)")
    let (wrong, warnings) = try look(.qemuUser, parameter: "ip=nonsense")
    XCTAssertTrue(wrong.contains("loopback=1"))
    XCTAssertTrue(warnings.contains { $0.contains("no network address: nonsense") }, "\(warnings)")
  }
}

extension Workshop {
  /// What the place in which a machine runs adds to the kernel's command line.
  func append(to image: HostPath, cmdline words: String) throws {
    let opened = try UnikernelImage.open(image)
    let old = opened.machine
    let line = Array("\(try opened.cmdline()) \(words)\n".utf8)
    try FileSystem.writeAtomically(line, to: image / "cmdline")
    let machine = MachineDescription(
      kernel: old.kernel, initrd: old.initrd,
      cmdline: .init(name: "cmdline", digest: Digest(of: line), size: Int64(line.count)),
      kernelManifest: old.kernelManifest, release: old.release, mode: old.mode, memory: old.memory, cpus: old.cpus,
      network: old.network, ports: old.ports, qemuMachines: old.qemuMachines)
    try FileSystem.writeAtomically(CanonicalJSON.encodePretty(machine.json), to: image / "machine.json")
  }
}
