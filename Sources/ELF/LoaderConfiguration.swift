internal import Glibc
internal import PackCore

/// The directories that configuration files of dynamic loaders name.
enum LoaderConfiguration {
  private static let maximumFiles = 256
  private static let maximumBytes = 1 << 20

  /// `/etc/ld.so.conf` with its includes (ldconfig(8)): one directory a line, `#` begins a comment, `include` takes
  /// patterns, relative ones from the directory of the file that has them. In order, each once.
  static func glibc(_ source: any RuntimeSource) throws -> [RootPath] {
    var directories: [RootPath] = []
    var seen: Set<RootPath> = []
    var files = 0
    func read(_ path: RootPath, depth: Int) throws {
      guard depth < 16, files < maximumFiles, let file = try source.file(at: path) else { return }
      files += 1
      for line in lines(of: try FileSystem.read(file.host, limit: maximumBytes)) {
        let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
        guard let first = words.first else { continue }
        if first == "include" {
          for pattern in words.dropFirst() {
            for match in try expand(pattern, from: path.parent ?? .root, source) { try read(match, depth: depth + 1) }
          }
        } else if first != "hwcap", first.hasPrefix("/"), let directory = RootPath.normalizing(first) {
          if seen.insert(directory).inserted { directories.append(directory) }
        }
      }
    }
    try read(RootPath(literal: "etc/ld.so.conf"), depth: 0)
    return directories
  }

  /// `/etc/ld-musl-<arch>.path`: directories separated by newlines or colons; nil without the file.
  static func musl(_ source: any RuntimeSource, architecture: String) throws -> [RootPath]? {
    guard let path = RootPath("etc/ld-musl-\(architecture).path"), let file = try source.file(at: path) else {
      return nil
    }
    return lines(of: try FileSystem.read(file.host, limit: maximumBytes))
      .flatMap { $0.split(separator: ":") }.compactMap { $0.hasPrefix("/") ? RootPath.normalizing(String($0)) : nil }
  }

  private static func lines(of bytes: [UInt8]) -> [String] {
    bytes.split(separator: UInt8(ascii: "\n")).map { line in
      let text = String(decoding: line.prefix { $0 != UInt8(ascii: "#") }, as: UTF8.self)
      return String(text.drop { $0 == " " || $0 == "\t" })
    }
  }

  /// glob(3) over the source, sorted by bytes.
  private static func expand(_ pattern: String, from base: RootPath, _ source: any RuntimeSource) throws -> [RootPath] {
    let start = pattern.hasPrefix("/") ? RootPath.root : base
    var found = [start]
    for part in pattern.split(separator: "/") {
      let isPattern = part.contains { "*?[".contains($0) }
      found = try found.flatMap { directory -> [RootPath] in
        guard isPattern else { return directory.appending(component: Array(part.utf8)).map { [$0] } ?? [] }
        return try source.names(in: directory).filter { matches($0, String(part)) }
          .compactMap { directory.appending(component: $0) }
      }
      guard found.count <= maximumFiles else { return [] }
    }
    return found
  }

  private static func matches(_ name: [UInt8], _ pattern: String) -> Bool {
    HostPath(bytes: name).withCString { fnmatch(pattern, $0, FNM_PERIOD) } == 0
  }
}

extension RootPath {
  /// An absolute or relative path as text, `.`, `..` and doubled slashes resolved as text; nil for other nonsense.
  static func normalizing(_ text: String) -> RootPath? {
    RootPath(bytes: HostPath("/" + text).lexicallyNormalized.bytes)
  }
}
