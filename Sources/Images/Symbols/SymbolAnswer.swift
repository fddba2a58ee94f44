internal import ELF
internal import OCI
public import PackCore

/// What `packc image symbols` was asked.
public struct SymbolQuestion: Sendable {
  public enum Subject: Sendable {
    case all
    /// The first digits of a build-id.
    case buildID(String)
    case core(HostPath)
    case trace([UInt8], name: String)
  }
  public var subject: Subject
  /// Where the debug files are written; nil for nowhere.
  public var directory: HostPath?

  public init(_ subject: Subject, directory: HostPath?) {
    self.subject = subject
    self.directory = directory
  }
}

/// What `packc image symbols` answers; its JSON has the keys of `docs/schema/symbols.schema.json`.
public struct SymbolAnswer: Sendable {
  /// Where a thread stood.
  struct Position: Sendable {
    var thread: Int32
    var entry: DebugSymbols.Entry
    var address: UInt64
    var lines: [SourceLine]
  }

  let symbols: SymbolSet
  /// Those that were asked for.
  let entries: [DebugSymbols.Entry]
  let directory: HostPath?
  private(set) var core: CoreSymbols?
  private(set) var positions: [Position] = []
  private(set) var trace: TraceSymbols?
  /// False when no addr2line was found, so that no frame has a line.
  let hasTool: Bool

  /// - Parameters:
  ///   - context: where addr2line is looked for.
  ///   - temporary: for debug files that are only asked and not kept.
  public init(
    _ question: SymbolQuestion, of image: LocatedImage, context: HostContext, temporary: HostPath
  ) throws {
    let symbols = try SymbolSet.load(image)
    self.symbols = symbols
    directory = question.directory
    let tool = AddressTool(context)
    hasTool = tool != nil
    switch question.subject {
    case .all: entries = symbols.entries
    case .buildID(let digits): entries = try symbols.entries(buildID: digits)
    case .core(let path):
      let found = try CoreSymbols(CoreFile(path), path: path, symbols: symbols)
      core = found
      entries = found.entries
    case .trace(let bytes, let name):
      let found = try TraceSymbols(Trace(bytes, name: name), name: name, symbols: symbols)
      trace = found
      entries = found.entries
    }
    if let directory {
      try resolve(tool, Self.write(entries, of: symbols, to: directory))
    } else if core != nil || trace != nil {
      let place = try WorkDirectory(in: temporary, prefix: "symbols")
      defer { withExtendedLifetime(place) {} }
      try resolve(tool, Self.write(entries, of: symbols, to: place.path))
    }
  }

  private static func write(_ entries: [DebugSymbols.Entry], of symbols: SymbolSet, to directory: HostPath) throws
    -> [DebugSymbols.Entry: HostPath]
  {
    let paths = try symbols.write(entries, to: directory)
    return Dictionary(zip(entries, paths)) { first, _ in first }
  }

  private mutating func resolve(_ tool: AddressTool?, _ files: [DebugSymbols.Entry: HostPath]) throws {
    try trace?.resolve(with: tool, files: files)
    guard let core else { return }
    positions = try core.frames().map { thread, entry, address in
      let lines = try files[entry].flatMap { try tool?.lines(at: [address], in: $0).first } ?? []
      return Position(thread: thread.id, entry: entry, address: address, lines: lines)
    }
  }
}
