internal import PackCore

/// Gets the content of one file, piece by piece, then the end.
public protocol ContentWatcher: AnyObject {
  func take(_ piece: UnsafeRawBufferPointer)
  /// The file is whole.
  func end()
}

extension ImageFiles {
  /// Reads layers and merges them, like `read(_:limits:)`, and shows some of the files to somebody on the way.
  /// - Parameters:
  ///   - skips: positions of layers that are taken as if they were empty. Only for images without a path in two layers.
  ///   - watch: asked for each entry of a layer, with the layer's position; gets the content where it gives a watcher.
  public static func read(
    _ image: OpenedImage, skipping skips: Set<Int>, limits: ReadingLimits = ReadingLimits(),
    watch: (LayerEntry, Int) -> (any ContentWatcher)?
  ) throws -> ImageFiles {
    let reader = LayerReader(image.source, limits: limits)
    let tree = ImageTree(limits: limits)
    for (index, layer) in try image.layers(limits).enumerated() where !skips.contains(index) {
      try reader.read(layer.descriptor, diffID: layer.diffID) { entry, content in
        guard entry.kind == .file else { return _ = try tree.apply(entry, layer: index) }
        let watcher = watch(entry, index)
        var hash = SHA256()
        try content.read { piece in
          hash.update(piece)
          watcher?.take(piece)
        }
        watcher?.end()
        try tree.apply(entry, layer: index, digest: hash.finish())
      }
    }
    return ImageFiles(tree)
  }
}
