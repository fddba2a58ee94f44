internal import ELF
internal import OCI
internal import PackCore

/// Debug files by the digest of the unstripped program; the files themselves are blobs of the store:
///
///     <cache>/stripped/<digest before>.debug.json   {content, content_size, blob, blob_size, recipe}
///
/// The record lies beside the stripped file and goes with it. So a program that did not change costs one look.
struct DebugFileCache {
  /// Raised when the same program gets another debug file.
  static let format: Int64 = 1

  let directory: HostPath
  let store: ContentStore

  /// The debug file of a program that `Strip` changed.
  func file(of program: HostPath, before: Digest) throws -> CompressedBlob? {
    let record = directory / "\(before.hex).debug.json"
    if let known = try kept(record) { return known }
    guard let written = try CompressedBlob.write(into: store, { try DebugFile.write(program, $0) }) else { return nil }
    try FileSystem.createDirectory(directory)
    try CacheRecord.write(
      [
        "content": JSONValue(written.content), "content_size": .integer(written.contentSize),
        "blob": JSONValue(written.digest), "blob_size": .integer(written.size),
        "recipe": .string(CompressedBlob.recipe),
      ], format: Self.format, to: record)
    return written
  }

  private func kept(_ record: HostPath) throws -> CompressedBlob? {
    guard let known = CacheRecord.read(record, format: Self.format), known["recipe"]?.string == CompressedBlob.recipe,
      let content = known["content"]?.digest, let contentSize = known["content_size"]?.integer,
      let blob = known["blob"]?.digest, let size = known["blob_size"]?.integer, try store.reuse(blob, size: size)
    else { return nil }
    CacheRecord.markUsed(record)
    return CompressedBlob(content: content, contentSize: contentSize, digest: blob, size: size)
  }
}
