internal import Glibc
public import PackCore

/// Disks that come from somewhere else: written beside the volumes, and volumes in one step each.
extension VolumeStore {
  /// Where disks are written before they are volumes: a directory for each, with its `disk`. Gone with the value.
  public func workDirectory() throws -> WorkDirectory {
    try FileSystem.createDirectory(root.parent, mode: 0o700)
    try FileSystem.createDirectory(root, mode: 0o700)
    return try StateDirectory.workDirectory(in: root)
  }

  /// Makes the directory with a `disk` the volume of that name.
  ///
  /// - Returns: false when there is one already, which stays.
  public func adopt(_ staged: HostPath, as name: VolumeName) throws -> Bool {
    try FileSystem.writeAtomically([], to: staged / "lock", mode: 0o600)
    guard try FileSystem.renameNew(staged, to: directory(name.description)) else { return false }
    try FileSystem.syncDirectory(root)
    return true
  }
}
