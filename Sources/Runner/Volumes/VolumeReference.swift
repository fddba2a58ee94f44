public import Kernel
public import PackCore

/// A kept volume and where the program finds it: `NAME:/path`.
public struct VolumeReference: Hashable, Sendable, CustomStringConvertible {
  public let name: VolumeName
  public let mount: RootPath

  /// Nil for a text of another form: `NAME=FILE`.
  public init?(parsing text: String) throws {
    guard let cut = text.firstIndex(of: ":"), !text[..<cut].contains("="), !text[..<cut].contains("/") else {
      return nil
    }
    let path = String(text[text.index(after: cut)...])
    guard path.hasPrefix("/"), let mount = RootPath(path) else {
      throw RunFailure.badVolume(text, "\"\(path)\" is not an absolute path")
    }
    name = try VolumeName(String(text[..<cut]))
    self.mount = mount
  }

  public init(_ name: VolumeName, at mount: RootPath) {
    self.name = name
    self.mount = mount
  }

  /// Another volume at the same path.
  public func named(_ name: VolumeName) -> VolumeReference { VolumeReference(name, at: mount) }

  /// As it is parsed.
  public var description: String { "\(name):\(mount.absolute)" }

  /// What the image declares at that path.
  public func place(in declared: [GuestVolume]) throws -> GuestVolume {
    guard let place = declared.first(where: { $0.mount == mount }) else {
      throw VolumeFailure.noMount(mount, known: declared.map(\.mount.absolute))
    }
    return place
  }

  /// - Throws: `unknown_volume` when `run.volumes` of the program declares no volume there.
  public func check(in mounts: [RootPath]) throws {
    guard mounts.contains(mount) else { throw VolumeFailure.noMount(mount, known: mounts.map(\.absolute)) }
  }
}

extension VolumeStore {
  /// Locks the volume and makes it the disk of what the image declares at that path. One that is not there yet is made, as
  /// large as the image says.
  public func attach(
    _ reference: VolumeReference, to declared: [GuestVolume], user: String, reporter: Reporter
  ) throws -> (volume: AttachedVolume, lock: VolumeLock) {
    let place = try reference.place(in: declared)
    if !FileSystem.exists(disk(reference.name)) {
      let made = try create(reference.name, size: place.size)
      reporter.note("made the volume \(made.name): an empty ext4 of \(made.size >> 20) MiB")
    }
    let lock = try hold(reference.name, user: user)
    return (AttachedVolume(name: place.name, file: lock.disk), lock)
  }
}
