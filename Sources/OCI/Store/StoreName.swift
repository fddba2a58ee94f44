internal import PackCore

/// What the store calls an image that was built here: always a name that `ImageReference` finds again.
public enum StoreName {
  /// - Parameters:
  ///   - tag: what was asked for with `--tag`: a whole name (`shop:1.2`, `registry.example/shop`), or a tag that is none
  ///     (`V1`), which then stands behind the project's name. One that is neither names the image in its layout only.
  ///   - project: the project's name.
  public static func built(tag: String?, project: String) -> String? {
    guard RegistryReference.isRepository(project) else { return nil }
    guard let tag else { return "\(project):latest" }
    if let registry = try? RegistryReference(parsing: tag) { return registry.storeName }
    let parts = tag.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    if RegistryReference.isRepository(parts[0]) {
      if parts.count == 1 { return "\(tag):latest" }
      if parts.count == 2, RegistryReference.isTag(parts[1]) { return tag }
    }
    return RegistryReference.isTag(tag) ? "\(project):\(tag)" : nil
  }
}
