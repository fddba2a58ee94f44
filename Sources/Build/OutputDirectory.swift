internal import Glibc
internal import PackCore

/// The directory of the results, `.packc`. Its parts belong together, so they take their place together: whoever looks
/// sees all of the old build or all of the new one, also when packc is killed in between.
///
/// A directory that holds something of somebody else's (`--output`), or that cannot be exchanged (a mount point, a parent
/// that may not be written), stays, and its parts are replaced one after the other.
struct OutputDirectory: ~Copyable {
  /// `packc image report` puts its page there, `packc run` a core dump; they go with the build that they are about.
  private static let ours: Set<String> = [
    "image", "unikernel", "contract.json", "sbom.cdx.json", "provenance.json", "build.json", ".gitignore",
    "report.html", "core",
  ]

  /// Where the parts are written now.
  let path: HostPath
  private let staged: StagedDirectory?

  private init(_ place: HostPath) {
    path = place
    staged = nil
  }

  private init(_ staged: consuming StagedDirectory) {
    path = staged.path
    self.staged = consume staged
  }

  static func open(_ place: HostPath) throws -> OutputDirectory {
    if try isExchangeable(place) {
      let staged = OutputDirectory(try StagedDirectory(for: place))
      try ignore(staged.path)
      return staged
    }
    try FileSystem.createDirectory(place)
    try ignore(place)
    return OutputDirectory(place)
  }

  /// It ignores itself in version control.
  private static func ignore(_ path: HostPath) throws {
    guard !FileSystem.exists(path / ".gitignore") else { return }
    try FileSystem.writeAtomically(Array("*\n".utf8), to: path / ".gitignore", durable: false)
  }

  func commit() throws { try staged?.commit() }

  private static func isExchangeable(_ place: HostPath) throws -> Bool {
    try FileSystem.createDirectory(place.parent)
    let place = FileSystem.resolve(place) ?? place
    guard place.parent.withCString({ access($0, W_OK) }) == 0 else { return false }
    guard let found = try FileSystem.status(place) else { return true }
    guard found.kind == .directory, try FileSystem.status(place.parent)?.device == found.device else { return false }
    let names = try DirectoryWalk.names(in: place).map { String(decoding: $0, as: UTF8.self) }
    guard names.allSatisfy({ ours.contains($0) || $0.contains(".packc-new.") }) else { return false }
    // An "image" that is no layout is refused where the layout is written.
    if FileSystem.exists(place / "image"), !FileSystem.exists(place / "image/oci-layout") { return false }
    // rmdir(2) says EBUSY of a mount point whatever it holds; an empty directory need not stay.
    return place.withCString { rmdir($0) } == 0 || errno == ENOTEMPTY || errno == EEXIST
  }
}
