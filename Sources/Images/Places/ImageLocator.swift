public import OCI
public import PackCore

/// Finds what a person names: a layout, an archive, an image of the store or of a registry, or the project's own.
public struct ImageLocator: Sendable {
  public let store: ImageStore
  let context: HostContext
  /// packc's cache directory.
  let cache: HostPath
  private let registry: RegistryAccess?

  /// - Parameter registry: nil where nothing may leave the machine.
  public init(_ context: HostContext, registry: RegistryAccess? = nil) throws {
    self.context = context
    self.registry = registry
    cache = try context.cacheDirectory()
    store = try ImageStore(content: ContentStore(root: cache / "store"))
  }

  /// For files that go with the command.
  public var temporary: HostPath { cache / "run" }

  /// - Parameter text: see `ImageReference`; nil for what `packc build` made of the project in the working directory.
  public func locate(_ text: String?) throws -> LocatedImage {
    guard let text else { return try ownBuild() }
    if let found = try existing(text) { return found }
    switch try ImageReference(parsing: text, in: context.workingDirectory) {
    case .layout(let path, let tag): return try layout(path, tag: tag)
    case .ociArchive(let path, let tag): return try archive(path, kind: .layout, tag: tag)
    case .dockerArchive(let path, let tag): return try archive(path, kind: .docker, tag: tag)
    case .registry(let reference):
      return LocatedImage(
        source: try access(reference).source(reference), names: [reference.storeName], isRemote: true)
    case .name(let name, let reference):
      // What the store does not have and names a registry is looked for there.
      if let reference, let registry, try store.find(name) == nil {
        return LocatedImage(source: try registry.source(reference), names: [name], isRemote: true)
      }
      return try stored(name)
    }
  }

  private func ownBuild() throws -> LocatedImage {
    let path = context.workingDirectory / ".packc/image"
    guard FileSystem.exists(path / "oci-layout") else {
      throw ImagesFailure.notBuilt(context.workingDirectory)
    }
    // The same image has a name in the store, where signatures stay when the project is built again.
    let built = LayoutSource(layout: path)
    return LocatedImage(source: BuiltSource(layout: built, store: store), names: try built.names(), layout: path)
  }

  /// A path without a prefix: a file, or a directory with a layout in it. A directory of another kind may have the name of
  /// an image by chance.
  private func existing(_ text: String) throws -> LocatedImage? {
    let path = (context.workingDirectory / text).lexicallyNormalized
    switch try FileSystem.target(path)?.kind {
    case .file: return try archive(path, kind: nil, tag: nil)
    case .directory where FileSystem.exists(path / "oci-layout"): return try layout(path, tag: nil)
    default:
      guard !text.hasPrefix("/"), !text.hasPrefix("./"), !text.hasPrefix("../") else {
        throw ImagesFailure.noPath(path)
      }
      if Self.looksLikeArchive(text), try !isNamed(text) { throw ImagesFailure.noPath(path) }
      return nil
    }
  }

  /// `shop.tar`, `shop.tar.gz`, `dist/shop.tgz`: a file's name more likely than an image's.
  static func looksLikeArchive(_ text: String) -> Bool {
    guard !text.contains(":"), let name = text.split(separator: "/").last else { return false }
    return name.contains(".tar") || name.hasSuffix(".tgz") || name.hasSuffix(".tzst")
  }

  /// True for a name that an image of the store has, and for one of a registry.
  private func isNamed(_ text: String) throws -> Bool {
    guard case .name(let name, let registry) = try? ImageReference(parsing: text, in: context.workingDirectory) else {
      return false
    }
    return try registry != nil || store.find(name) != nil
  }

  private func layout(_ path: HostPath, tag: String?) throws -> LocatedImage {
    let source = LayoutSource(layout: path, tag: tag)
    return LocatedImage(source: source, names: try source.names(), layout: path)
  }

  private func archive(_ path: HostPath, kind: ImageArchive.Kind?, tag: String?) throws -> LocatedImage {
    let opened = try ImageArchive.open(path, kind: kind, tag: tag, temporary: temporary)
    return LocatedImage(source: opened.source, names: opened.names)
  }

  var reachesRegistries: Bool { registry != nil }

  func access(_ reference: RegistryReference) throws -> RegistryAccess {
    guard let registry else { throw ImagesFailure.noRegistryAccess(reference) }
    return registry
  }

  // MARK: - The store

  /// By name, by digest, or by the first hexadecimal digits of one.
  public func stored(_ name: String) throws -> LocatedImage {
    let images = try store.images()
    if let found = images.first(where: { $0.name == name }) { return stored([found.name], found.descriptor) }
    let digits = name.hasPrefix("sha256:") ? String(name.dropFirst(7)) : String(name.prefix { $0 != ":" })
    let matching = Self.isHexadecimal(digits) ? images.filter { $0.descriptor.digest.hex.hasPrefix(digits) } : []
    let digests = Set(matching.map(\.descriptor.digest))
    if digests.count > 1 { throw ImagesFailure.ambiguous(digits, matching.map(\.name)) }
    if let found = matching.first { return stored(matching.map(\.name), found.descriptor) }
    throw ImagesFailure.noImage(name, known: images.map(\.name))
  }

  private func stored(_ names: [String], _ descriptor: BlobDescriptor) -> LocatedImage {
    LocatedImage(
      source: StoreSource(store, descriptor: descriptor, name: names[0]), names: names, isStored: true)
  }

  /// Six digits at least: fewer are a name more likely.
  private static func isHexadecimal(_ text: String) -> Bool {
    (6...64).contains(text.utf8.count)
      && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }
}
