internal import OCI
internal import PackCore

/// Where an image is to go.
enum ImageTarget {
  /// Anything that takes blobs as they are.
  case blobs(any ImageDestination)
  /// An archive that has layers uncompressed, so that a copy is made layer by layer.
  case dockerArchive(StagedFile, names: [String], label: String)

  /// - Parameters:
  ///   - text: see `ImageReference`; a path without a prefix is a layout that is there.
  ///   - names: what the image is called where it comes from, for places that take a name and were given none.
  init(_ text: String, names: [String], _ locator: ImageLocator) throws {
    let path = (locator.context.workingDirectory / text).lexicallyNormalized
    if FileSystem.exists(path / "oci-layout") {
      self = .blobs(try LayoutDestination(layout: path, tag: Self.tag(names)))
      return
    }
    switch try ImageReference(parsing: text, in: locator.context.workingDirectory) {
    case .layout(let path, let tag):
      self = .blobs(try LayoutDestination(layout: path, tag: tag ?? Self.tag(names)))
    case .ociArchive(let path, let tag):
      self = .blobs(
        try ArchiveDestination(StagedFile(for: path), tag: tag ?? Self.tag(names), name: "oci-archive:\(path)"))
    case .dockerArchive(let path, let tag):
      let names = try tag.map { [try Self.dockerName($0)] } ?? Self.dockerNames(names)
      self = .dockerArchive(try StagedFile(for: path), names: names, label: "docker-archive:\(path)")
    case .registry(let reference):
      self = .blobs(try locator.access(reference).destination(reference))
    case .name(_, let reference?) where locator.reachesRegistries:
      self = .blobs(try locator.access(reference).destination(reference))
    case .name(let name, _):
      guard !ImageLocator.looksLikeArchive(text) else { throw ImagesFailure.whichArchive(text) }
      self = .blobs(try Self.store(name, locator))
    }
  }

  /// The store, where everything is looked at before it has a name.
  static func store(_ name: String, _ locator: ImageLocator) throws -> any ImageDestination {
    guard Digest(name) == nil else { throw ImagesFailure.digestAsName(name) }
    return CheckedDestination(StoreDestination(locator.store, name: name), in: locator.store)
  }

  /// The first name that a layout may have.
  static func tag(_ names: [String]) -> String? { names.first { (try? ImageTag($0)) != nil } }

  /// Names as `docker load` takes them: with a tag, without a digest.
  static func dockerNames(_ names: [String]) -> [String] { names.compactMap { try? dockerName($0) } }

  private static func dockerName(_ text: String) throws -> String {
    guard case .name(let name, let registry) = try ImageReference(parsing: text, in: "/"), Digest(name) == nil,
      registry?.digest == nil
    else { throw ImagesFailure.noDockerName(text) }
    return name
  }
}
