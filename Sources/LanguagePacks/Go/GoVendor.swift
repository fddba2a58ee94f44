/// `vendor/modules.txt`, as `go mod vendor` writes it: a line `# MODULE VERSION`, perhaps with `=> REPLACEMENT`, then the
/// module's packages that the project needs.
struct GoVendor {
  struct Module: Equatable {
    var path: String
    /// nil where all versions are replaced.
    var version: String?
    /// What takes its place: a directory, or a module with a version.
    var replacement: (path: String, version: String?)?
    var packages = 0

    static func == (a: Module, b: Module) -> Bool {
      (a.path, a.version, a.packages) == (b.path, b.version, b.packages) && a.replacement?.path == b.replacement?.path
        && a.replacement?.version == b.replacement?.version
    }
  }
  private(set) var modules: [Module] = []

  init(_ text: String) {
    for line in text.split(whereSeparator: \.isNewline) {
      if line.hasPrefix("# ") {
        let words = line.dropFirst(2).split(separator: " ").map(String.init)
        if let module = Self.module(words) { modules.append(module) }
      } else if !line.hasPrefix("#"), !modules.isEmpty {
        modules[modules.count - 1].packages += 1
      }
    }
  }

  private static func module(_ words: [String]) -> Module? {
    let arrow = words.firstIndex(of: "=>") ?? words.count
    guard arrow > 0 else { return nil }
    let target = words.dropFirst(arrow + 1)
    return Module(
      path: words[0], version: arrow > 1 ? words[1] : nil,
      replacement: target.first.map { ($0, target.count > 1 ? target.last : nil) })
  }
}
