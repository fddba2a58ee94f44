internal import Glibc
internal import PackCore

/// A bounded search through source directories.
struct JavaSources {
  struct Found: Equatable {
    var main: JavaSourceText.Main
    var path: String
  }
  /// What one search may cost: a repository may hold tens of thousands of files.
  struct Budget {
    var names = 8000
    var files = 1500
    var bytes = 24 << 20
    var isSpent: Bool { names <= 0 || files <= 0 || bytes <= 0 }
  }
  private static let kinds = [".java", ".kt", ".groovy", ".scala"]
  private static let roots = ["java", "kotlin", "groovy", "scala"]

  /// Source files of a module, sorted. `flat`: also beside the build file, where Kotlin's and small projects have them.
  static func files(_ directory: String, _ files: ProjectFiles, _ budget: inout Budget) -> [String] {
    let main = JavaPaths.below(directory, "src/main")
    var places = roots.map { "\(main)/\($0)" }.filter(files.isDirectory)
    if places.isEmpty {
      places = ["src/main", "src", "app/src/main"].map { JavaPaths.below(directory, $0) }.filter(files.isDirectory)
      places = Array(places.prefix(1))
    }
    var out: [String] = []
    for place in places { walk(place, depth: 0, files, &out, &budget) }
    return out
  }

  private static let skipped: Set<String> = ["test", "tests", "jmh", "androidTest", "node_modules", "resources"]

  private static func walk(
    _ directory: String, depth: Int, _ files: ProjectFiles, _ out: inout [String], _ budget: inout Budget
  ) {
    guard depth < 20, budget.names > 0 else { return }
    let names = files.names(directory)
    budget.names -= names.count
    for name in names {
      let path = "\(directory)/\(name)"
      if kinds.contains(where: name.hasSuffix) {
        out.append(path)
      } else if !name.contains("."), !skipped.contains(name), files.isDirectory(path) {
        walk(path, depth: depth + 1, files, &out, &budget)
      }
    }
  }

  /// Every class with a main method, or the one that its framework's annotation marks as the program: no other is asked
  /// for then. `onlyUsual`: of the files that are named as programs are.
  static func mains(_ paths: [String], onlyUsual: Bool = false, _ files: ProjectFiles, _ budget: inout Budget)
    -> [Found]
  {
    // Where most of them are comes first, so that a spent budget costs little.
    let ordered = paths.filter(isUsual) + (onlyUsual ? [] : paths.filter { !isUsual($0) })
    var out: [Found] = []
    for path in ordered {
      guard !budget.isSpent else { break }
      guard let text = read(path, files, &budget), let main = text.main(fileName: JavaPaths.name(path)) else {
        continue
      }
      out.append(Found(main: main, path: path))
      if main.annotation != nil { break }
    }
    return out.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
  }

  private static func isUsual(_ path: String) -> Bool {
    let base = JavaPaths.name(path).split(separator: ".").first.map(String.init) ?? ""
    return ["Main", "App", "Application", "Server", "Launcher"].contains { base.hasSuffix($0) }
  }

  /// nil when it cannot be read or holds no main method at all.
  private static func read(_ path: String, _ files: ProjectFiles, _ budget: inout Budget) -> JavaSourceText? {
    guard let relative = RootPath(path),
      let bytes = (try? FileSystem.readIfPresent(files.root / relative, limit: 2 << 20)) ?? nil
    else { return nil }
    budget.files -= 1
    budget.bytes -= bytes.count
    return callsMain(bytes) ? JavaSourceText(bytes) : nil
  }

  /// Whether the word `main` stands before a parenthesis somewhere: only such a file is worth reading by its syntax.
  private static func callsMain(_ bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBufferPointer { text in
      guard let base = text.baseAddress.map(UnsafeRawPointer.init) else { return false }
      var place = 0
      while place + 5 < text.count, let found = memchr(base + place, 0x6d, text.count - place) {
        place = base.distance(to: UnsafeRawPointer(found))
        if place + 4 < text.count, text[place + 1] == 0x61, text[place + 2] == 0x69, text[place + 3] == 0x6e,
          place == 0 || isSpace(text[place - 1]), text[(place + 4)...].first(where: { !isSpace($0) }) == 0x28
        {
          return true
        }
        place += 1
      }
      return false
    }
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0d).contains(byte) }
}
