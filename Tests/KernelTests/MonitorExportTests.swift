import TestSupport
import XCTest

@testable import Kernel
@testable import PackCore

/// The configurations for other monitors, held against what those accept. They are run by nobody here.
final class MonitorExportTests: XCTestCase {
  private static let cmdline = "console=ttyS0 rootfstype=ramfs reboot=t panic=-1 quiet loglevel=2 ip=dhcp"

  private func machine(
    cpus: Int = 2, _ machines: [QEMUMachine] = [.microvm, .q35], hasACPI: Bool = true
  ) -> MachineDescription {
    func file(_ name: String) -> MachineDescription.File { .init(name: name, digest: Digest(of: []), size: 0) }
    return MachineDescription(
      kernel: file("kernel"), initrd: file("initrd"), cmdline: file("cmdline"), kernelManifest: Digest(of: []),
      release: "6.1.0-test", mode: .release, memory: .init(initrdSize: 5 << 20, kernelSize: 3 << 20), cpus: cpus,
      network: .qemuUser, ports: [], qemuMachines: machines, hasACPI: hasACPI)
  }

  func testTheConfigurationsAreWhatTheMonitorsAccept() throws {
    for cpus in [1, 3, 32] {
      let machine = machine(cpus: cpus)
      XCTAssertEqual(
        try MonitorSchemas.firecracker().problems(Firecracker.configuration(Self.cmdline, machine)), [])
      XCTAssertEqual(
        try MonitorSchemas.cloudHypervisor().problems(CloudHypervisor.configuration(Self.cmdline, machine)), [])
    }
  }

  /// A check that cannot fail would say nothing.
  func testTheRulesRefuseWhatTheMonitorsRefuse() throws {
    let machine = machine()
    let fire = Firecracker.configuration(Self.cmdline, machine).object ?? [:]
    let cloud = CloudHypervisor.configuration(Self.cmdline, machine).object ?? [:]
    func changed(_ document: [String: JSONValue], _ key: String, _ value: JSONValue?) -> JSONValue {
      var copy = document
      copy[key] = value
      return .object(copy)
    }
    let rows: [(SchemaCheck, JSONValue)] = [
      (try MonitorSchemas.firecracker(), changed(fire, "boot-source", nil)),
      (try MonitorSchemas.firecracker(), changed(fire, "drives", nil)),
      (try MonitorSchemas.firecracker(), changed(fire, "boot_source", [:])),
      (try MonitorSchemas.firecracker(), changed(fire, "machine-config", ["mem_size_mib": 256, "vcpu_count": 33])),
      (try MonitorSchemas.firecracker(), changed(fire, "machine-config", ["mem_size_mib": "256", "vcpu_count": 1])),
      (try MonitorSchemas.firecracker(), changed(fire, "network-interfaces", [["iface_id": "eth0"]])),
      (try MonitorSchemas.cloudHypervisor(), changed(cloud, "payload", nil)),
      (try MonitorSchemas.cloudHypervisor(), changed(cloud, "payload", ["kernel": "k", "initrd": "i"])),
      (try MonitorSchemas.cloudHypervisor(), changed(cloud, "cpus", ["boot_vcpus": 1])),
      (try MonitorSchemas.cloudHypervisor(), changed(cloud, "serial", ["mode": "tty"])),
    ]
    for (check, document) in rows { XCTAssertEqual(check.problems(document).isEmpty, false, "\(document)") }
  }

  func testTheCommandLineIsTheImagesWithTheWordsOfThePlace() {
    let fire = Firecracker.configuration(Self.cmdline, machine())["boot-source"]?["boot_args"]?.string
    XCTAssertEqual(
      fire,
      "console=ttyS0 rootfstype=ramfs panic=-1 quiet loglevel=2 reboot=k "
        + "ip=172.16.0.2::172.16.0.1:255.255.255.252:::off")
    let cloud = CloudHypervisor.configuration(Self.cmdline, machine())["payload"]?["cmdline"]?.string
    XCTAssertEqual(
      cloud,
      "console=ttyS0 rootfstype=ramfs reboot=t panic=-1 quiet loglevel=2 packc.end=off "
        + "ip=172.16.0.2::172.16.0.1:255.255.255.252:::off")
  }

  func testAKernelWithoutTheMonitorsDevicesIsRefused() throws {
    let scratch = try Scratch()
    let file = scratch.directory / "kernel"
    try FileSystem.writeAtomically(Scratch.kernelImage(), to: file, durable: false)
    let work = scratch.directory / "work"
    try FileSystem.createDirectory(work)
    func export(_ format: BootExport.Format, _ machine: MachineDescription?) throws {
      let files = BootFiles(kernel: file, initrd: file, cmdline: Self.cmdline, machine: machine)
      try BootExport(files, context: HostContext.current(), work: work).write(as: format, to: scratch.directory / "out")
    }
    let rows: [(BootExport.Format, MachineDescription?, String)] = [
      (.firecracker, machine([.q35]), "kernel_lacks_devices"),
      (.cloudHypervisor, machine([.microvm], hasACPI: false), "kernel_lacks_devices"),
      (.cloudHypervisor, machine([.microvm]), "kernel_lacks_devices"),
      (.firecracker, machine(cpus: 33), "too_many_cpus"),
      (.firecracker, machine(), "no_elf_kernel"),
      (.firecracker, nil, "no_machine_description"),
      (.cloudHypervisor, nil, "no_machine_description"),
    ]
    for (format, machine, code) in rows { assertFailure(code) { try export(format, machine) } }
    XCTAssertFalse(FileSystem.exists(scratch.directory / "out"))
    try export(.cloudHypervisor, machine())
    XCTAssertEqual(
      try DirectoryWalk.names(in: scratch.directory / "out").map { String(decoding: $0, as: UTF8.self) }.sorted(),
      ["cloud-hypervisor.json", "initrd", "kernel"])
  }
  func testAKernelThatIsAnELFFileStaysAsItIs() throws {
    let scratch = try Scratch()
    let file = scratch.directory / "vmlinux-test"
    try FileSystem.writeAtomically(ELFKernels.vmlinux(), to: file, durable: false)
    let work = scratch.directory / "work"
    try FileSystem.createDirectory(work)
    let files = BootFiles(kernel: file, initrd: file, cmdline: Self.cmdline, machine: machine())
    try BootExport(files, context: HostContext.current(), work: work)
      .write(as: .firecracker, to: scratch.directory / "out")
    XCTAssertEqual(try FileSystem.read(scratch.directory / "out/vmlinux"), ELFKernels.vmlinux())
  }
}
