import PackCore
import TestSupport

@testable import OCI

/// Trees of everything that a layer can hold, from a seed.
struct GeneratedTree {
  private var random: SeededRandom
  private let scratch: Scratch
  private var filesystem = RootFilesystem()
  private var files: [RootPath] = []

  private init(_ scratch: Scratch, seed: UInt64) {
    random = SeededRandom(seed: seed)
    self.scratch = scratch
  }

  /// - Parameter depth: of the deepest path; the longest stays below what Linux takes as one path.
  static func layer(_ scratch: Scratch, seed: UInt64, depth: Int = 12) throws -> LayerContent {
    var tree = GeneratedTree(scratch, seed: seed)
    for number in 0..<Int.random(in: 1...30, using: &tree.random) { try tree.add(number, depth: depth) }
    try tree.addHardLinks()
    return tree.filesystem.layers()[0]
  }

  private mutating func add(_ number: Int, depth: Int) throws {
    // Numbered in front, so that no path lies below a file.
    var path = Array("\(number)".utf8)
    for _ in 0..<Int.random(in: 1...depth, using: &random) { path += [0x2f] + name() }
    let size = Int.random(in: 0...2_000, using: &random)
    let content: RootFilesystem.Entry.Content =
      switch Int.random(in: 0..<5, using: &random) {
      case 0: .directory
      case 1: .link((0..<Int.random(in: 1...300, using: &random)).map { _ in byte() })
      case 2: try scratch.file("generated-\(number)", random.bytes(size))
      default: .bytes(random.bytes(size))
      }
    var entry = entry(bytes: path, content, mode: UInt32.random(in: 0...0o777, using: &random), uid: id(), gid: id())
    if entry.isDirectory { entry.mode |= 0o700 }
    if entry.isFile, Bool.random(using: &random) {
      let names = FileCapabilities.knownNames.filter { _ in Int.random(in: 0..<8, using: &random) == 0 }
      let flags = ["p", "ep", "i", "epi"].randomElement(using: &random) ?? "p"
      entry.capabilities = FileCapabilities("\(names.joined(separator: ","))=\(flags)")
    }
    if !entry.isDirectory, Int.random(in: 0..<5, using: &random) == 0 {
      entry.mode |= 0o6000
      entry.hasDeclaredMode = true
    }
    try filesystem.insert(entry)
    if entry.isFile { files.append(entry.path) }
  }

  /// Further names for some files, anywhere behind them.
  private mutating func addHardLinks() throws {
    for path in files where Int.random(in: 0..<3, using: &random) == 0 {
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        guard let parent = filesystem.entries.filter({ $0.isDirectory }).randomElement(using: &random)?.path,
          let other = parent.appending(component: name()), path < other, filesystem[other] == nil,
          var entry = filesystem[path]
        else { continue }
        entry.path = other
        entry.content = .hardLink(path)
        try filesystem.insert(entry)
      }
    }
  }

  /// 0, one that ustar holds, one that it does not; never the largest, which chown(2) takes for "leave it".
  private mutating func id() -> UInt32 {
    switch Int.random(in: 0..<4, using: &random) {
    case 0: 0
    case 1: UInt32.random(in: 0x20_0000 ... .max - 1, using: &random)
    default: UInt32.random(in: 1...65_535, using: &random)
    }
  }

  private mutating func name() -> [UInt8] {
    switch Int.random(in: 0..<5, using: &random) {
    case 0: (0..<Int.random(in: 1...120, using: &random)).map { _ in byte() }
    case 1: Array(String(repeating: "ü", count: Int.random(in: 1...60, using: &random)).utf8)
    case 2: (0..<Int.random(in: 200...255, using: &random)).map { _ in UInt8.random(in: 0x61...0x7a, using: &random) }
    default:
      (0..<Int.random(in: 1...20, using: &random)).map { _ in UInt8.random(in: 0x20...0x7e, using: &random) }
        .map { $0 == 0x2e || $0 == 0x2f ? 0x5f : $0 }
    }
  }

  /// Any byte of a name that is not `.` (which could make `..`), `/` or NUL.
  private mutating func byte() -> UInt8 {
    let byte = UInt8.random(in: 1...255, using: &random)
    return byte == 0x2e || byte == 0x2f ? 0x5f : byte
  }
}
