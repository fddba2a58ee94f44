internal import Glibc
internal import PackCore

/// The private directory of one build, removed at its end whatever happens:
///
///     <cache>/work/build.XXXXXX/source   the copy of the project
///                               work     outputs of the steps
///                               home     HOME of the steps
///                               fetch    that of a step which is given secrets, while it runs
final class Workspace {
  private let directory: WorkDirectory
  /// Where the source lies when not here.
  private let aside: WorkDirectory?
  var root: HostPath { directory.path }
  var source: HostPath { (aside?.path ?? root) / "source" }
  var work: HostPath { root / "work" }
  var home: HostPath { root / "home" }
  var fetchHome: HostPath { root / "fetch" }
  /// The time stamp of every file of the copy.
  private var time = 0

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
    time = seconds
    let entries = scan.sources
    for (index, entry) in (order.isReversed ? entries.reversed() : entries).enumerated() {
      if index % 1024 == 0 { try Interruption.check() }
      let from = scan.root / entry.path
      let to = source / entry.path
      if order.isReversed { try FileSystem.createDirectory(to.parent) }
      switch entry.status.kind {
      case .directory: try FileSystem.createDirectory(to)
      case .link: try FileSystem.createLink(to, to: FileSystem.linkTarget(from))
      case .file: try copyFile(entry, of: scan)
      case .other: continue
      }
    }
    for entry in entries.reversed() { try FileSystem.setTime(source / entry.path, seconds: seconds) }
    try FileSystem.setTime(source, seconds: seconds)
  }
}

/// What steps did to the copy.
extension Workspace {
  private func copyFile(_ entry: DirectoryWalk.Entry, of scan: ProjectScan) throws {
    let from = scan.root / entry.path
    try FileSystem.copyFile(from, to: source / entry.path, mode: entry.status.mode & 0o100 != 0 ? 0o755 : 0o644)
    // The steps' keys were made of the file as it was listed: what is built must be that file.
    guard try FileSystem.status(from) == entry.status else { throw BuildFailure.changedMeanwhile(entry.path) }
  }

  /// Puts the project's own files back as they were copied; returns those that were changed, sorted.
  func restoreSource(_ scan: ProjectScan, except known: Set<RootPath>) throws -> [RootPath] {
    var changed: [RootPath] = []
    for entry in scan.sources where entry.status.kind == .file && !known.contains(entry.path) {
      let copy = source / entry.path
      let now = try FileSystem.status(copy)
      if let now, now.kind == .file, now.size == entry.status.size, now.modified == Int64(time) * 1_000_000_000 {
        continue
      }
      changed.append(entry.path)
      try FileSystem.removeTree(copy)
      try FileSystem.createDirectory(copy.parent)
      try copyFile(entry, of: scan)
      try FileSystem.setTime(copy, seconds: time)
    }
    return changed
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
