internal import Codec
internal import PackCore

/// The kernel proper in a bzImage: an ELF file, compressed, behind the code that unpacks it at boot. Monitors that know no
/// bzImage start the ELF file.
///
///     0x1f1 u8  sectors of the real-mode part, less one       0x248 u32 where the payload begins, behind that part
///                                                             0x24c u32 its length
///
/// The payload's last four bytes are the unpacked size (kernel: Documentation/arch/x86/boot.rst, "payload_offset";
/// scripts/Makefile.lib, "size_append"): gzip's own trailer, or appended by the kernel's build.
struct CompressedKernel {
  private enum Compression: CaseIterable {
    case gzip, lz4, zstd

    var magic: [UInt8] {
      switch self {
      case .gzip: [0x1f, 0x8b]
      case .lz4: LZ4LegacyDecompressor.magic
      case .zstd: [0x28, 0xb5, 0x2f, 0xfd]
      }
    }

    func decompressor() throws -> any Decompressor {
      switch self {
      case .gzip: try GzipDecompressor()
      case .lz4: LZ4LegacyDecompressor()
      case .zstd: try ZstdDecompressor()
      }
    }
  }

  /// What others compress kernels with, for messages.
  private static let unknown: [(magic: [UInt8], name: String)] = [
    ([0xfd, 0x37, 0x7a, 0x58, 0x5a], "xz"), (Array("BZh".utf8), "bzip2"), ([0x5d, 0, 0], "lzma"),
    ([0x89, 0x4c, 0x5a, 0x4f], "lzo"),
  ]
  /// Bytes.
  private static let sizeLimit = 256 << 20
  private static let piece = 1 << 20

  private let name: String
  private let compression: Compression
  private let stream: ArraySlice<UInt8>
  /// Of the ELF file, with what the kernel's build puts behind it. Bytes.
  let size: Int

  /// - Parameter name: stands in errors.
  init(_ image: [UInt8], name: String) throws {
    guard try KernelImage.parse(image, name: name).format == .bzImage else {
      throw KernelFailure.noPayload(name, "it is no bzImage")
    }
    self.name = name
    func word(_ at: Int) -> Int { (0..<4).reduce(0) { $0 | Int(image[at + $1]) << (8 * $1) } }
    let setup = (Int(image[0x1f1] == 0 ? 4 : image[0x1f1]) + 1) * 512
    let (start, length) = (setup + word(0x248), word(0x24c))
    guard length > 8, start + length <= image.count else {
      throw KernelFailure.noPayload(name, "its header leads to no payload")
    }
    let payload = image[start..<(start + length)]
    guard let found = Compression.allCases.first(where: { payload.starts(with: $0.magic) }) else {
      let known = Self.unknown.first { payload.starts(with: $0.magic) }?.name
      throw KernelFailure.noPayload(name, "it is compressed with \(known ?? "something unknown")")
    }
    compression = found
    size = word(start + length - 4)
    guard (64...Self.sizeLimit).contains(size) else {
      throw KernelFailure.noPayload(name, "it says that it unpacks to \(size) bytes")
    }
    stream = found == .gzip ? payload : payload.dropLast(4)
  }

  /// Writes the ELF file. What is written before an error is not to be used.
  func write(to file: borrowing Descriptor) throws {
    let decompressor = try compression.decompressor()
    var (written, head) = (0, [UInt8]())
    do {
      for start in stride(from: stream.startIndex, to: stream.endIndex, by: Self.piece) {
        try Interruption.check()
        try stream[start..<min(start + Self.piece, stream.endIndex)].withUnsafeBytes { piece in
          try decompressor.write(piece) { bytes in
            written += bytes.count
            guard written <= size else { throw KernelFailure.noPayload(name, "it unpacks to more than it says") }
            if head.count < 20 { head += bytes.prefix(20 - head.count) }
            try file.write(bytes)
          }
        }
      }
      try decompressor.finish()
    } catch let failure as Failure where failure.code == "bad_compression" {
      throw KernelFailure.noPayload(name, failure.message)
    }
    guard written == size else { throw KernelFailure.noPayload(name, "it unpacks to \(written) bytes of \(size)") }
    // 64-bit, little endian, EXEC, x86-64.
    guard head.starts(with: [0x7f, 0x45, 0x4c, 0x46, 2, 1]), head[16] == 2, head[17] == 0, head[18] == 62 else {
      throw KernelFailure.noPayload(name, "what it unpacks to is no ELF program for x86-64")
    }
  }
}
