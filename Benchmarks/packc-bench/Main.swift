import Glibc
import OCI
import PackCore

/// `packc-bench layer TREE STORE gzip|zstd[:LEVEL] [THREADS]`: writes TREE as one layer into the content store at STORE,
/// with the code that `packc build` uses, and prints the layer as JSON. `cached TREE STORE …` asks the layer cache in
/// STORE first. For `Benchmarks/layer.sh`.
@main
enum Main {
  static func main() {
    do {
      print(try run(Array(CommandLine.arguments.dropFirst())))
    } catch {
      try? Descriptor(owning: 2).write(Array("packc-bench: \(error)\n".utf8))
      exit((error as? Failure)?.exit.rawValue ?? 1)
    }
  }

  private static func run(_ arguments: [String]) throws -> String {
    guard arguments.count >= 4, let work = Work(rawValue: arguments[0]) else {
      throw Failure(
        "usage", "what is to be measured?", hint: "packc-bench layer|cached TREE STORE gzip|zstd[:LEVEL] [THREADS]",
        exit: .usage)
    }
    let layer = LayerContent(role: .dependencies, entries: try entries(of: HostPath(arguments[1])))
    let store = try ContentStore(root: HostPath(arguments[2]))
    let compression = try LayerCompression(parsing: arguments[3])
    switch work {
    case .layer:
      let threads = arguments.count > 4 ? Int(arguments[4]) : nil
      return CanonicalJSON.string(
        try LayerWriter.write(layer, compression: compression, store: store, threads: threads).json)
    case .cached:
      let cache = LayerCache(directory: store.root / "layers", store: store)
      let (result, reused) = try cache.layer(for: layer, compression: compression, epoch: 0)
      return CanonicalJSON.string(["layer": result.json, "reused": .bool(reused)])
    }
  }

  private enum Work: String { case layer, cached }

  /// What `packc build` makes of a directory of dependencies: modes normalised, everything owned by root.
  private static func entries(of tree: HostPath) throws -> [RootFilesystem.Entry] {
    var entries: [RootFilesystem.Entry] = []
    try DirectoryWalk.walk(tree) { found in
      let content: RootFilesystem.Entry.Content
      switch found.status.kind {
      case .directory: content = .directory
      case .file: content = .host(tree / found.path, found.status)
      case .link: content = .link(try FileSystem.linkTarget(tree / found.path))
      case .other: return .skip
      }
      let executable = found.status.kind != .file || found.status.isExecutable
      entries.append(
        RootFilesystem.Entry(
          path: found.path, content: content, mode: executable ? 0o755 : 0o644, layer: .dependencies, origin: "bench"))
      return .take
    }
    return entries
  }
}
