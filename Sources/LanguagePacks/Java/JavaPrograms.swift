internal import PackCore
internal import Packs

/// What a project could start, and which of it.
struct JavaPrograms {
  enum Tool: String { case maven, gradle }

  struct Module {
    var tool: Tool
    /// Relative to the project.
    var directory: String
    /// As the build names it: artifactId or the directory's name.
    var name: String
    /// `server/pom.xml`
    var manifest: String
    var packaging = "jar"
    /// `a Spring Boot application`: what its manifest says; nil when nothing does.
    var declared: String?
    /// The line of the manifest that says so.
    var line: Int?
    /// Said by a parent for all its modules, or by a plugin that libraries use too: a main class has to be there.
    var needsMain = false
    var framework = JavaFramework.none
    /// Stated by the manifest.
    var mainClass: String?
    /// Found in its source.
    var mains: [JavaSources.Found] = []
    var isRead = false

    /// One that the manifest states is meant to be started; a class with a main method may be a tool.
    var strength: Int { declared != nil || isMarked ? 2 : mains.isEmpty ? 0 : 1 }
    /// A class that its framework's annotation makes the program, where a plugin of the project's own builds it.
    var isMarked: Bool { mains.contains { $0.main.annotation != nil } }
    var isRunnable: Bool {
      packaging == "jar" || (packaging == "war" && framework == .spring) || packaging == "quarkus"
    }
    var app: String { directory.isEmpty ? name : directory }
    var reasons: [String] {
      if let declared { return ["\(manifest)\(line.map { ":\($0)" } ?? ""): \(declared)"] }
      return mains.prefix(2).map { "\($0.path):\($0.main.line): a main method" }
    }
  }

  private(set) var modules: [Module] = []

  /// Of a project without modules.
  init() {}

  init(maven reactor: MavenReactor, _ files: ProjectFiles) {
    modules = reactor.members.map { MavenPrograms.module(of: $0, in: reactor) }
    search(files)
  }

  init(gradle build: GradleBuild, _ files: ProjectFiles) {
    modules = GradlePrograms.modules(of: build)
    search(files)
  }

  /// Main methods: of the modules that are declared or have a server, and of the others when none of those is a program.
  /// Each is a search through sources, which a large repository has many of.
  private mutating func search(_ files: ProjectFiles) {
    var budget = JavaSources.Budget()
    read(files, &budget) { $0.declared != nil }
    read(files, &budget, onlyUsual: true) { $0.declared == nil && $0.framework.listens }
    // Where one module has a class to start, another that only shares the plugin is a library. Quarkus writes its own.
    func hasMain(_ module: Module) -> Bool { !module.mains.isEmpty || module.mainClass != nil }
    let isKnown = modules.contains { $0.declared != nil && hasMain($0) }
    for index in modules.indices where !hasMain(modules[index]) && modules[index].framework != .quarkus {
      if modules[index].needsMain || isKnown { modules[index].declared = nil }
    }
    if !modules.contains(where: { $0.isRunnable && $0.strength == 2 }) { read(files, &budget) { !$0.isRead } }
  }

  private mutating func read(
    _ files: ProjectFiles, _ budget: inout JavaSources.Budget, onlyUsual: Bool = false, _ wanted: (Module) -> Bool
  ) {
    for index in modules.indices where modules[index].isRunnable && wanted(modules[index]) {
      let paths = JavaSources.files(modules[index].directory, files, &budget)
      modules[index].mains = JavaSources.mains(paths, onlyUsual: onlyUsual, files, &budget)
      modules[index].isRead = !onlyUsual
    }
  }

  /// With the main methods of every module, for one that is asked for by name.
  private func complete(_ files: ProjectFiles) -> JavaPrograms {
    var all = self
    var budget = JavaSources.Budget()
    all.read(files, &budget) { !$0.isRead }
    return all
  }

