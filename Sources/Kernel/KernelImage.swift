internal import PackCore

/// What a kernel file says of itself.
public struct KernelImage: Hashable, Sendable {
  /// How a machine monitor starts it.
  public enum Format: String, Sendable, CaseIterable {
    case bzImage = "bzimage"
    /// Linux as an ELF file with a PVH entry point.
    case vmlinux
    /// Unikraft's ELF loader, which starts one program without a Linux.
    case unikraft
  }

  public let format: Format
  /// `6.1.0-56-cloud-amd64`: what uname(2) will say, and the name of the modules' directory.
  public let release: String
  /// What the file itself shows, see `KernelManifest.features`.
  public let features: [String]

  init(format: Format, release: String, features: [String] = []) {
    self.format = format
    self.release = release
    self.features = features
  }

  /// Reads the header of the x86 boot protocol (kernel: Documentation/arch/x86/boot.rst). `name` stands in errors.
  ///
  ///     0x1f1 u8  sectors of the real-mode part      0x206 u16 protocol version
  ///     0x1f4 u32 protected-mode part, 16-byte units 0x20e u16 offset of the version text, less 0x200
  ///     0x1fe u16 0xaa55                             0x211 u8  bit 0: loaded high (bzImage)
  ///     0x202 "HdrS"                                 0x236 u16 bit 0: has a 64-bit entry
  public static func parse(_ bytes: [UInt8], name: String) throws -> KernelImage {
    if bytes.starts(with: ELFKernel.magic) { return try ELFKernel(bytes, name: name).image() }
    try refuseOthers(bytes, name)
    guard bytes.count >= 0x264, word(bytes, 0x1fe) == 0xaa55, Array(bytes[0x202..<0x206]) == Array("HdrS".utf8) else {
      throw KernelFailure.notAKernel(name, "it has no boot protocol header (HdrS)")
    }
    let version = word(bytes, 0x206)
    guard version >= 0x020c else {
      throw KernelFailure.notAKernel(name, "its boot protocol is older than 2.12")
    }
    guard bytes[0x211] & 1 != 0 else { throw KernelFailure.notAKernel(name, "it is a zImage, not a bzImage") }
    guard word(bytes, 0x236) & 1 != 0 else { throw KernelFailure.otherArchitecture(name, "32-bit x86") }
    let setup = (Int(bytes[0x1f1] == 0 ? 4 : bytes[0x1f1]) + 1) * 512
    let size = setup + (word(bytes, 0x1f4) | word(bytes, 0x1f6) << 16) * 16
    guard bytes.count >= size else {
      throw KernelFailure.notAKernel(name, "it is cut off (\(bytes.count) bytes of \(size))")
    }
    return KernelImage(format: .bzImage, release: try release(bytes, setup: setup, name))
  }

  private static func word(_ bytes: [UInt8], _ at: Int) -> Int { Int(bytes[at]) | Int(bytes[at + 1]) << 8 }

  /// The text `6.1.0-56-cloud-amd64 (debian-kernel@lists.debian.org) #1 SMP …` up to its first space.
  private static func release(_ bytes: [UInt8], setup: Int, _ name: String) throws -> String {
    let start = word(bytes, 0x20e) + 0x200
    guard start > 0x200, start < min(setup, bytes.count) else {
      throw KernelFailure.notAKernel(name, "its version text lies outside of it")
    }
    let text = bytes[start..<min(setup, bytes.count, start + 256)].prefix { $0 > 0x20 && $0 < 0x7f }
    guard let first = text.first, (0x30...0x39).contains(first), !text.contains(UInt8(ascii: "/")) else {
      throw KernelFailure.notAKernel(name, "its version text is none")
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Files that are often taken for a kernel, each with its own sentence.
  private static func refuseOthers(_ bytes: [UInt8], _ name: String) throws {
    if bytes.count > 0x3c, Array(bytes[0x38..<0x3c]) == [0x41, 0x52, 0x4d, 0x64] {
      throw KernelFailure.otherArchitecture(name, "arm64")
    }
    if bytes.starts(with: [0x1f, 0x8b]) {
      throw KernelFailure.notAKernel(name, "it is a gzip file, as kernels for arm64 are")
    }
  }
}
