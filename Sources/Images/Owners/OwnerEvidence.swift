public import OCI
public import PackCore

/// The few files of an image that say to whom the others belong, kept while its layers are read once: package databases,
/// `RECORD`s, `package.json`s, and what Go programs say of themselves.
public struct OwnerEvidence: Sendable {
  /// What to keep of a file.
  public enum Want: Hashable, Sendable {
    /// All of it: it is a text, and small enough.
    case text
    /// Go's build information, if it is in there.
    case goProgram
  }

  /// Bytes of one text, and of all texts of an image together. What goes beyond is not kept, and `isIncomplete` says so.
  static let textLimit: Int64 = 32 << 20
  static let totalLimit = 256 << 20
  /// The smallest Go programs have about a megabyte.
  static let smallestGoProgram: Int64 = 256 << 10

  /// By path, with the layer that it was found in.
  private(set) var texts: [RootPath: (layer: Int, bytes: [UInt8])] = [:]
  private(set) var programs: [RootPath: (layer: Int, build: GoBuild)] = [:]
  /// What jars say of themselves.
  private(set) var jars: [RootPath: (layer: Int, contents: JarContents)] = [:]
  private(set) var isIncomplete = false
  private var total = 0

  public init() {}

  /// Asked for each entry of a layer, before its content is read.
  public static func want(_ entry: LayerEntry) -> Want? {
    guard case .file = entry.kind else { return nil }
    if isDatabase(entry.path) { return .text }
    return entry.mode & 0o111 != 0 && entry.size >= smallestGoProgram ? .goProgram : nil
  }

  private static func isDatabase(_ path: RootPath) -> Bool {
    let bytes = path.bytes
    let name = path.nameBytes
    if name == "package.json"[...] { return contains(bytes, "node_modules/") }
    if name == "METADATA"[...] || name == "RECORD"[...] { return ends(path.parent, ".dist-info") }
    if name == "PKG-INFO"[...] { return ends(path.parent, ".egg-info") }
    if bytes == Array("lib/apk/db/installed".utf8) || bytes == Array("usr/lib/apk/db/installed".utf8) { return true }
    guard bytes.starts(with: "var/lib/dpkg/".utf8) else { return false }
    let rest = bytes.dropFirst("var/lib/dpkg/".utf8.count)
    return rest == "status"[...] || rest.starts(with: "status.d/".utf8)
      || (rest.starts(with: "info/".utf8) && ends(path, ".list"))
  }

  private static func ends(_ path: RootPath?, _ suffix: String) -> Bool {
    path.map { $0.bytes.count > suffix.utf8.count && $0.bytes.suffix(suffix.utf8.count).elementsEqual(suffix.utf8) }
      ?? false
  }

  private static func contains(_ bytes: [UInt8], _ text: String) -> Bool {
    let pattern = Array(text.utf8)
    guard bytes.count >= pattern.count else { return false }
    return (0...(bytes.count - pattern.count)).contains { bytes[$0...].starts(with: pattern) }
  }

  /// A text that `want` asked for.
  public mutating func add(_ bytes: [UInt8], of path: RootPath, layer: Int) {
    guard Int64(bytes.count) <= Self.textLimit, total + bytes.count <= Self.totalLimit else {
      isIncomplete = true
      return
    }
    total += bytes.count
    texts[path] = (layer, bytes)
  }

  /// A program that `want` asked for, and that has build information.
  public mutating func add(_ build: GoBuild, of path: RootPath, layer: Int) { programs[path] = (layer, build) }

  mutating func add(_ jar: JarContents, of path: RootPath, layer: Int) { jars[path] = (layer, jar) }

  /// A text that is too large to be kept.
  public mutating func skip() { isIncomplete = true }

  /// Only what is still in the image: a higher layer may have replaced or removed a file.
  func standing(in files: ImageFiles) -> OwnerEvidence {
    var result = self
    result.texts = texts.filter { files[$0.key]?.layer == $0.value.layer }
    result.jars = jars.filter { files[$0.key]?.layer == $0.value.layer }
    result.programs = programs.filter { files[$0.key]?.layer == $0.value.layer }
    return result
  }
}

extension ArraySlice<UInt8> {
  fileprivate static func == (bytes: ArraySlice<UInt8>, text: Substring) -> Bool { bytes.elementsEqual(text.utf8) }
}
