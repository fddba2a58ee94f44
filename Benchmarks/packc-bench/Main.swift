import Glibc
import Kernel
import OCI
import PackCore

/// Writes directory trees as layers with the code that `packc build` uses, and prints the layers as JSON, one a line:
///
///     packc-bench layer gzip|zstd[:LEVEL] STORE TREE [THREADS]    one layer into the content store at STORE
///     packc-bench cached gzip|zstd[:LEVEL] STORE TREE…            one layer a tree, those that the cache in STORE knows
///                                                                 neither read nor compressed
///     packc-bench log FILE MEGABYTES                              a program's output into files that are rotated
///     packc-bench initrd DIRECTORY INIT KERNEL TREE TREE          an initrd of two layers, the second of which changes;
///                                                                 into DIRECTORY, where its cache is, too
///     packc-bench sandbox ROUNDS                                  what the sandbox of a step costs
///     packc-bench facts FILE                                      what a contract says of one ELF file
@main
enum Main {
  private static let usage = "packc-bench layer COMPRESSION STORE TREE [THREADS] | cached COMPRESSION STORE TREE…"

  static func main() {
    do {
      try run(Array(CommandLine.arguments.dropFirst()))
    } catch {
      try? Descriptor(owning: 2).write(Array("packc-bench: \(error)\n".utf8))
      exit((error as? Failure)?.exit.rawValue ?? 1)
    }
  }

  private static func run(_ arguments: [String]) throws {
    if arguments.count == 6, arguments[0] == "initrd" { return try InitrdWork.run(Array(arguments.dropFirst())) }
    if arguments.count == 3, arguments[0] == "log" { return try LogWork.run(Array(arguments.dropFirst())) }
    if arguments.count == 2, arguments[0] == "sandbox" { return try SandboxWork.run(Array(arguments.dropFirst())) }
    if arguments.count == 2, arguments[0] == "facts" { return try FactsWork.run(Array(arguments.dropFirst())) }
    guard arguments.count >= 4, let work = Work(rawValue: arguments[0]) else {
      throw Failure("usage", "what is to be measured?", hint: usage, exit: .usage)
    }
    let compression = try LayerCompression(parsing: arguments[1])
    let store = try ContentStore(root: HostPath(arguments[2]))
    switch work {
    case .layer:
      let threads = arguments.count > 4 ? Int(arguments[4]) : nil
      let layer = try layer(arguments[3])
      print(
        CanonicalJSON.string(
          try LayerWriter.write(layer, compression: compression, store: store, threads: threads).json))
    case .cached:
      let cache = LayerCache(directory: store.root / "layers", store: store)
      for tree in arguments.dropFirst(3) {
        let (result, reused) = try cache.layer(for: layer(tree), compression: compression, epoch: 0)
        print(CanonicalJSON.string(["layer": result.json, "reused": .bool(reused)]))
      }
    }
  }

  private enum Work: String { case layer, cached }

  /// What `packc build` makes of a directory of dependencies: modes normalised, everything owned by root.
  static func layer(_ path: String, role: LayerRole = .dependencies) throws -> LayerContent {
    let tree = HostPath(path)
    var entries: [RootFilesystem.Entry] = []
    // Room that is not used costs no memory; growing step by step would copy most of it twice.
    entries.reserveCapacity(1 << 15)
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
          path: found.path, content: content, mode: executable ? 0o755 : 0o644, layer: role, origin: "bench"))
      return .take
    }
    return LayerContent(role: role, entries: entries)
  }
}
