internal import OCI
internal import PackCore

extension OutputStage {
  /// The image's name in the store, by which every command finds it from anywhere, and for which the collector keeps its
  /// blobs. Given last: a name is only there for what is whole.
  func giveName(_ image: WrittenImage, _ parts: Parts) throws {
    guard let name = storeName(parts) else {
      planning.reporter.warn(
        "\"\(request.tag ?? "")\" names the image in \(output)/image only: packc's store takes NAME[:TAG]",
        hint: "write --tag \(parts.identity.name):TAG to find it with `packc image list`")
      return
    }
    try ImageStore(content: store).updateContents { contents in
      contents.names[name] = image.manifest
      contents.referrers.formUnion(image.referrers.map(\.descriptor))
    }
  }

  func storeName(_ parts: Parts) -> String? { StoreName.built(tag: request.tag, project: parts.identity.name) }
}

/// The image of a recorded answer.
struct RecordedImage {
  let result: JSONValue
  let store: HostPath

  /// False when the store has lost what the answer names (somebody removed it): then the build is done again, which
  /// costs little where the rest of the cache is there. A name that means another image by now is left as it is.
  var isInStore: Bool {
    guard let image = result["image"], let name = image["name"]?.string else { return true }
    guard FileSystem.isDirectory(store), let store = try? ContentStore(root: store),
      let named = try? ImageStore(content: store).find(name)
    else { return false }
    guard named.digest == image["digest"]?.digest else { return true }
    let layers = image["layers"]?.array ?? []
    let digests =
      [image["manifest"], image["config"]] + layers.map { $0["digest"] }
      + [image["symbols"]?["digest"]].compactMap { $0 }
    return digests.allSatisfy { digest in digest?.digest.map(store.contains) ?? false }
  }
}
