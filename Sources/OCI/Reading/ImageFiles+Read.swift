internal import PackCore

extension ImageFiles {
  /// Reads every layer of an image, all checks of `LayerReader` on the way, and merges them. Memory is proportional to
  /// the number of files, whatever they hold.
  /// - Throws: what `LayerReader` throws; nothing of the image counts then.
  public static func read(_ image: OpenedImage, limits: ReadingLimits = ReadingLimits()) throws -> ImageFiles {
    let reader = LayerReader(image.source, limits: limits)
    let tree = ImageTree(limits: limits)
    for (index, layer) in try image.layers(limits).enumerated() {
      try reader.read(layer.descriptor, diffID: layer.diffID) { entry, content in
        let digest = entry.kind == .file ? try content.digest() : nil
        try tree.apply(entry, layer: index, digest: digest)
      }
    }
    return ImageFiles(tree)
  }

  init(_ tree: ImageTree) {
    var files: [File] = []
    files.reserveCapacity(tree.count)
    tree.forEach { entry, layer, digest in files.append(File(entry: entry, layer: layer, digest: digest)) }
    self.init(files: files)
  }
}
