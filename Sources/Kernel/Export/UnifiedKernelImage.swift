internal import Glibc
public import PackCore

/// One EFI program that is the whole machine: systemd's stub, and kernel, initrd and command line as sections (UAPI group,
/// "Unified Kernel Image"). Firmware starts it, and any boot manager.
public struct UnifiedKernelImage: Sendable {
  /// Where Debian's systemd-boot-efi puts the stub; other distributions the same.
  public static let defaultStub = HostPath("/usr/lib/systemd/boot/efi/linuxx64.efi.stub")
  private static let stubLimit = 4 << 20

  private let contents: [PortableExecutable.Content]

  /// - Throws: `efi_stub_missing`, `bad_efi_stub`, `no_efi_kernel`, `too_large_for_efi`.
  public init(_ files: BootFiles, stub: HostPath = defaultStub) throws {
    guard let bytes = try FileSystem.readIfPresent(stub, limit: Self.stubLimit) else {
      throw KernelFailure.noStub(stub)
    }
    let head = try FileSystem.head(files.kernel, count: 4096) ?? []
    // A bzImage with an EFI stub of its own is an EFI program, too (kernel: Documentation/admin-guide/efi-stub.rst).
    guard head.count > 0x40, head[0] == 0x4d, head[1] == 0x5a,
      case let header = Int(PortableExecutable.word32(head, 0x3c)), header <= head.count - 4,
      Array(head[header..<(header + 4)]) == [0x50, 0x45, 0, 0]
    else { throw KernelFailure.noEFIKernel(files.kernel.description) }
    // IMAGE_FILE_MACHINE_AMD64: firmware of another architecture starts neither the stub nor what stands behind it.
    guard head.count > header + 5, head[header + 4] == 0x64, head[header + 5] == 0x86 else {
      throw KernelFailure.efiArchitecture(files.kernel.description)
    }
    var program = try PortableExecutable(bytes, name: stub.description)
    try program.append(".osrel", .bytes(Array("ID=packc\nNAME=packc\nPRETTY_NAME=packc\n".utf8)))
    try program.append(".cmdline", .bytes(Array(files.cmdline.utf8)))
    try program.append(".linux", Self.section(files.kernel))
    try program.append(".initrd", Self.section(files.initrd))
    contents = program.contents()
  }

  private static func section(_ path: HostPath) throws -> PortableExecutable.Content {
    guard let status = try FileSystem.target(path) else { throw Failure.system("read", path, errno: ENOENT) }
    return .file(path, status.size)
  }

  /// Bytes.
  public var size: Int64 { contents.reduce(0) { $0 + $1.size } }

  public func write(to file: borrowing Descriptor) throws {
    for content in contents {
      switch content {
      case .bytes(let bytes): try file.write(bytes)
      case .file(let path, let size): try Self.copy(path, size, to: file)
      }
    }
  }

  private static func copy(_ path: HostPath, _ size: Int64, to target: borrowing Descriptor) throws {
    let source = try Descriptor.open(path)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 4096)
    defer { buffer.deallocate() }
    var rest = size
    while rest > 0 {
      try Interruption.check()
      let room = UnsafeMutableRawBufferPointer(rebasing: buffer[..<Int(min(rest, Int64(buffer.count)))])
      let count = try source.read(into: room)
      guard count > 0 else { throw KernelFailure.damaged(path.description, "it became shorter while it was read") }
      try target.write(UnsafeRawBufferPointer(rebasing: room[..<count]))
      rest -= Int64(count)
    }
  }
}
