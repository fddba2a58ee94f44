internal import Glibc
public import PackCore

/// What a kernel file says of itself.
public struct KernelImage: Hashable, Sendable {
  /// How a machine monitor starts it.
  public enum Format: String, Sendable, CaseIterable {
    case bzImage = "bzimage"
    /// arm64's `Image`, not compressed.
    case arm64Image = "arm64-image"
    /// Linux as an ELF file with a PVH entry point.
    case vmlinux
    /// Unikraft's ELF loader, which starts one program without a Linux.
    case unikraft

    public var architecture: Platform.Architecture { self == .arm64Image ? .arm64 : .amd64 }
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

  /// `name` stands in errors.
  public static func parse(_ bytes: [UInt8], name: String) throws -> KernelImage {
    if bytes.starts(with: ELFKernel.magic) { return try ELFKernel(bytes, name: name).image() }
    if bytes.starts(with: ELFKernel.magic) { return try ELFKernel(bytes, name: name).image() }
    try refuseOthers(bytes, name)
    return try isArm64(bytes) ? parseArm64(bytes, name) : parseBzImage(bytes, name)
  }

  /// Reads the header of the x86 boot protocol (kernel: Documentation/arch/x86/boot.rst).
  ///
  ///     0x1f1 u8  sectors of the real-mode part      0x206 u16 protocol version
  ///     0x1f4 u32 protected-mode part, 16-byte units 0x20e u16 offset of the version text, less 0x200
  ///     0x1fe u16 0xaa55                             0x211 u8  bit 0: loaded high (bzImage)
  ///     0x202 "HdrS"                                 0x236 u16 bit 0: has a 64-bit entry
  private static func parseBzImage(_ bytes: [UInt8], _ name: String) throws -> KernelImage {
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
    guard let text = releaseText(bytes[start..<min(setup, bytes.count)]) else {
      throw KernelFailure.notAKernel(name, "its version text is none")
    }
    return text
  }

  /// What stands before the first space, when that can be a release.
  private static func releaseText(_ bytes: ArraySlice<UInt8>) -> String? {
    let text = bytes.prefix(256).prefix { $0 > 0x20 && $0 < 0x7f }
    guard let first = text.first, (0x30...0x39).contains(first), !text.contains(UInt8(ascii: "/")) else { return nil }
    return String(decoding: text, as: UTF8.self)
  }

  // MARK: - arm64

  private static func isArm64(_ bytes: [UInt8]) -> Bool {
    bytes.count >= 64 && Array(bytes[0x38..<0x3c]) == Array("ARMd".utf8)
  }

  /// Reads the header of an arm64 `Image` (kernel: Documentation/arm64/booting.rst), and its release out of the text that
  /// the kernel says first when it boots: the header has none.
  ///
  ///     0x18 u64 bit 0: big-endian      0x38 "ARMd"
  private static func parseArm64(_ bytes: [UInt8], _ name: String) throws -> KernelImage {
    guard bytes[0x18] & 1 == 0 else { throw KernelFailure.otherArchitecture(name, "big-endian arm64") }
    guard let release = banner(bytes) else {
      throw KernelFailure.notAKernel(name, "no text in it says which Linux it is; it may be cut off")
    }
    return KernelImage(format: .arm64Image, release: release)
  }

  /// `6.1.0-packc` of `Linux version 6.1.0-packc (…`.
  private static func banner(_ bytes: [UInt8]) -> String? {
    let words = Array("Linux version ".utf8)
    return bytes.withUnsafeBytes { all -> String? in
      guard let base = all.baseAddress else { return nil }
      var start = 0
      // To the next first letter: a look at each byte of 10 MB would take long in a debug build.
      while start + words.count < all.count,
        let found = memchr(base + start, Int32(words[0]), all.count - words.count - start)
      {
        let place = UnsafeRawPointer(found) - base
        start = place + 1
        guard memcmp(found, words, words.count) == 0 else { continue }
        if let release = releaseText(bytes[(place + words.count)...]) { return release }
      }
      return nil
    }
  }

  /// Files that are often taken for a kernel, each with its own sentence.
  private static func refuseOthers(_ bytes: [UInt8], _ name: String) throws {
    if bytes.count > 8, bytes.starts(with: Array("MZ".utf8)), Array(bytes[4..<8]) == Array("zimg".utf8) {
      throw KernelFailure.notAKernel(name, "only EFI firmware can start it: it is packed (zboot)")
    }
    if bytes.starts(with: [0x1f, 0x8b]) {
      throw KernelFailure.notAKernel(name, "it is a gzip file; unpack it first (zcat), if it is a kernel for arm64")
    }
  }
}
