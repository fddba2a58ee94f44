internal import Glibc
internal import OCI
internal import PackCore

/// Reads what `ParcelWriter` writes, member by member, and takes nothing else: another kind of member, a header with more in
/// it than path and size, bytes after the end. Memory does not grow with the file.
final class ParcelReader {
  let path: HostPath
  private let file: Descriptor
  /// Bytes of the file.
  private let size: Int64
  private var offset: Int64 = 0
  private var hash: SHA256? = SHA256()
  private(set) var member: PlainMember?
  /// Bytes of the member's content that were not read yet.
  private var rest: Int64 = 0
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
  /// Of everything before the last member; known at the end.
  private(set) var digest: Digest?

  init(_ path: HostPath) throws {
    self.path = path
    file = try Descriptor.open(path, O_RDONLY | O_NONBLOCK)
    let status = FileStatus(try file.status())
    guard status.kind == .file else { throw ParcelFailure.notOurs(path) }
    size = status.size
  }
  deinit { buffer.deallocate() }

  /// True when the file begins as a parcel does; what it holds is not looked at.
  static func begins(_ path: HostPath) -> Bool {
    guard let bytes = try? FileSystem.head(path, count: PlainMember.blockSize) else { return false }
    return bytes.withUnsafeBytes { PlainMember(header: $0)?.path == ParcelHeader.fileName }
  }

  func failure(_ cause: String) -> Failure { ParcelFailure.damaged(path, cause) }

  /// The next member, after which `read` gives its content; nil when the file ended as it must, with the digest of what it
  /// holds.
  func next() throws -> PlainMember? {
    if digest != nil { return nil }
    try skip()
    try fill(PlainMember.blockSize, hashes: false)
    guard let found = PlainMember(header: UnsafeRawBufferPointer(rebasing: buffer[..<PlainMember.blockSize])) else {
      throw failure("at byte \(offset - Int64(PlainMember.blockSize)) there is no header of packc's")
    }
    guard found.size <= size - offset else { throw failure("it ends within \(found.path)") }
    if found.path == ParcelWriter.digestName {
      try finish(found)
      return nil
    }
    hash?.update(UnsafeRawBufferPointer(rebasing: buffer[..<PlainMember.blockSize]))
    member = found
    rest = found.size
    return found
  }

  /// The content of the member, in pieces.
  func read(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
    while rest > 0 {
      try Interruption.check()
      let count = Int(min(rest, Int64(buffer.count)))
      try fill(count, hashes: true)
      rest -= Int64(count)
      try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
  }

  /// All of it, when it is no more than `limit` bytes.
  func content(limit: Int) throws -> [UInt8] {
    guard rest <= Int64(limit) else { throw failure("\(member?.path ?? "a member") is larger than \(limit) bytes") }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(Int(rest))
    try read { bytes.append(contentsOf: $0) }
    return bytes
  }

  private func skip() throws {
    try read { _ in }
    guard let padding = member.map({ Int($0.padding) }), padding > 0 else { return }
    try fill(padding, hashes: true)
    guard buffer[..<padding].allSatisfy({ $0 == 0 }) else {
      throw failure("what pads \(member?.path ?? "") says something")
    }
    member = nil
  }

  private func finish(_ last: PlainMember) throws {
    guard last.size == 65, let found = hash.take()?.finish() else { throw failure("its digest is none") }
    let length = 65 + Int(last.padding) + PlainMember.endSize
    guard size - offset == Int64(length) else { throw failure("it does not end after its digest") }
    try fill(length, hashes: false)
    guard buffer[..<65].elementsEqual("\(found.hex)\n".utf8) else { throw failure("its digest is another one") }
    guard buffer[65..<length].allSatisfy({ $0 == 0 }) else { throw failure("it goes on after its end") }
    digest = found
  }

  /// The next bytes, at the start of the buffer.
  private func fill(_ count: Int, hashes: Bool) throws {
    let target = UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
    guard try file.read(into: target, at: offset) == count else { throw failure("it is cut off") }
    offset += Int64(count)
    if hashes { hash?.update(UnsafeRawBufferPointer(target)) }
  }
}
