internal import PackCore

extension UnikFile.Artifact {
  /// What the kernel mounts; nothing of an image is seen below them.
  private static let mounted = [RootPath(literal: "dev"), RootPath(literal: "proc"), RootPath(literal: "sys")]

  init(_ node: YAMLNode, _ reader: NodeReader) {
    guard let section = reader.section(node, "artifact", keys: UnikKeys.artifact) else { return }
    if let node = section["path"], let value = reader.projectPath(node, "artifact.path") {
      path = Located(value, at: reader.location(node.mark))
    }
    if let node = section["files"], let pairs = reader.pairs(node, "artifact.files") {
      files = pairs.compactMap { Self.file($0, reader) }.sorted { $0.source < $1.source }
      for (one, next) in zip(files, files.dropFirst()) where one.source == next.source {
        reader.report(
          node.mark, "artifact.files: \(one.source) stands twice", hint: "write each source in one way only")
      }
    }
    if let node = section["modes"] { modes = Self.byImagePath(node, "artifact.modes", reader, Self.mode) }
    if let node = section["capabilities"] {
      capabilities = Self.byImagePath(node, "artifact.capabilities", reader, Self.capabilities)
    }
  }

  /// A mapping from absolute paths in the image.
  private static func byImagePath<Value>(
    _ node: YAMLNode, _ name: String, _ reader: NodeReader, _ value: (YAMLNode, String, NodeReader) -> Value?
  ) -> [RootPath: Located<Value>] {
    var found: [RootPath: Located<Value>] = [:]
    for pair in reader.pairs(node, name) ?? [] {
      let key = YAMLNode(content: .scalar(pair.key, plain: false), mark: pair.keyMark, weight: 1, height: 1)
      guard let path = reader.imagePath(key, name),
        let value = value(pair.value, "\(name).\(YAMLNode.excerpt(pair.key))", reader)
      else { continue }
      if found[path] != nil {
        reader.report(pair.keyMark, "\(name): \(path.absolute) stands twice", hint: "write each path in one way only")
      }
      found[path] = Located(value, at: reader.location(pair.keyMark))
    }
    return found
  }

  private static func mode(_ node: YAMLNode, _ name: String, _ reader: NodeReader) -> UInt32? {
    reader.value(
      node, name, "a mode in octal digits (4755, 0750)", hint: { _ in "write the digits that chmod takes: 4755" },
      { text in
        guard (3...5).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x37).contains($0) }),
          let mode = UInt32(text, radix: 8), mode <= 0o7777
        else { return nil }
        return mode
      })
  }

  private static func capabilities(_ node: YAMLNode, _ name: String, _ reader: NodeReader) -> FileCapabilities? {
    reader.value(
      node, name, "a list of capabilities with their flags (cap_net_bind_service=ep)",
      hint: { text in
        let words = text.lowercased().split(whereSeparator: { ",=+ ".contains($0) }).map(String.init)
        let wrong = words.first { !FileCapabilities.knownNames.contains($0) && $0.count > 3 }
        return wrong.flatMap { Suggestion.question(for: $0, in: FileCapabilities.knownNames) }
          ?? "write them as setcap takes them: names, \"=\", and of the flags e, p and i at least p or i"
      }, FileCapabilities.init(_:))
  }

  private static func file(_ pair: YAMLNode.Pair, _ reader: NodeReader) -> File? {
    let key = YAMLNode(content: .scalar(pair.key, plain: false), mark: pair.keyMark, weight: 1, height: 1)
    let name = "artifact.files.\(YAMLNode.excerpt(pair.key))"
    guard let source = reader.projectPath(key, "artifact.files"), let destination = reader.imagePath(pair.value, name),
      case .scalar(let text, _) = pair.value.content
    else { return nil }
    if let mount = mounted.first(where: { destination.isInside($0) }) {
      reader.report(
        pair.value.mark, "\(name): \(destination.absolute) lies where the kernel mounts \(mount.absolute)",
        hint: "choose another directory, for example /srv")
      return nil
    }
    let directory = text.hasSuffix("/")
    if destination.isRoot, !pair.key.hasSuffix("/"), !source.isRoot {
      reader.report(
        pair.value.mark, "\(name): \"/\" is the whole image",
        hint: "name a place below it, or end the source with \"/\" if its contents go there")
      return nil
    }
    return File(
      source: source, sourceIsDirectory: pair.key.hasSuffix("/") || source.isRoot, destination: destination,
      destinationIsDirectory: directory, location: reader.location(pair.keyMark))
  }
}
