internal import PackCore

extension ImageFiles {
  /// Takes the content of one file, piece by piece.
  public typealias ContentReader = (UnsafeRawBufferPointer) throws -> Void

  /// Reads the layers of an image, with all checks of `LayerReader`, and merges them. Memory is proportional to the
  /// number of files, whatever they hold.
  /// - Parameters:
  ///   - isWanted: false for the number of a layer that is left out, as if the image did not have it.
  ///   - inspect: asked for each regular file, in the archive's order, with the number of its layer; what it returns gets
  ///     the content. A higher layer may still replace the file.
  /// - Throws: what `LayerReader` throws; nothing of the image counts then.
  public static func read(
    _ image: SingleImage, limits: ReadingLimits = ReadingLimits(), layers isWanted: (Int) -> Bool = { _ in true },
    inspect: (LayerEntry, Int) throws -> ContentReader? = { _, _ in nil }
  ) throws -> ImageFiles {
    let tree = ImageTree(limits: limits)
    let reader = LayerReader(image.source, limits: limits)
    try reader.checkCount(image)
    for (index, layer) in image.layers.enumerated() where isWanted(index) {
      try reader.read(layer.descriptor, diffID: layer.diffID) { entry, content in
        try tree.apply(entry, layer: index, digest: digest(of: entry, content, to: inspect(entry, index)))
      }
    }
    return ImageFiles(tree)
  }

  private static func digest(
    of entry: LayerEntry, _ content: LayerReader.Content, to body: ContentReader?
  ) throws -> Digest? {
    guard entry.kind == .file else { return nil }
    var hash = SHA256()
    try content.read { bytes in
      hash.update(bytes)
      try body?(bytes)
    }
    return hash.finish()
  }

  init(_ tree: ImageTree) {
    var files: [File] = []
    files.reserveCapacity(tree.count)
    tree.forEach { entry, layer, digest in files.append(File(entry: entry, layer: layer, digest: digest)) }
    self.init(files: files)
  }
}
