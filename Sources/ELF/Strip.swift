internal import Glibc
public import PackCore

/// Removes symbol table and debug sections from what a project built; never from somebody else's files, whose own
/// records hash them. What is loaded into memory stays as it is, byte for byte and at its offset, and so does all that
/// scanners read: `.dynsym`, notes and build-id, `.go.buildinfo`, `.gopclntab`, `.dep-v0`, `.comment`, `.gnu_debuglink`.
public enum Strip {
  public struct Result: Hashable, Sendable {
    /// Of the file as it was.
    public var before: Digest
    /// Of the file as it is in the image; the same when nothing changed.
    public var after: Digest
    /// NT_GNU_BUILD_ID in hex, the name under which its symbols can be kept.
    public var buildID: String?
    /// False: nothing was written, the input is what goes into the image.
    public var changed: Bool
    /// Why it did not change.
    public var reason: String?
    /// Names of the sections that went.
    public var removed: [String]
  }

  /// Writes `input` without symbols to `output` (beside it first, then renamed). The same input gives the same bytes.
  /// A file that is not ELF, relocatable, already stripped, or followed by data of its own stays unchanged, and nothing
  /// is written.
  public static func strip(_ input: HostPath, to output: HostPath, mode: UInt32 = 0o755) throws -> Result {
    guard try ELFFile.head(of: input, count: 4) == ELFFile.magic else {
      return try unchanged(input, buildID: nil, "not an ELF file")
    }
    let buildID = try ELFFile(input).buildID
    let handle = try ELFHandle(input)
    switch try StripPlan.make(handle) {
    case .unchanged(let reason): return try unchanged(input, buildID: buildID, reason)
    case .plan(let plan):
      let before = try FileSystem.digest(of: input)
      let after = try write(plan, input, to: output, mode: mode)
      return Result(before: before, after: after, buildID: buildID, changed: true, reason: nil, removed: plan.removed)
    }
  }

  private static func unchanged(_ input: HostPath, buildID: String?, _ reason: String) throws -> Result {
    let digest = try FileSystem.digest(of: input)
    return Result(before: digest, after: digest, buildID: buildID, changed: false, reason: reason, removed: [])
  }

  private static func write(_ plan: StripPlan, _ input: HostPath, to output: HostPath, mode: UInt32) throws -> Digest {
    let source = try Descriptor.open(input)
    // Of its own for each call: two builds may strip the same file at once.
    let work = try FileSystem.createTemporaryDirectory(in: output.parent, prefix: ".strip")
    defer { try? FileSystem.removeTree(work) }
    let staged = work / "file"
    let target = try Descriptor.open(staged, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
    var hash = SHA256()
    try plan.pieces.write(from: source) { bytes in
      hash.update(bytes)
      try target.write(bytes)
    }
    guard fchmod(target.raw, mode) == 0 else { throw Failure.system("set the mode of", staged, errno: errno) }
    try target.close()
    try FileSystem.rename(staged, to: output)
    return hash.finish()
  }
}
