internal import Glibc
internal import PackCore

/// The private directory of one build, removed at its end whatever happens:
///
///     <cache>/work/build.XXXXXX/source   the copy of the project
///                               work     outputs of the steps
///                               home     HOME of the steps
final class Workspace {
  private let directory: WorkDirectory
  /// Where the source lies when not here.
  private let aside: WorkDirectory?
  var root: HostPath { directory.path }
  var source: HostPath { (aside?.path ?? root) / "source" }
  var work: HostPath { root / "work" }
  var home: HostPath { root / "home" }

  init(cache: HostPath, order: SourceOrder = .byName) throws {
    let parent = cache / "work"
    Self.sweep(parent)
    directory = try WorkDirectory(in: parent, prefix: "build")
    aside = try order.place.map { try WorkDirectory(in: $0, prefix: "packc-source") }
    for place in [work, home] { try FileSystem.createDirectory(place) }
  }

  /// Removes what killed builds left.
  private static func sweep(_ parent: HostPath) {
    for name in (try? DirectoryWalk.names(in: parent)) ?? [] {
      let left = parent / HostPath(bytes: name)
      _ = try? WorkDirectory.ifLeft(left) { try FileSystem.removeTree(left) }
    }
  }

  /// Copies the project's files with modes 0644 and 0755 and one time stamp for all, so that neither the umask nor the
  /// order of a checkout reaches the tools. `seconds` since the epoch.
  func copySource(_ scan: ProjectScan, time seconds: Int, order: SourceOrder = .byName) throws {
    try FileSystem.createDirectory(source)
    let entries = scan.sources
    for (index, entry) in (order.isReversed ? entries.reversed() : entries).enumerated() {
      if index % 1024 == 0 { try Interruption.check() }
      let from = scan.root / entry.path
      let to = source / entry.path
      if order.isReversed { try FileSystem.createDirectory(to.parent) }
      switch entry.status.kind {
      case .directory: try FileSystem.createDirectory(to)
      case .link: try FileSystem.createLink(to, to: FileSystem.linkTarget(from))
      case .file:
        try FileSystem.copyFile(from, to: to, mode: entry.status.mode & 0o100 != 0 ? 0o755 : 0o644)
        // The steps' keys were made of the file as it was listed: what is built must be that file.
        guard try FileSystem.status(from) == entry.status else { throw BuildFailure.changedMeanwhile(entry.path) }
      case .other: continue
      }
    }
    for entry in entries.reversed() { try FileSystem.setTime(source / entry.path, seconds: seconds) }
    try FileSystem.setTime(source, seconds: seconds)
  }
}

/// Copying finished directories between the step cache and the working directory.
enum TreeCopy {
  /// Copies a file, link or directory; modes are kept as 0644/0755, times are not.
  static func copy(_ from: HostPath, to: HostPath) throws {
    try FileSystem.createDirectory(to.parent)
    guard let status = try FileSystem.status(from) else { throw Failure.system("copy", from, errno: ENOENT) }
    try copyOne(from, to, status)
    guard status.kind == .directory else { return }
    try DirectoryWalk.walk(from) { entry in
      try copyOne(from / entry.path, to / entry.path, entry.status)
      return .take
    }
  }

  private static func copyOne(_ from: HostPath, _ to: HostPath, _ status: FileStatus) throws {
    switch status.kind {
    case .directory: try FileSystem.createDirectory(to)
    case .link: try FileSystem.createLink(to, to: FileSystem.linkTarget(from))
    case .file: try FileSystem.copyFile(from, to: to, mode: status.mode & 0o100 != 0 ? 0o755 : 0o644)
    case .other: break
    }
  }
}
