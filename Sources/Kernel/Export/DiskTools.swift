internal import Glibc
internal import PackCore

/// The well-kept programs that make file systems and disks, each told everything that it would take from the clock or from
/// chance otherwise.
struct DiskTools {
  /// Program and Debian package.
  typealias Tool = (name: String, package: String)

  private static let fatTools: [Tool] = [("mformat", "mtools"), ("mmd", "mtools"), ("mcopy", "mtools")]
  static let diskTools: [Tool] = fatTools + [("sfdisk", "fdisk")]
  static let isoTools: [Tool] = fatTools + [("xorriso", "xorriso")]

  /// 1980-01-01, where FAT's time begins. Seconds since 1970.
  private static let epoch = 315_532_800
  private static let alignment = 1 << 20

  private let context: HostContext

  init(_ context: HostContext) { self.context = context }

  /// All that are missing at once, before anything is written.
  func require(_ tools: [Tool]) throws {
    let missing = tools.filter { context.findTool($0.name) == nil }
    guard !missing.isEmpty else { return }
    throw KernelFailure.noDiskTools(missing.map(\.name), packages: Set(missing.map(\.package)).sorted())
  }

  private func run(_ arguments: [String], input: String? = nil) throws {
    guard let tool = context.findTool(arguments[0]) else {
      throw KernelFailure.noDiskTools([arguments[0]], packages: [])
    }
    let environment = [
      "PATH": context.variable("PATH") ?? "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC", "HOME": "/nonexistent",
      "SOURCE_DATE_EPOCH": String(Self.epoch), "MTOOLSRC": "/dev/null", "MTOOLS_NO_VFAT": "0",
    ]
    let command = Command(
      [tool.description] + arguments.dropFirst(), environment: environment,
      input: input.map { .bytes(Array($0.utf8)) } ?? .none)
    let result = try ProcessRunner().run(command)
    guard result.succeeded else { throw KernelFailure.diskToolFailed(arguments[0], cause: result.errorText) }
  }

  // MARK: - FAT

  func makeFAT(_ path: HostPath, mebibytes: Int, program: HostPath, serial: Digest) throws {
    try Self.create(path, size: Int64(mebibytes) << 20)
    let image = ["-i", path.description]
    try run(
      ["mformat"] + image + [
        "-F", "-T", String(mebibytes * 2048), "-N", String(serial.hex.prefix(8)), "-v", "PACKC", "::",
      ])
    try run(["mmd"] + image + ["::EFI", "::EFI/BOOT"])
    try run(["mcopy"] + image + [program.description, "::EFI/BOOT/BOOTX64.EFI"])
  }

  // MARK: - GPT

  func makeGPT(
    _ disk: HostPath, partition: HostPath, mebibytes: Int, identity: Digest, root: BootFiles.Root? = nil
  ) throws {
    let rootSize = try root.flatMap { try FileSystem.target($0.file)?.size } ?? 0
    let rootMebibytes = Int((rootSize + Int64(Self.alignment) - 1) / Int64(Self.alignment))
    // The table's copy lies behind the last partition.
    try Self.create(disk, size: Int64(mebibytes + rootMebibytes + 2) << 20)
    var script = """
      label: gpt
      label-id: \(Self.uuid(identity.hex.prefix(32)))
      unit: sectors
      start=\(Self.alignment / 512), size=\(mebibytes * 2048), type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, \
      uuid=\(Self.uuid(identity.hex.suffix(32))), name="ESP"

      """
    if let root {
      // The type of any Linux file system; the guest's init goes by the name.
      script += """
        start=\(Self.alignment / 512 + mebibytes * 2048), size=\(rootMebibytes * 2048), \
        type=0FC63DAF-8483-4772-8E79-3D69D8477DE4, uuid=\(Self.uuid(root.hash.hex.prefix(32))), name="\(RootDisk.serial)"

        """
    }
    try run(["sfdisk", "--quiet", "--no-reread", "--no-tell-kernel", disk.description], input: script)
    let file = try Descriptor.open(disk, O_WRONLY)
    try Self.copySparse(partition, to: file, at: Int64(Self.alignment))
    if let root { try Self.copySparse(root.file, to: file, at: Int64(mebibytes + 1) << 20) }
  }

  /// Version 8: of one's own making (RFC 9562, section 5.8).
  static func uuid(_ hex: Substring) -> String {
    var digits = Array(hex)
    digits[12] = "8"
    digits[16] = "8"
    var text = ""
    for (index, digit) in digits.enumerated() {
      if [8, 12, 16, 20].contains(index) { text += "-" }
      text.append(digit)
    }
    return text
  }

  // MARK: - Others

  func convert(_ disk: HostPath, to path: HostPath) throws {
    try require([("qemu-img", "qemu-utils")])
    try run(["qemu-img", "convert", "-f", "raw", "-O", "qcow2", disk.description, path.description])
  }

  /// El Torito with the partition as its image; without Rock Ridge, which would keep the times and owners of this host.
  func makeISO(of partition: HostPath, in directory: HostPath, to path: HostPath) throws {
    try FileSystem.createDirectory(directory)
    try FileSystem.rename(partition, to: directory / "efi.img")
    for path in [directory / "efi.img", directory] { try FileSystem.setTime(path, seconds: Self.epoch) }
    try run([
      "xorriso", "-rockridge", "off", "-as", "mkisofs", "-quiet", "-V", "PACKC", "-c", "boot.cat", "-e", "efi.img",
      "-no-emul-boot", "-o", path.description, directory.description,
    ])
  }

  // MARK: - Files

  private static func create(_ path: HostPath, size: Int64) throws {
    let file = try Descriptor.open(path, O_WRONLY | O_CREAT | O_EXCL)
    guard ftruncate(file.raw, off_t(size)) == 0 else { throw Failure.system("make room in", path, errno: errno) }
  }

  /// Leaves holes where the source has zeros, so that a disk takes no more room than what is on it.
  static func copySparse(_ from: HostPath, to target: borrowing Descriptor, at offset: Int64) throws {
    let source = try Descriptor.open(from)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 4096)
    defer { buffer.deallocate() }
    var position = offset
    while case let count = try source.read(into: buffer), count > 0 {
      try Interruption.check()
      let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
      if !bytes.allSatisfy({ $0 == 0 }) {
        guard lseek(target.raw, off_t(position), SEEK_SET) >= 0 else {
          throw Failure.system("seek in a copy of", from, errno: errno)
        }
        try target.write(bytes)
      }
      position += Int64(count)
    }
    guard try Int64(target.status().st_size) < position else { return }
    guard ftruncate(target.raw, off_t(position)) == 0 else {
      throw Failure.system("make room for a copy of", from, errno: errno)
    }
  }
}
