internal import PackCore

/// Finds the image of one platform in an index.
public enum PlatformChoice {
  /// Indexes in indexes, at most.
  static let deepest = 4

  /// The manifest of `platform`; nil stands for the only one, or else the host's.
  /// - Throws: `no_such_platform`.
  public static func manifest(
    of root: ImageDocument, in source: any ImageSource, platform: ImagePlatform?
  ) throws -> ImageDocument {
    guard case .index = root.content else {
      if let platform { try check(root, in: source, is: platform) }
      return root
    }
    let candidates = try candidates(root, in: source, depth: 0)
    guard let found = choose(platform, of: candidates) else {
      throw OCIFailure.noPlatform(
        platform?.description, in: source.name, found: candidates.map { $0.platform?.description ?? "unknown" })
    }
    return try source.document(found)
  }

  private static func choose(_ platform: ImagePlatform?, of candidates: [BlobDescriptor]) -> BlobDescriptor? {
    if platform == nil, candidates.count == 1 { return candidates[0] }
    let wanted = platform ?? ImagePlatform(Platform.host)
    // An exact one first; without a variant, the first in the index's own order.
    return candidates.first { $0.platform == wanted }
      ?? candidates.first { wanted.variant == nil && $0.platform?.isAny(of: wanted) == true }
  }

  /// The images of an index, in its order. What has the platform `unknown` describes another one (an attestation).
  private static func candidates(
    _ document: ImageDocument, in source: any ImageSource, depth: Int
  ) throws -> [BlobDescriptor] {
    guard depth < deepest else { throw OCIFailure.damaged("indexes are nested too deeply", in: source.name) }
    guard case .index(let index) = document.content else { return [] }
    return try index.manifests.flatMap { entry -> [BlobDescriptor] in
      if entry.mediaType.isIndex { return try candidates(source.document(entry), in: source, depth: depth + 1) }
      guard entry.mediaType.isManifest, entry.platform?.os != "unknown" else { return [] }
      return [entry]
    }
  }

  private static func check(_ root: ImageDocument, in source: any ImageSource, is platform: ImagePlatform) throws {
    let found = try SingleImage(root, in: source).config.platform
    guard found == platform || (platform.variant == nil && found.isAny(of: platform)) else {
      throw OCIFailure.noPlatform(platform.description, in: source.name, found: [found.description])
    }
  }
}

extension ImagePlatform {
  /// The same system and architecture, whatever the variant.
  func isAny(of other: ImagePlatform) -> Bool { os == other.os && architecture == other.architecture }

  /// Of `OS/ARCHITECTURE[/VARIANT]`.
  /// - Throws: `wrong_usage`.
  public init(parsing text: String) throws {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard (2...3).contains(parts.count), parts.allSatisfy({ !$0.isEmpty }) else { throw OCIFailure.platform(text) }
    self.init(os: parts[0], architecture: parts[1], variant: parts.count == 3 ? parts[2] : nil)
  }
}
