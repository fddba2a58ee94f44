internal import Glibc
internal import PackCore

/// Layers that are kept between builds, for projects that name a cache (`options.cache`):
///
///     ${cache}/layers/<name>/<buildpack>/<layer>/      the layer
///                                       <layer>.toml   its metadata, without [types]
///                           /store.toml
final class BuildpackCache {
  private let place: HostPath
  /// Held until the build ends: two builds of one name wait for each other.
  private let lock: Descriptor

  init(_ name: String, in directory: HostPath) throws {
    place = directory / name
    lock = try Descriptor.open(directory / ".\(name).lock", O_RDWR | O_CREAT)
    guard flock(lock.raw, LOCK_EX) == 0 else { throw Failure.system("lock", directory / name, errno: errno) }
  }

  func restore(_ buildpack: BuildpackDescriptor, to layers: HostPath) throws {
    let kept = place / buildpack.directoryName
    guard FileSystem.isDirectory(kept) else { return }
    try BuildpackTree.copy(kept, to: layers)
  }

  /// `made`: the layers directory of each buildpack, and its layers that are to be kept.
  func save(_ made: [(buildpack: BuildpackDescriptor, layers: HostPath, kept: [(name: String, file: LayerFile)])])
    throws
  {
    let staged = place.parent / ".\(place.name).new"
    try FileSystem.removeTree(staged)
    for (buildpack, layers, kept) in made {
      let target = staged / buildpack.directoryName
      try FileSystem.createDirectory(target)
      if let store = try FileSystem.readIfPresent(layers / "store.toml", limit: 1 << 20) {
        try FileSystem.writeAtomically(store, to: target / "store.toml", durable: false)
      }
      for (name, file) in kept {
        let text = TOMLText.write(file.rest)
        try FileSystem.writeAtomically(Array(text.utf8), to: target / "\(name).toml", durable: false)
        if FileSystem.isDirectory(layers / name) { try BuildpackTree.copy(layers / name, to: target / name) }
      }
    }
    try FileSystem.removeTree(place)
    try FileSystem.rename(staged, to: place)
  }
}
