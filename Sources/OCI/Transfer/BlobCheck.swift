internal import PackCore

/// Counts and hashes a blob on its way, and says at the end whether it was the one that its descriptor names.
public struct BlobCheck: ~Copyable {
  private let descriptor: BlobDescriptor
  private let name: String
  private var hash = SHA256()
  private var count: Int64 = 0

  /// - Parameter name: for errors: where the blob comes from.
  public init(_ descriptor: BlobDescriptor, name: String) {
    self.descriptor = descriptor
    self.name = name
  }

  /// - Throws: `damaged_image` as soon as there is more than the descriptor says.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) throws {
    count += Int64(bytes.count)
    guard count <= descriptor.size else {
      throw OCIFailure.damaged(
        "the blob \(descriptor.digest) has more than the \(descriptor.size) bytes that its descriptor says", in: name)
    }
    hash.update(bytes)
  }

  /// - Throws: `damaged_image` when size or digest are others.
  public consuming func finish() throws {
    guard count == descriptor.size else {
      throw OCIFailure.damaged(
        "the blob \(descriptor.digest) has \(count) bytes, its descriptor says \(descriptor.size)", in: name)
    }
    let found = hash.finish()
    guard found == descriptor.digest else {
      throw OCIFailure.damaged("the blob's bytes have the digest \(found), not \(descriptor.digest)", in: name)
    }
  }
}
