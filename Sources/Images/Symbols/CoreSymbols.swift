public import ELF
public import OCI
public import PackCore

/// Which debug files of an image belong to a core dump.
public struct CoreSymbols: Sendable {
  /// How a program of the image was recognised.
  public enum Match: String, Sendable {
    case buildID = "build-id"
    /// The program has no build-id; its first page is the one of the image.
    case headers
  }
  public struct Module: Sendable {
    public var module: CoreFile.Module
    /// Nil for what the image has no symbols of: libraries of the distribution.
    public var match: Match?
    public var entries: [DebugSymbols.Entry]
  }

  public let core: CoreFile
  public let modules: [Module]

  /// Each debug file once.
  public var entries: [DebugSymbols.Entry] {
    var seen: Set<DebugSymbols.Entry> = []
    return modules.flatMap(\.entries).filter { seen.insert($0).inserted }
  }

  /// - Throws: `foreign_core` when no program of the image is in it, with what is there on both sides.
  public init(_ core: CoreFile, path: HostPath, symbols: SymbolSet) throws {
    self.core = core
    modules = core.modules.map { Self.find($0, symbols) }
    guard modules.contains(where: { $0.match != nil }) else {
      throw ImagesFailure.foreignCore(path, core, symbols)
    }
  }

  private static func find(_ module: CoreFile.Module, _ symbols: SymbolSet) -> Module {
    if let identity = module.identity {
      let found = symbols.entries.filter { $0.buildID == identity.hex && $0.source != "digest" }
      return Module(module: module, match: found.isEmpty ? nil : .buildID, entries: found)
    }
    guard !module.head.isEmpty else { return Module(module: module, match: nil, entries: []) }
    let head = Digest(of: module.head)
    let found = symbols.entries.filter { $0.source == "digest" && $0.head == head }
    return Module(module: module, match: found.isEmpty ? nil : .headers, entries: found)
  }

  /// Where threads stood in the programs that were recognised, the one that died first; at most sixteen.
  func frames() -> [(thread: CoreFile.Thread, entry: DebugSymbols.Entry, address: UInt64)] {
    core.threads.prefix(16).compactMap { thread in
      guard
        let found = modules.first(where: { $0.module.start <= thread.address && thread.address < $0.module.end }),
        let entry = found.entries.first, let bias = found.module.bias
      else { return nil }
      return (thread, entry, thread.address &- bias)
    }
  }
}
