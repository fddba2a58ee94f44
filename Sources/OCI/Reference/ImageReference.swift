public import PackCore

/// An image as commands take it.
///
///     oci:DIR[:TAG]               an image layout
///     oci-archive:FILE[:TAG]      a layout in a tar file
///     docker-archive:FILE[:NAME]  what `docker save` writes
///     docker://HOST/REPOSITORY…   a registry
///     DIR, FILE                   a layout or an archive that is there: found out by looking
///     HOST/REPOSITORY[:TAG]       of that name in the store, or the registry, as the command says
///     NAME[:TAG]                  of that name in the store
public enum ImageReference: Hashable, Sendable {
  case layout(HostPath, tag: String?)
  case ociArchive(HostPath, tag: String?)
  case dockerArchive(HostPath, tag: String?)
  case registry(RegistryReference)
  /// A name of the store, `latest` added where it has no tag; `registry` when it says where it comes from.
  case name(String, registry: RegistryReference?)

  /// - Parameter directory: where relative paths begin.
  /// - Throws: `bad_reference`.
  public init(parsing text: String, in directory: HostPath) throws {
    func located(_ rest: Substring) throws -> (HostPath, String?) {
      // `oci:DIR:TAG`: the tag begins after the first colon, as in the other tools of the field.
      let parts = rest.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      guard let path = parts.first, !path.isEmpty else { throw OCIFailure.reference(text, "it names no path") }
      guard parts.count == 1 || !parts[1].isEmpty else { throw OCIFailure.reference(text, "its tag is empty") }
      return ((directory / String(path)).lexicallyNormalized, parts.count == 2 ? String(parts[1]) : nil)
    }
    if text.hasPrefix("oci:") {
      let (path, tag) = try located(text.dropFirst("oci:".count))
      self = .layout(path, tag: tag)
    } else if text.hasPrefix("oci-archive:") {
      let (path, tag) = try located(text.dropFirst("oci-archive:".count))
      self = .ociArchive(path, tag: tag)
    } else if text.hasPrefix("docker-archive:") {
      let (path, tag) = try located(text.dropFirst("docker-archive:".count))
      self = .dockerArchive(path, tag: tag)
    } else if text.hasPrefix("docker://") {
      let rest = String(text.dropFirst("docker://".count))
      guard let reference = try RegistryReference(parsing: rest) else {
        throw OCIFailure.noRegistry(rest)
      }
      self = .registry(reference)
    } else if let registry = try RegistryReference(parsing: text) {
      self = .name(registry.storeName, registry: registry)
    } else {
      self = .name(try Self.localName(text), registry: nil)
    }
  }

  /// `shop` → `shop:latest`; a digest or a part of one stays as it is.
  private static func localName(_ text: String) throws -> String {
    if Digest(text) != nil { return text }
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count <= 2, RegistryReference.isRepository(String(parts[0])),
      parts.count == 1 || RegistryReference.isTag(String(parts[1]))
    else { throw OCIFailure.reference(text, "a name is NAME[:TAG] of lower-case letters, digits and . _ -") }
    return parts.count == 2 ? text : "\(text):latest"
  }
}

extension RegistryReference {
  /// What the store calls it: with its tag, or its digest.
  public var storeName: String {
    tag == nil && digest == nil ? "\(self):latest" : description
  }
}
