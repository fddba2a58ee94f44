public import PackCore

/// Every layer of an image read to its end, also after one that is wrong.
public struct LayerSurvey: Sendable {
  /// Something about the merged files that works here and may not elsewhere.
  public struct Note: Hashable, Sendable {
    /// `case_collision`, `set_user_id`.
    public let code: String
    public let message: String
  }

  /// For each layer of the image, the lowest first.
  public internal(set) var layers: [Result<LayerReader.Summary, Failure>] = []
  public internal(set) var notes: [Note] = []

  /// - Parameter begin: called before each layer.
  /// - Throws: only what is not about the image: an interruption, a lost connection.
  public static func make(
    _ image: SingleImage, limits: ReadingLimits = ReadingLimits(), begin: (SingleImage.Layer) -> Void = { _ in }
  ) throws -> LayerSurvey {
    var survey = LayerSurvey()
    let reader = LayerReader(image.source, limits: limits)
    try reader.checkCount(image)
    // Once a layer is wrong, those above it are looked at by themselves: what they build on is unknown.
    var tree: ImageTree? = ImageTree(limits: limits)
    for (index, layer) in image.layers.enumerated() {
      begin(layer)
      do {
        survey.layers.append(
          .success(
            try reader.read(layer.descriptor, diffID: layer.diffID) { entry, _ in
              try tree?.apply(entry, layer: index)
            }))
      } catch let failure as Failure where failure.exit == .badInput {
        survey.layers.append(.failure(failure))
        tree = nil
      }
    }
    if let tree { survey.notes = notes(ImageFiles(tree)) }
    return survey
  }

  private static let shown = 5

  private static func notes(_ files: ImageFiles) -> [Note] {
    var notes: [Note] = []
    let collisions = collisions(files)
    if !collisions.isEmpty {
      let pairs = collisions.map { "\($0.absolute) and \($1.absolute)" }
      notes.append(Note(code: "case_collision", message: "\(list(pairs)) differ in case only"))
    }
    let privileged = files.files.filter { $0.entry.kind == .file && $0.entry.mode & 0o6000 != 0 }
    if !privileged.isEmpty {
      let paths = privileged.map { "\($0.entry.path.absolute) (0\(String($0.entry.mode, radix: 8)))" }
      notes.append(Note(code: "set_user_id", message: "set-user-ID or set-group-ID: \(list(paths))"))
    }
    return notes
  }

  private static func list(_ items: [String]) -> String {
    let more = items.count - shown
    return items.prefix(shown).joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
  }

  /// Paths that a file system without regard to case would take for one, next to each other in the order of bytes.
  private static func collisions(_ files: ImageFiles) -> [(RootPath, RootPath)] {
    var first: [String: RootPath] = [:]
    first.reserveCapacity(files.files.count)
    var found: [(RootPath, RootPath)] = []
    for file in files.files {
      guard let text = file.entry.path.utf8 else { continue }
      if let other = first.updateValue(file.entry.path, forKey: text.lowercased()) {
        found.append((other, file.entry.path))
      }
    }
    return found
  }
}

extension SingleImage {
  /// What the config says otherwise than the manifest, or than the index's entry.
  public func disagreements(platform: ImagePlatform?) -> [String] {
    config.disagreements(with: manifest, platform: platform)
  }
}
