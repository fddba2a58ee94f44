public import OCI
public import PackCore

/// What `packc image push [IMAGE] DESTINATION` means: which image goes where.
public struct PushOperands: Sendable {
  /// Nil: the store's image of the destination's name, or else what the project was built to.
  private let source: String?
  public let destination: RegistryReference

  /// - Parameter project: the directory that may have been built.
  /// - Throws: `wrong_usage`, `bad_reference`, `no_registry`.
  public init(_ operands: [String], project: HostPath) throws {
    guard let last = operands.last else { throw ImagesFailure.noDestination(isBuilt: Self.isBuilt(project)) }
    destination = try Self.registry(last, in: project)
    source = operands.count > 1 ? operands[0] : nil
  }

  /// `docker://` may stand before it.
  public static func registry(_ text: String, in directory: HostPath) throws -> RegistryReference {
    switch try ImageReference(parsing: text, in: directory) {
    case .registry(let reference): return reference
    case .name(_, registry: let reference?): return reference
    default: throw ImagesFailure.noRegistry(text)
    }
  }

  private static func isBuilt(_ project: HostPath) -> Bool {
    FileSystem.exists(project / ".packc/image/oci-layout")
  }

  /// - Throws: `not_built`, and what `ImageLocator` throws.
  public func open(_ locator: ImageLocator, project: HostPath) throws -> LocatedImage {
    if let source { return try locator.locate(source) }
    let name = destination.storeName
    if try locator.store.find(name) != nil { return try locator.stored(name) }
    guard Self.isBuilt(project) else { throw ImagesFailure.nothingToPush(name, project) }
    return try locator.locate(nil)
  }
}
