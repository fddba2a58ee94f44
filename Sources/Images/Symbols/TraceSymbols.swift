internal import ELF
public import OCI
public import PackCore

/// A trace with what the debug files of an image say of its frames.
public struct TraceSymbols: Sendable {
  /// Why a frame belongs to a program of the image, or does not.
  public enum Match: String, Sendable {
    case buildID = "build-id"
    case path
    /// The frame names no program, and the image has symbols of one only.
    case onlyProgram = "only-program"
    /// Of a program or library that the image has no symbols of.
    case none
  }
  public struct Frame: Sendable {
    public var frame: Trace.Frame
    public var match: Match
    public var entry: DebugSymbols.Entry?
    /// In the program's file.
    public var address: UInt64?
    /// See `AddressTool.lines`.
    public var lines: [SourceLine]
    /// Why there are no lines.
    public var problem: String?
  }

  public let trace: Trace
  public private(set) var frames: [Frame]
  /// By the order of the trace, each once: those of frames, and of build-ids that stand by themselves.
  public let entries: [DebugSymbols.Entry]

  /// - Throws: `no_frames` for a text without any.
  public init(_ trace: Trace, name: String, symbols: SymbolSet) throws {
    guard !trace.frames.isEmpty || !trace.buildIDs.isEmpty else { throw ImagesFailure.emptyTrace(name) }
    self.trace = trace
    frames = trace.frames.map { frame in
      let (match, entry) = Self.find(frame, symbols)
      return Frame(frame: frame, match: match, entry: entry, lines: [])
    }
    var seen: Set<DebugSymbols.Entry> = []
    let alone = trace.buildIDs.compactMap { id in symbols.entries.first { $0.buildID.hasPrefix(id) } }
    entries = (frames.compactMap(\.entry) + alone).filter { seen.insert($0).inserted }
  }

  private static func find(_ frame: Trace.Frame, _ symbols: SymbolSet) -> (Match, DebugSymbols.Entry?) {
    if let id = frame.buildID {
      let found = symbols.entries.first { $0.buildID.hasPrefix(id) }
      return (found == nil ? .none : .buildID, found)
    }
    if let module = frame.module {
      let found = symbols.entries(path: module)
      // An index may have one for each platform: a path alone does not say which.
      return Set(found.map(\.buildID)).count == 1 ? (.path, found.first) : (.none, nil)
    }
    return Set(symbols.entries.map(\.buildID)).count == 1 ? (.onlyProgram, symbols.entries.first) : (.none, nil)
  }

  // MARK: - Lines

  /// Asks the tool for every frame whose debug file is there.
  /// - Parameter files: where each entry's debug file is.
  public mutating func resolve(with tool: AddressTool?, files: [DebugSymbols.Entry: HostPath]) throws {
    for (entry, file) in files.sorted(by: { $0.value < $1.value }) {
      let own = frames.indices.filter { frames[$0].entry == entry }
      guard !own.isEmpty else { continue }
      let reader = try DebugFileReader(file)
      let names = Set(
        own.compactMap { index in
          if case .symbol(let name, _) = frames[index].frame.place { name } else { nil }
        })
      let addresses = try reader.addresses(of: names)
      for index in own { locate(&frames[index], reader, addresses) }
      let located = own.filter { frames[$0].address != nil }
      guard let tool else { continue }
      let asked = located.map { index in
        let address = frames[index].address ?? 0
        return frames[index].frame.isReturn && address > 0 ? address - 1 : address
      }
      for (index, lines) in zip(located, try tool.lines(at: asked, in: file)) {
        frames[index].lines = lines
        if lines.isEmpty { frames[index].problem = "the debug file says nothing of this address" }
      }
    }
  }

  private func locate(_ frame: inout Frame, _ reader: DebugFileReader, _ symbols: [String: Set<UInt64>]) {
    switch frame.frame.place {
    case .offset(let offset):
      // What is loaded where it was linked has its offsets from its first page.
      frame.address = reader.isFixed && !reader.loaded.contains(offset) ? reader.loaded.lowerBound &+ offset : offset
    case .codeOffset(let offset):
      frame.address = reader.codeStart.map { $0 &+ offset }
    case .address(let address):
      if reader.isFixed, reader.loaded.contains(address) {
        frame.address = address
      } else {
        frame.problem =
          reader.isFixed
          ? "no address of this program"
          : "an address of the process, and the text does not say where the program was loaded"
      }
    case .symbol(let name, let offset):
      let found = symbols[name] ?? []
      if found.count == 1, let start = found.first {
        frame.address = start &+ offset
      } else {
        frame.problem = found.isEmpty ? "the program has no function \(name)" : "several functions are called \(name)"
      }
    }
  }
}
