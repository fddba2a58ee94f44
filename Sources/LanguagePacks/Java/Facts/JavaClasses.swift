internal import Codec
internal import PackCore
internal import Packs

/// The program's own classes and settings, each with the file of the project that it was made of.
struct JavaClasses {
  struct Source {
    var file: ClassFile
    var path: RootPath
    /// Whether lines of the class are lines of that file.
    var hasLines: Bool
  }
  private(set) var all: [Source] = []
  /// Settings that only the jar has: `application.properties` and its like, by name.
  private(set) var settings: [(name: String, text: String, path: RootPath)] = []
  /// What could not be read.
  private(set) var problems: [String] = []

  private static let mostBytes = 256 << 20

  /// `outputs`: directories or jars that the build left. `jar`: the one that the project itself holds.
  init(outputs: [HostPath], jar: String?, manifest: String, _ files: ProjectFiles) throws {
    let tree = ProjectTree(files.root)
    let sources = Self.sources(try tree.files(limit: 1_000_000))
    var contents = Contents()
    for output in outputs { contents.add(output) }
    if outputs.isEmpty, let jar { contents.addJar(files.root / HostPath(jar)) }
    if outputs.isEmpty, jar == nil { contents.addTree(files.root, tree) }
    problems = contents.problems
    let place = jar.flatMap { RootPath($0) } ?? RootPath(manifest) ?? .root
    let classes = contents.classes.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    let found = classes.map { ($0, Self.source(of: $0, sources)) }
    let isSourced = found.contains { $0.1 != nil }
    let packages = Set(found.compactMap { $0.1 == nil ? nil : Self.package($0.0.name) })
    all = found.compactMap { file, source in
      if let source { return Source(file: file, path: source, hasLines: true) }
      // Code that a generator left among the project's own; without any source, whatever is no library.
      let isOwn = isSourced ? packages.contains(Self.package(file.name)) : !JavaLibraries.isLibrary(file.name)
      return isOwn ? Source(file: file, path: place, hasLines: false) : nil
    }
    settings = contents.settings.map { ($0.name, $0.text, place) }
  }

  private static func package(_ name: String) -> Substring { name.lastIndex(of: "/").map { name[..<$0] } ?? "" }

  /// By the file's name, the paths of sources; those of tests are no part of the program.
  private static func sources(_ paths: [RootPath]) -> [String: [RootPath]] {
    var out: [String: [RootPath]] = [:]
    for path in paths {
      guard let text = path.utf8, [".java", ".kt", ".scala", ".groovy"].contains(where: text.hasSuffix) else {
        continue
      }
      let words = text.split(separator: "/")
      if words.dropLast().contains(where: { ["test", "tests", "testFixtures", "androidTest"].contains($0) }) {
        continue
      }
      out[String(words.last ?? ""), default: []].append(path)
    }
    return out
  }

  private static func source(of file: ClassFile, _ sources: [String: [RootPath]]) -> RootPath? {
    guard let name = file.sourceFile, let candidates = sources[name] else { return nil }
    let package = package(file.name)
    let tail = package.isEmpty ? name : "\(package)/\(name)"
    if let exact = candidates.first(where: { $0.description == tail || $0.description.hasSuffix("/\(tail)") }) {
      return exact
    }
    // Kotlin leaves out the directories that all packages share.
    return name.hasSuffix(".kt") && candidates.count == 1 ? candidates[0] : nil
  }

  /// What archives and directories hold, within bounds.
  private struct Contents {
    var classes: [ClassFile] = []
    var settings: [(name: String, text: String)] = []
    var problems: [String] = []
    private var seen: Set<String> = []
    private var bytes = 0

    mutating func add(_ path: HostPath) {
      guard FileSystem.isDirectory(path) else { return addJar(path) }
      let names = ((try? DirectoryWalk.names(in: path)) ?? []).map { HostPath(bytes: $0) }
      for name in names where name.description.hasSuffix(".jar") { addJar(path / name) }
    }

    mutating func addJar(_ path: HostPath) {
      do {
        let jar = try JarReader(FileSystem.read(path, limit: JarReader.limit))
        for entry in jar.entries { try add(entry.name) { try jar.read(entry) } }
      } catch {
        problems.append("the jar \(path.name) was not read: \((error as? Failure)?.message ?? "\(error)")")
      }
    }

    mutating func addTree(_ root: HostPath, _ tree: ProjectTree) {
      for path in (try? tree.files(limit: 100_000)) ?? [] {
        guard let name = path.utf8 else { continue }
        try? add(name) { try FileSystem.read(root / path, limit: ClassFile.limit) }
      }
    }

    private mutating func add(_ name: String, _ content: () throws -> [UInt8]) throws {
      var short = name[...]
      for prefix in ["BOOT-INF/classes/", "WEB-INF/classes/"] where short.hasPrefix(prefix) {
        short = short.dropFirst(prefix.count)
      }
      let isClass = short.hasSuffix(".class") && !short.hasPrefix("META-INF/") && !short.hasSuffix("module-info.class")
      let isSetting = JavaSettings.isSettings(String(short)) && !short.contains("/test/")
      guard isClass || isSetting, seen.insert(String(short)).inserted else { return }
      // What cannot be the program's own is not even read.
      if isClass, JavaLibraries.isLibrary(String(short)) { return }
      let content = try content()
      bytes += content.count
      guard bytes <= JavaClasses.mostBytes else {
        throw ClassBytes.failure("the program has more than 256 MiB of classes")
      }
      if isSetting { return settings.append((String(short), String(decoding: content, as: UTF8.self))) }
      do {
        classes.append(try ClassFile(content[...]))
      } catch {
        problems.append("the class \(short) was not read: \((error as? Failure)?.message ?? "\(error)")")
      }
    }
  }
}
