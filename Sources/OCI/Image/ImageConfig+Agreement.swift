extension ImageConfig {
  /// What the config says otherwise than the manifest that names it, or than the index's entry for it.
  func disagreements(with manifest: ImageManifest, platform: ImagePlatform?) -> [String] {
    var problems: [String] = []
    let layers = manifest.layers.count
    if diffIDs.count != layers { problems.append("the config has \(diffIDs.count) diff_ids for \(layers) layers") }
    let made = history.count { !$0.isEmptyLayer }
    if !history.isEmpty, made != layers {
      problems.append("the config's history tells of \(made) layers, there are \(layers)")
    }
    if let platform, !self.platform.agrees(with: platform) {
      problems.append("the config is for \(self.platform), the index says \(platform)")
    }
    for layer in manifest.layers where layer.mediaType.layerFormat == nil {
      problems.append("\(layer.mediaType) is no layer of an image")
    }
    return problems
  }
}

extension ImagePlatform {
  /// The same, where both say something: many tools write the variant into the index only.
  func agrees(with other: ImagePlatform) -> Bool {
    os == other.os && architecture == other.architecture
      && (variant == nil || other.variant == nil || variant == other.variant)
  }
}
