internal import PackCore
internal import Packs

/// Java and Kotlin: Maven, Gradle, and a jar that is there already.
struct JavaPack: LanguagePack {
  private let files = ProjectFiles()

  func detect(_ request: PackRequest) throws -> DetectAnswer? {
    guard let project = try JavaProject.find(files) else { return nil }
    let manifest = DetectReason(path: project.manifest, rule: project.title)
    if let other = project.generatedFor(files) {
      let rule = "serves the \(other.language) project (\(other.file))"
      return DetectAnswer(
        confidence: 40, reasons: [DetectReason(path: project.manifest, rule: rule)], role: .supporting)
    }
    switch project {
    case .jar(let path):
      return DetectAnswer(confidence: path == nil ? 30 : 60, reasons: [manifest], candidates: jarCandidates(request))
    case .sources:
      return DetectAnswer(confidence: 30, reasons: [manifest], role: .library)
    case .maven, .gradle:
      let programs = try project.programs(files)
      guard let first = programs.eligible.first else {
        return DetectAnswer(confidence: 40, reasons: [manifest], role: .library)
      }
      let reasons = [manifest] + first.reasons.prefix(1).map { DetectReason(path: first.manifest, rule: $0) }
      let name = request.config?["name"]?.string
      let candidates = request.app == nil ? programs.undecided(name: name, files: files) : []
      return DetectAnswer(confidence: 90, reasons: reasons, candidates: candidates)
    }
  }

  private func jarCandidates(_ request: PackRequest) -> [ProgramCandidate] {
    let jars = JavaProject.jars(files)
    guard jars.count > 1, request.app == nil, request.options["jar"] == nil else { return [] }
    return jars.map { ProgramCandidate(app: $0, reasons: ["a jar"]) }
  }

  func plan(_ request: PackRequest, _ notes: PackNotes) throws -> BuildPlan {
    guard let project = try JavaProject.find(files) else {
      throw PackRefusal(
        .projectError, "no_build_file", "there is no pom.xml, build.gradle or runnable jar",
        hint: "`mvn archetype:generate` or `gradle init` makes one")
    }
    let host = try JavaHost(HostContext.current())
    switch project {
    case .jar(let path):
      let pins = try JavaVersions.pins(files)
      let jdk = try JavaToolchain.choose(pins, among: host.jdks, mode: request.mode, notes)
      let plan = JavaPlan(files: files, request: request, notes: notes, jdk: jdk, wishes: pins)
      return try plan.make(jar: JavaProject.jar(path, request, files))
    case .sources(let path):
      throw PackRefusal(
        .projectError, "no_build_file", "\(path) is Java source without a build file",
        hint: "add a pom.xml or build.gradle, or build it with `build: {command: …}` of unik.yaml into a jar")
    case .maven(let reactor):
      return try JavaModulePlan(files: files, request: request, notes: notes, host: host, build: .maven(reactor)).make()
    case .gradle(let build):
      return try JavaModulePlan(files: files, request: request, notes: notes, host: host, build: .gradle(build)).make()
    }
  }

  /// The classes that the build left; without a build those of a jar that the project holds.
  func facts(_ request: PackRequest) throws -> [SourceFact] {
    guard let project = try JavaProject.find(files) else { return [] }
    var jar: String?
    if case .jar(let first) = project { jar = try JavaProject.jar(first, request, files) }
    let outputs = request.outputs.filter { $0.layer == .application }.map(\.path)
    let classes = try JavaClasses(outputs: outputs, jar: jar, manifest: project.manifest, files)
    return JavaFacts(classes, settings: JavaSettings(classes, files)).list()
  }

  /// What the build takes from repositories. A jar that is in the project is not opened.
  func components(_ request: PackRequest) throws -> [SoftwareComponent] {
    switch try JavaProject.find(files) {
    case .maven, .gradle: try JavaComponents.list(JavaDependencies.packages(request.lock) ?? [])
    case .jar, .sources, nil: []
    }
  }
}

/// What the host has to build with.
struct JavaHost {
  let context: HostContext
  let jdks: [JavaToolchain]

  init(_ context: HostContext) {
    self.context = context
    jdks = JavaToolchain.all(context)
  }
}

/// Which kind of Java project this is, by the files at its root.
enum JavaProject {
  case maven(MavenReactor)
  case gradle(GradleBuild)
  /// nil: an unpacked one.
  case jar(String?)
  /// Without a build file.
  case sources(String)

  static func find(_ files: ProjectFiles) throws -> JavaProject? {
    // A project that has both is in the middle of a change, or keeps one for its users: Maven's says everything in data.
    if files.isFile("pom.xml") { return .maven(try MavenReactor(files)) }
    let gradle = ["build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts"]
    if gradle.contains(where: files.isFile) { return .gradle(try GradleBuild(files)) }
    if let text = try files.text("META-INF/MANIFEST.MF"), JavaVersions.property("Main-Class", in: text) != nil {
      return .jar(nil)
    }
    // A jar beside another language's manifest is a part of that.
    if let jar = jars(files).first, Neighbours(of: "java", files).all.isEmpty { return .jar(jar) }
    return files.names().first { $0.hasSuffix(".java") && files.isFile($0) }.map { .sources($0) }
  }

  static func jars(_ files: ProjectFiles) -> [String] {
    files.names().filter {
      $0.hasSuffix(".jar") && files.isFile($0) && !$0.hasSuffix("-sources.jar") && !$0.hasSuffix("-javadoc.jar")
    }
  }

  /// The jar to start, by `options.jar`, `--app`, or because it is the only one; nil for an unpacked one.
  static func jar(_ first: String?, _ request: PackRequest, _ files: ProjectFiles) throws -> String? {
    guard let first else { return nil }
    if let wanted = request.options["jar"]?.string ?? request.app {
      guard files.isFile(wanted) else {
        throw PackRefusal(
          .projectError, "no_such_program", "there is no jar \(wanted)",
          hint: "there is: \(jars(files).joined(separator: ", "))")
      }
      return wanted
    }
    let all = jars(files)
    guard all.count == 1 else {
      throw PackRefusal.severalPrograms("Java", all.map { ProgramCandidate(app: $0, reasons: []) })
    }
    return first
  }

  var manifest: String {
    switch self {
    case .maven: "pom.xml"
    case .gradle(let build):
      build.projects.first { $0.directory.isEmpty && !$0.plugins.isEmpty }?.path ?? build.settings ?? "build.gradle"
    case .jar(let path): path ?? "META-INF/MANIFEST.MF"
    case .sources(let path): path
    }
  }

  var title: String {
    switch self {
    case .maven(let reactor):
      reactor.members.count > 1 ? "a Maven project of \(reactor.members.count) modules" : "a Maven project"
    case .gradle(let build):
      build.projects.count > 1 ? "a Gradle build of \(build.projects.count) projects" : "a Gradle build"
    case .jar(let path): path == nil ? "an unpacked runnable jar" : "a jar"
    case .sources: "Java source without a build file"
    }
  }

  func programs(_ files: ProjectFiles) throws -> JavaPrograms {
    switch self {
    case .maven(let reactor): JavaPrograms(maven: reactor, files)
    case .gradle(let build): JavaPrograms(gradle: build, files)
    case .jar, .sources: JavaPrograms()
    }
  }

  /// Tools of other languages of the JVM write a pom.xml for their users.
  func generatedFor(_ files: ProjectFiles) -> Neighbours.Neighbour? {
    let neighbours = Neighbours(of: "java", files)
    return ["clojure", "scala"].lazy.compactMap { neighbours[$0] }.first
  }
}
