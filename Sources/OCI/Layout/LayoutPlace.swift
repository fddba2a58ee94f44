internal import PackCore

/// Where the files of an image layout are: a directory, or a tar archive.
protocol LayoutPlace: Sendable {
  /// For people: the directory, or the archive.
  var path: HostPath { get }

  /// The file at a relative path as the layout writes it (`index.json`, `blobs/sha256/<hex>`); nil when nothing is there.
  /// - Throws: `damaged_image` when something else is there.
  func file(_ name: String) throws -> FileExtent?

  /// The file's own path on the host; nil inside of an archive.
  func hostPath(_ name: String) -> HostPath?
}

extension LayoutPlace {
  /// What is wrong with one of its files.
  func damaged(_ problem: String, _ name: String) -> Failure {
    if let path = hostPath(name) { return OCIFailure.damaged(problem, path) }
    return OCIFailure.damaged("\(name): \(problem)", path)
  }
}

/// A layout as a directory.
struct DirectoryPlace: LayoutPlace {
  let path: HostPath

  func file(_ name: String) throws -> FileExtent? {
    let file = path / name
    // A blob that is a link could be another file tomorrow; people do link `index.json`.
    let isBlob = name.hasPrefix("blobs/")
    if let found = try FileExtent.whole(file, followsLinks: !isBlob) { return found }
    guard try FileSystem.status(file) == nil else {
      throw damaged(isBlob ? "the blob is not a regular file" : "it is not a regular file", name)
    }
    return nil
  }

  func hostPath(_ name: String) -> HostPath? { path / name }
}
