public import OCI
internal import PackCore

extension ImageSnapshot.Knowledge {
  /// What lies beside an image that was built elsewhere.
  public static func beside(_ image: SingleImage) throws -> ImageSnapshot.Knowledge {
    ImageSnapshot.Knowledge(owners: try OwnerArtifact.load(image) ?? .init())
  }
}
