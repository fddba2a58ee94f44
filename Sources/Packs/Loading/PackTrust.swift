internal import Glibc
internal import PackCore

/// Who may have written what packc is about to run: only root and the caller.
///
/// Every directory on the way to a pack, and everything in it, is owned by root or the caller and not writable by group or
/// others. A sticky directory such as /tmp passes when the next component is owned by root or the caller, since nobody
/// else can replace that one.
struct PackTrust: Sendable {
  let uid: UInt32

  init(uid: UInt32 = geteuid()) { self.uid = uid }

  private func owns(_ status: FileStatus) -> Bool { status.uid == 0 || status.uid == uid }

  /// Checks `/` and every directory down to `path`, which is absolute and holds no link.
  func checkWay(to path: HostPath) throws {
    var place: HostPath = "/"
    var steps: [HostPath] = ["/"]
    for component in path.bytes.split(separator: UInt8(ascii: "/")) {
      place = place / HostPath(bytes: component)
      steps.append(place)
    }
    for (index, step) in steps.dropLast().enumerated() {
      guard let status = try FileSystem.status(step) else { throw Failure.system("look at", step, errno: ENOENT) }
      let isSticky = status.mode & 0o1000 != 0
      if isSticky, status.mode & 0o022 != 0 {
        let next = steps[index + 1]
        guard let below = try FileSystem.status(next), owns(below) else {
          throw PacksFailure.untrusted(
            next, "lies in a directory where everybody may write and belongs to somebody else",
            hint: "move it to a directory of your own")
        }
        continue
      }
      try check(step, status)
    }
  }

  /// Checks one file or directory itself.
  func check(_ path: HostPath, _ status: FileStatus) throws {
    guard owns(status) else {
      throw PacksFailure.untrusted(
        path, "is owned by user \(status.uid), neither root nor you",
        hint: "`chown -R \(uid) \(path)` if you trust what is in it")
    }
    switch status.kind {
    case .file where status.mode & 0o6000 != 0:
      throw PacksFailure.untrusted(path, "is setuid or setgid", hint: "`chmod u-s,g-s \(path)`")
    case .file, .directory: break
    case .link, .other:
      throw PacksFailure.untrusted(
        path, "is neither a regular file nor a directory", hint: "put a copy of the file in its place")
    }
    guard status.mode & 0o022 == 0 else {
      throw PacksFailure.untrusted(path, "can be written by group or others", hint: "`chmod -R go-w \(path)`")
    }
  }
}
