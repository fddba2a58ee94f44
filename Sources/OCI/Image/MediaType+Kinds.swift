public import PackCore

extension MediaType {
  /// What a layer's bytes are.
  public enum LayerFormat: Sendable { case tar, gzip, zstd }

  public var isManifest: Bool { self == .imageManifest || self == .dockerManifest }
  public var isIndex: Bool { self == .imageIndex || self == .dockerManifestList }

  /// Nil for what is no layer of a file system.
  public var layerFormat: LayerFormat? {
    switch self {
    case .layerTar, .dockerLayer: .tar
    case .layerGzip, .dockerLayerGzip: .gzip
    case .layerZstd, .dockerLayerZstd: .zstd
    default: nil
    }
  }
}
