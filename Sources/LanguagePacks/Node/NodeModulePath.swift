internal import PackCore

/// How node finds the file that a command line or `main` means.
struct NodeModulePath {
  let files: ProjectFiles
  let ignored: NodeIgnored

  static func join(_ directory: String, _ path: String) -> String? {
    let joined = (HostPath(directory.isEmpty ? "." : directory) / HostPath(path)).lexicallyNormalized.description
    if joined == "." { return "" }
    return joined.hasPrefix("/") || joined.hasPrefix("..") ? nil : joined
  }

  /// The file of the project, relative to it; nil when it does not exist, or is not part of the source.
  func file(_ path: String, in directory: String, depth: Int = 0) -> String? {
    guard let base = Self.join(directory, path) else { return nil }
    if !base.isEmpty, !path.hasSuffix("/") {
      for ending in ["", ".js", ".cjs", ".mjs", ".json", ".node"] {
        let candidate = base + ending
        if files.isFile(candidate) { return ignored.contains(candidate) ? nil : candidate }
      }
    }
    guard base.isEmpty || files.isDirectory(base), depth < 2 else { return nil }
    if let main = try? NodeManifest(in: base, files)?.main, let file = file(main, in: base, depth: depth + 1) {
      return file
    }
    let index = base.isEmpty ? "index.js" : "\(base)/index.js"
    return files.isFile(index) && !ignored.contains(index) ? index : nil
  }

  /// The source in the project of a file that a compiler will make: `dist/server.js` ← `src/server.ts`.
  func source(of path: String, in directory: String) -> String? {
    guard let base = Self.join(directory, path) else { return nil }
    let below = directory.isEmpty ? base : String(base.dropFirst(directory.count + 1))
    let parts = below.split(separator: "/").map(String.init)
    guard let last = parts.last else { return nil }
    let stem = Self.endings.first { last.hasSuffix($0) }.map { String(last.dropLast($0.count)) } ?? last
    let inner = parts.dropLast()
    // `dist/src/a.js`, `dist/a.js` and `a.js` may come from `src/a.ts` and from `a.ts`.
    for directories in [Array(inner), Array(inner.dropFirst()), ["src"] + inner.dropFirst(), []] {
      for ending in [".ts", ".mts", ".cts", ".tsx", ".js", ".mjs", ".coffee"] {
        let path = (directories + [stem + ending]).joined(separator: "/")
        guard let candidate = Self.join(directory, path), files.isFile(candidate), !ignored.contains(candidate) else {
          continue
        }
        return candidate
      }
    }
    return nil
  }
  private static let endings = [".js", ".mjs", ".cjs"]
}
