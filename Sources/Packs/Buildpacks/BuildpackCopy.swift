internal import Glibc
internal import PackCore

/// A buildpack's files, as a pack may hold them: links become what they lead to, when that is in the buildpack too.
struct BuildpackCopy {
  private let root: HostPath

  init(root: HostPath) throws {
    guard let real = FileSystem.resolve(root) else { throw Failure.system("find", root, errno: ENOENT) }
    self.root = real
  }

  func copy(to target: HostPath) throws {
    var budget = Budget()
    try copy(.root, to: target, &budget, depth: 0)
  }

  private struct Budget {
    var files = PackStore.maximumFiles
    var bytes = PackStore.maximumBytes

    mutating func take(_ size: Int64, _ root: HostPath) throws {
      files -= 1
      bytes -= size
      guard files >= 0 else { throw PacksFailure.tooLarge(root, "\(PackStore.maximumFiles) files") }
      guard bytes >= 0 else { throw PacksFailure.tooLarge(root, "\(PackStore.maximumBytes >> 20) MiB") }
    }
  }

  private func copy(_ path: RootPath, to target: HostPath, _ budget: inout Budget, depth: Int) throws {
    guard depth < 64 else { throw PacksFailure.tooLarge(root, "64 directories in one another (a loop of links?)") }
    let source = root / path
    guard let real = FileSystem.resolve(source), let status = try FileSystem.status(real) else {
      throw refused(path, "leads nowhere")
    }
    guard real.relative(to: root) != nil else { throw refused(path, "leads out of the buildpack, to \(real)") }
    switch status.kind {
    case .directory:
      try FileSystem.createDirectory(target)
      for name in try DirectoryWalk.names(in: source) where name != Array(".git".utf8) {
        guard let below = path.appending(component: name) else { continue }
        try copy(below, to: target / HostPath(bytes: name), &budget, depth: depth + 1)
      }
    case .file:
      try budget.take(status.size, root)
      try FileSystem.copyFile(real, to: target, mode: status.mode & 0o100 != 0 ? 0o755 : 0o644)
    case .link, .other: throw refused(path, "is neither a file nor a directory")
    }
  }

  private func refused(_ path: RootPath, _ why: String) -> Failure {
    Failure(
      "bad_buildpack", "\(root)/\(path) \(why)", hint: "a pack holds regular files: put a copy in its place",
      exit: .badInput)
  }
}
