internal import Glibc
public import PackCore

/// Kernel and initrd as what machines and firmware take. The same files give the same bytes: identifiers come from the
/// content, times are fixed.
public struct BootExport {
  public enum Format: String, Sendable, CaseIterable {
    /// A directory with `kernel`, `initrd` and `cmdline`, and `root` where that is a disk.
    case files = "kernel+initrd"
    /// One EFI program.
    case uki
    /// A GPT disk with an EFI system partition, which holds the EFI program; behind it the root's, where that is a disk.
    case raw = "disk.raw"
    case qcow2
    /// A CD that UEFI firmware boots.
    case iso
    /// A directory with `vmlinux`, `initrd` and `firecracker.json`.
    case firecracker
    /// A directory with `kernel`, `initrd` and `cloud-hypervisor.json`.
    case cloudHypervisor = "cloud-hypervisor"
  }

  private let files: BootFiles
  private let tools: DiskTools
  /// For files that go with the command.
  private let work: HostPath

  /// - Parameter work: an empty directory with room for three times the image.
  public init(_ files: BootFiles, context: HostContext, work: HostPath) {
    self.files = files
    self.work = work
    tools = DiskTools(context)
  }

  /// - Parameter output: a file is replaced; a directory must be new or empty.
  public func write(as format: Format, to output: HostPath) throws {
    // An EFI program has no place for a disk beside it, and Firecracker no serial number by which the init knows one.
    if files.root != nil, ![.files, .raw, .qcow2].contains(format) { throw KernelFailure.rootIsDisk(format.rawValue) }
    try FileSystem.createDirectory(output.parent)
    switch format {
    case .files: try writeDirectory(output, writeFiles)
    case .firecracker:
      let machine = try machine()
      try writeDirectory(output) { try Firecracker.write(files, machine, to: $0) }
    case .cloudHypervisor:
      let machine = try machine()
      try writeDirectory(output) { try CloudHypervisor.write(files, machine, to: $0) }
    case .uki:
      let staged = try StagedFile(for: output)
      try UnifiedKernelImage(files).write(to: staged.file)
      try staged.commit()
    case .raw: try place(try disk(), at: output)
    case .qcow2:
      let converted = work / "disk.qcow2"
      try tools.convert(try disk(), to: converted)
      try place(converted, at: output)
    case .iso:
      try tools.require(DiskTools.isoTools)
      let iso = work / "disk.iso"
      try tools.makeISO(of: try partition(program()).file, in: work / "iso", to: iso)
      try place(iso, at: output)
    }
  }

  private func machine() throws -> MachineDescription {
    guard let machine = files.machine else { throw KernelFailure.noDescription() }
    return machine
  }

  private func writeDirectory(_ output: HostPath, _ write: (HostPath) throws -> Void) throws {
    if let found = try FileSystem.target(output) {
      guard found.kind == .directory, try DirectoryWalk.names(in: output).isEmpty else {
        throw KernelFailure.occupied(output)
      }
    }
    let staged = try StagedDirectory(for: output)
    try write(staged.path)
    try Interruption.check()
    try staged.commit()
  }

  private func writeFiles(_ directory: HostPath) throws {
    try FileSystem.copyFile(files.kernel, to: directory / "kernel", mode: 0o644)
    if let root = files.root { try FileSystem.copyFile(root.file, to: directory / "root", mode: 0o644) }
    try FileSystem.copyFile(files.initrd, to: directory / "initrd", mode: 0o644)
    try FileSystem.writeAtomically(Array((files.cmdline + "\n").utf8), to: directory / "cmdline", durable: false)
  }

  // MARK: - Disks

  private typealias Program = (file: HostPath, size: Int64, digest: Digest)

  private func program() throws -> Program {
    let image = try UnifiedKernelImage(files)
    let path = work / "BOOTX64.EFI"
    let file = try Descriptor.open(path, O_WRONLY | O_CREAT | O_EXCL)
    try image.write(to: file)
    return (path, image.size, try FileSystem.digest(of: path))
  }

  /// The EFI system partition: FAT32 with `EFI/BOOT/BOOTX64.EFI`, where firmware looks on a disk that it does not know
  /// (UEFI specification, "Removable Media Boot Behavior").
  private func partition(_ program: Program) throws -> (file: HostPath, mebibytes: Int) {
    // FAT32 has 65,525 clusters at least.
    let mebibytes = max(64, Int(program.size >> 20) + Int(program.size >> 26) + 8)
    let path = work / "esp.img"
    try tools.makeFAT(path, mebibytes: mebibytes, program: program.file, serial: program.digest)
    return (path, mebibytes)
  }

  private func disk() throws -> HostPath {
    try tools.require(DiskTools.diskTools)
    let program = try program()
    let partition = try partition(program)
    let disk = work / "disk.raw"
    try tools.makeGPT(
      disk, partition: partition.file, mebibytes: partition.mebibytes, identity: program.digest, root: files.root)
    return disk
  }

  private func place(_ file: HostPath, at output: HostPath) throws {
    let staged = try StagedFile(for: output)
    try DiskTools.copySparse(file, to: staged.file, at: 0)
    try staged.commit()
  }
}
