public import PackCore

/// Writes one image as `docker save` does, for `docker load` and everything that reads its archives:
///
///     <config hex>.json   <diffID hex>.tar …   manifest.json
///
/// Layers are uncompressed, which every reader takes. Members are sorted, so the archive says the image and its names and
/// nothing else. Memory is one buffer, whatever the layers' size.
public struct DockerArchiveWriter {
  private let image: SingleImage
  private let names: [String]
  private let reporter: Reporter
  private let clock: @Sendable () -> UInt64

  /// - Parameter names: `shop:1`, at most one for each; may be none.
  public init(
    _ image: SingleImage, names: [String], reporter: Reporter = .silent,
    clock: @escaping @Sendable () -> UInt64 = HostContext.monotonicClock
  ) {
    self.image = image
    self.names = names
    self.reporter = reporter
    self.clock = clock
  }

  /// Writes everything and commits the file.
  public func write(to staged: StagedFile) throws {
    var out = Output(file: staged)
    let config = "\(image.manifest.config.digest.hex).json"
    // Two layers with the same content are one member.
    var members: [String: SingleImage.Layer?] = [config: nil]
    for layer in image.layers { members[Self.name(of: layer)] = layer }
    for (name, layer) in members.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
      try Interruption.check()
      if let layer { try write(layer, as: name, into: &out) } else { try out.add(name, image.configBytes) }
    }
    try out.add(DockerArchive.manifestName, CanonicalJSON.encode(manifest(config)))
    try out.end()
    try staged.commit()
  }

  private static func name(of layer: SingleImage.Layer) -> String { "\(layer.diffID.hex).tar" }

  private func manifest(_ config: String) -> JSONValue {
    [
      [
        "Config": .string(config), "RepoTags": names.isEmpty ? .null : JSONValue(strings: names),
        "Layers": JSONValue(strings: image.layers.map(Self.name)),
      ]
    ]
  }

  /// Progress is said after so many bytes.
  private static let shownStep: Int64 = 4 << 20

  private func write(_ layer: SingleImage.Layer, as name: String, into out: inout Output) throws {
    let id = layer.descriptor.digest.short
    let start = clock()
    reporter.send(.stepStarted(id: id, title: "\(ByteText.text(layer.descriptor.size)) unpacked into the archive"))
    var status = ProgressEvent.Status.failed
    defer {
      reporter.send(.stepEnded(id: id, status: status, reason: "", seconds: Double(clock() &- start) / 1e9))
    }
    try out.addStream(name) { write in
      var (done, shown): (Int64, Int64) = (0, 0)
      return try UnpackedLayer.read(layer, of: image.source) { bytes in
        try write(bytes)
        done += Int64(bytes.count)
        guard done - shown >= Self.shownStep else { return }
        shown = done
        reporter.send(.stepProgress(id: id, done: done, total: nil))
      }
    }
    status = .ran
  }

  // MARK: - The archive

  private struct Output {
    let file: StagedFile
    var position: Int64 = 0

    init(file: StagedFile) { self.file = file }

    mutating func add(_ name: String, _ bytes: [UInt8]) throws {
      try addStream(name) { write in
        try bytes.withUnsafeBytes { try write($0) }
        return Int64(bytes.count)
      }
    }

    /// A member whose size is known only when it is written: its header is put before it then.
    mutating func addStream(
      _ name: String, _ body: ((UnsafeRawBufferPointer) throws -> Void) throws -> Int64
    ) throws {
      let start = position + Int64(TarHeader.blockSize)
      var done: Int64 = 0
      let size = try body { bytes in
        try file.file.write(bytes, at: start + done)
        done += Int64(bytes.count)
      }
      var header: [UInt8] = []
      TarHeader(kind: .file, path: Array(name.utf8), mode: 0o644, size: size, time: 0)
        .encodeSingleBlock(into: &header)
      try file.file.write(header, at: position)
      position = start + (size + 511) / 512 * 512
    }

    func end() throws { try file.file.truncate(to: position + 2 * Int64(TarHeader.blockSize)) }
  }
}