  /// Those that could be the program: not examples, tests and benchmarks, as long as there are others.
  var eligible: [Module] {
    let all = modules.filter { $0.isRunnable && $0.strength > 0 }
    let strongest = all.map(\.strength).max() ?? 0
    let meant = all.filter { $0.strength == strongest }
    let real = meant.filter { !Self.isAside($0.directory) }
    return real.isEmpty ? meant : real
  }

  private static let aside: Set<String> = [
    "test", "tests", "testing", "it", "example", "examples", "sample", "samples", "demo", "demos", "benchmark",
    "benchmarks", "jmh", "bench", "integration", "e2e", "docs", "buildsrc",
  ]

  private static func isAside(_ directory: String) -> Bool {
    directory.lowercased().split { $0 == "/" || $0 == "-" || $0 == "_" }.contains { aside.contains(String($0)) }
  }

  // MARK: Choosing

  struct Chosen {
    var module: Module
    var rule: String
    /// The class to start when the jar does not say it.
    var main: String?
    var mainSource: String?
  }

  /// Rules in their order; nil when none of them decides.
  func decided(name: String?, files: ProjectFiles) -> (module: Module, rule: String)? {
    let eligible = eligible
    if eligible.count == 1 { return (eligible[0], "the only program") }
    if let named = Self.procfile(files), let module = eligible.first(where: { $0.directory == named.directory }) {
      return (module, "named by Procfile:\(named.line)")
    }
    let wanted = [name, modules.first?.name].compactMap { $0 }
    for name in wanted {
      let same = eligible.filter { $0.name == name || JavaPaths.name($0.directory) == name }
      if same.count == 1 { return (same[0], "it has the project's name") }
    }
    let served = eligible.filter { $0.framework.listens }
    if served.count == 1 { return (served[0], "the only one with a server in its manifest") }
    return nil
  }

  /// The directory whose jar `web: java … -jar server/target/x.jar` starts.
  private static func procfile(_ files: ProjectFiles) -> (directory: String, line: Int)? {
    guard let text = (try? files.text("Procfile")) ?? nil else { return nil }
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    where line.hasPrefix("web:") {
      for word in line.split(whereSeparator: \.isWhitespace) where word.hasSuffix(".jar") {
        for mark in ["target/", "build/libs/", "build/install/"] {
          guard let range = word.firstRange(of: mark) else { continue }
          return (word[..<range.lowerBound].split(separator: "/").joined(separator: "/"), index + 1)
        }
      }
    }
    return nil
  }

  func undecided(name: String?, files: ProjectFiles) -> [ProgramCandidate] {
    guard !eligible.isEmpty else { return [] }
    guard let module = decided(name: name, files: files)?.module else {
      return eligible.map { ProgramCandidate(app: $0.app, reasons: $0.reasons) }
    }
    return JavaMainClass.candidates(of: module)
  }

  func choose(app: String?, name: String?, files: ProjectFiles) throws -> Chosen {
    guard let app else {
      guard let (module, rule) = decided(name: name, files: files) else {
        throw PackRefusal.severalPrograms("Java", undecided(name: name, files: files))
      }
      return try JavaMainClass.settle(module, rule: rule)
    }
    let plain = app.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    let modules = complete(files).modules
    if let module = modules.first(where: { $0.directory == plain && !plain.isEmpty })
      ?? modules.first(where: { $0.name == app })
    {
      return try JavaMainClass.settle(module, rule: "--app")
    }
    for module in modules {
      if let found = module.mains.first(where: { $0.main.name == app || $0.path == plain }) {
        return Chosen(
          module: module, rule: "--app", main: found.main.name, mainSource: "\(found.path):\(found.main.line)")
      }
    }
    let names = (eligible.isEmpty ? modules : eligible).map(\.app)
    throw PackRefusal(
      .projectError, "no_such_program", "there is no module and no main class \"\(app)\"",
      hint: "there is: \(names.prefix(20).joined(separator: ", "))")
  }
}
