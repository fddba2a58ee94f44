internal import ELF
internal import OCI
internal import PackCore

extension OutputStage {
  /// What strip took away, as an artifact about the image; none where there is nothing, or nobody wants it.
  func symbols(_ programs: [RootAssembler.StrippedProgram], of image: BlobDescriptor) throws
    -> [ImageBuilder.Assembled]
  {
    guard request.keepsSymbols else { return [] }
    let cache = DebugFileCache(directory: planning.cache / "stripped", store: store)
    let entries = try programs.compactMap { program -> DebugSymbols.Entry? in
      try Interruption.check()
      guard let file = try cache.file(of: program.unstripped, before: program.before) else { return nil }
      let identity = try BuildIdentity(of: program.unstripped) ?? BuildIdentity(digest: program.after)
      return DebugSymbols.Entry(
        buildID: identity.hex, source: identity.source.rawValue, program: program.path, stripped: program.after,
        head: Digest(of: try FileSystem.head(program.stripped, count: 4096) ?? []), file: file)
    }
    guard let artifact = DebugSymbols.artifact(entries, subject: image) else { return [] }
    return [try ArtifactBuilder.assemble(artifact, store: store)]
  }
}

extension WrittenImage {
  /// `image.symbols` of the answer; nil without any.
  var symbols: JSONValue? {
    guard let artifact = referrers.first(where: { $0.manifest.artifactType == DebugSymbols.artifactType.description })
    else { return nil }
    let layers = artifact.manifest.layers
    return [
      "digest": JSONValue(artifact.descriptor.digest), "count": .integer(Int64(layers.count)),
      "size": .integer(layers.reduce(0) { $0 + $1.size }),
    ]
  }
}
