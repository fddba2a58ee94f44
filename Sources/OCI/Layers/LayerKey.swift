internal import Codec
internal import PackCore

/// Names what a layer's bytes depend on, without reading the files.
struct LayerKey {
  /// Raised when the tar writer or the pipeline would write other bytes for the same entries.
  static let formatVersion = 2

  private let layer: LayerContent
  private let preamble: [UInt8]

  init(_ layer: LayerContent, compression: LayerCompression, epoch: Int64) {
    self.layer = layer
    preamble = CanonicalJSON.encode([
      "format": .integer(Int64(Self.formatVersion)), "role": .string(layer.role.rawValue), "epoch": .integer(epoch),
      "compression": compression.provenance,
    ])
  }

  /// With the status of each host file (size, times, inode, device): equal keys, equal bytes.
  func exact() -> Digest {
    digest { path, status, fields in
      fields.append(path)
      status.fingerprint(into: &fields.bytes)
    }
  }

  /// With the size alone: tells whether it is worth reading the files to see if the layer is one that is known.
  func shape() -> Digest { digest { _, status, fields in fields.append(UInt64(bitPattern: status.size)) } }

  private func digest(_ file: (HostPath, FileStatus, inout Fields) -> Void) -> Digest {
    var hash = SHA256()
    var fields = Fields()
    fields.append(preamble)
    layer.entries.withUnsafeBufferPointer { entries in
      for index in entries.indices {
        fields.append(entries[index])
        if case .host(let path, let status) = entries[index].content { file(path, status, &fields) }
        fields.flush(into: &hash)
      }
    }
    hash.update(fields.bytes)
    return hash.finish()
  }

  /// Bytes that read back in one way only: each variable field has its length before it.
  private struct Fields {
    var bytes: [UInt8] = []

    mutating func append(_ word: UInt64) {
      withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func append(_ path: HostPath) {
      append(UInt64(path.byteCount))
      path.append(to: &bytes)
    }

    mutating func append(_ field: [UInt8]) {
      append(UInt64(field.count))
      bytes.append(contentsOf: field)
    }

    /// Everything but what a host file's status says.
    mutating func append(_ entry: RootFilesystem.Entry) {
      append(entry.path.bytes)
      append(UInt64(entry.mode) | (entry.hasDeclaredMode ? 1 << 32 : 0))
      append(UInt64(entry.uid) << 32 | UInt64(entry.gid))
      append(entry.capabilities?.bytes ?? [])
      switch entry.content {
      case .directory: bytes.append(UInt8(ascii: "d"))
      case .host: bytes.append(UInt8(ascii: "h"))
      case .link(let target):
        bytes.append(UInt8(ascii: "l"))
        append(target)
      case .hardLink(let target):
        bytes.append(UInt8(ascii: "n"))
        append(target.bytes)
      case .bytes(let content):
        bytes.append(UInt8(ascii: "b"))
        append(Array(Digest(of: content).hex.utf8))
      }
    }

    mutating func flush(into hash: inout SHA256) {
      guard bytes.count >= 1 << 16 else { return }
      hash.update(bytes)
      bytes.removeAll(keepingCapacity: true)
    }
  }
}
