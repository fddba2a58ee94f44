public import OCI
public import PackCore

/// What `packc image push [REF] DEST` means: which image goes where.
public struct PushOperands: Sendable {
  /// Nil: the store's image of the destination's name, or else what the project was built to.
  public let source: ImageReference?
  public let destination: RegistryReference

  /// - Parameter project: the directory that may have been built.
  /// - Throws: `wrong_usage`, `bad_reference`, `no_registry`.
  public init(_ operands: [String], project: HostPath) throws {
    guard let last = operands.last else { throw ImagesFailure.noDestination(built: Self.layout(of: project)) }
    destination = try Self.registry(last, in: project)
    source = operands.count > 1 ? try ImageReference(parsing: operands[0], in: project) : nil
  }

  /// `docker://` may stand before it.
  public static func registry(_ text: String, in directory: HostPath) throws -> RegistryReference {
    switch try ImageReference(parsing: text, in: directory) {
    case .registry(let reference): return reference
    case .name(_, registry: let reference?): return reference
    default: throw ImagesFailure.noRegistry(text)
    }
  }

  /// The layout that `packc build` left there; nil when there is none.
  public static func layout(of project: HostPath) -> HostPath? {
    let layout = project / ".packc/image"
    return FileSystem.exists(layout / "index.json") ? layout : nil
  }

  /// - Throws: `no_such_image`, `not_built`.
  public func open(_ store: ImageStore, project: HostPath) throws -> any ImageSource {
    switch source {
    case .layout(let path, let tag): return LayoutSource(layout: path, tag: tag)
    case .name(let name, _):
      if let found = try store.find(name) { return StoreSource(store, descriptor: found, name: name) }
      throw ImagesFailure.noImage(name, known: try store.images().map(\.name))
    case .registry, .ociArchive, .dockerArchive: throw ImagesFailure.useCopy()
    case nil: break
    }
    let name = destination.storeName
    if let found = try store.find(name) { return StoreSource(store, descriptor: found, name: name) }
    guard let layout = Self.layout(of: project) else { throw ImagesFailure.nothingToPush(name, project) }
    return LayoutSource(layout: layout)
  }
}
