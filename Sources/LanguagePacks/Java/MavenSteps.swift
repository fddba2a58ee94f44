internal import PackCore
internal import Packs

/// Maven's part of a plan: files by hash into a repository of their own, then the build without a network.
struct MavenSteps {
  let plan: JavaPlan
  let reactor: MavenReactor
  let chosen: JavaPrograms.Chosen
  let maven: JavaBuildTool
  private let mirror: String?

  init(plan: JavaPlan, reactor: MavenReactor, chosen: JavaPrograms.Chosen, host: JavaHost) throws {
    self.plan = plan
    self.reactor = reactor
    self.chosen = chosen
    guard let maven = try JavaBuildTool.maven(host.context, jdk: plan.jdk) else {
      throw PackRefusal(
        .toolchainMissing, "toolchain_missing", "the program \"mvn\" is not in PATH",
        hint: "`apt-get install maven`, or unpack one from https://maven.apache.org and put its bin directory into PATH"
      )
    }
    self.maven = maven
    mirror = try JavaMirror.place(plan.request, plan.files)
  }

  /// Without packages in packc.lock there is nothing to fetch yet, and the plan says so.
  func add(to plan: inout BuildPlan) throws {
    plan.decisions.append(toolDecision)
    plan.toolchains.append(.init(name: "maven", version: maven.version, path: library))
    let inputs = try inputFiles.compactMap { try self.plan.files.lockFile($0) }
    plan.lockFiles = inputs
    let environment = JavaMirror.environment(
      ["java": String(self.plan.jdk.feature), "maven": maven.version, "build": goals.joined(separator: " ")],
      self.plan.request)
    switch try JavaDependencies.state(
      self.plan.request, inputs: inputs, environment: environment, step: resolveStep)
    {
    case .unresolved(let resolution):
      plan.unresolved = resolution
      plan.decisions.append(Decision(what: "packages", value: "to be resolved", source: "pom.xml"))
    case .locked(let list, let count):
      plan.decisions.append(
        Decision(
          what: "packages", value: "\(count) by hash", source: "packc.lock (from \(inputFiles.joined(separator: ", ")))"
        ))
      plan.steps.append(fetchStep(list))
    }
    plan.decisions.append(Decision(what: "build", value: "mvn \(goals.joined(separator: " "))", source: goalSource))
    plan.steps.append(buildStep)
  }

  private var toolDecision: Decision {
    let wrapper = JavaWrapper.maven(plan.files)
    return Decision(
      what: "maven version", value: maven.version,
      source: "the host's \(maven.command)" + (wrapper.map { "; \($0.path):\($0.line) names \($0.version)" } ?? ""))
  }

  /// The file whose digest is Maven's: its program is a script.
  private var library: HostPath { maven.identity }

  /// What decides which files Maven asks for.
  private var inputFiles: [String] {
    let own = [".mvn/extensions.xml", ".mvn/maven.config", ".mvn/jvm.config"].filter(plan.files.isFile)
    return (reactor.projects.map(\.path) + own).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  // MARK: Goals

  private var project: MavenProject? { reactor.members.first { $0.path == chosen.module.manifest } }

  private var ownGoals: [String]? {
    plan.request.options["tasks"]?.array.map { $0.compactMap(\.string) }
  }

  private var goalSource: String { ownGoals == nil ? chosen.module.manifest : "unik.yaml" }

  /// The program's module with those that it needs.
  private var goals: [String] {
    var words = ownGoals ?? ["package"]
    if !chosen.module.directory.isEmpty { words = ["-pl", chosen.module.directory, "-am"] + words }
    if ownGoals == nil, needsLibraries {
      words.append("org.apache.maven.plugins:maven-dependency-plugin:\(copier):copy-dependencies")
    }
    return words
  }

  /// Plugins that put the libraries into the jar, or beside it.
  private static let gatherers = [
    "spring-boot-maven-plugin", "maven-shade-plugin", "maven-assembly-plugin", "quarkus-maven-plugin",
    "helidon-maven-plugin", "maven-dependency-plugin", "onejar-maven-plugin", "vertx-maven-plugin",
  ]

  private var needsLibraries: Bool {
    guard let project, !reactor.runtimeDependencies(of: project).isEmpty else { return false }
    return !Self.gatherers.contains { reactor.plugin($0, of: project) != nil }
  }

  /// The version of the dependency plugin: what the poms manage, or the newest of a repository that is a directory.
  private var copier: String {
    let usual = "3.6.1"
    let managed = project.map { reactor.line(of: $0) }?.flatMap(\.managed).first {
      $0.artifact == "maven-dependency-plugin"
    }
    if let project, let version = managed?.version.map({ reactor.expand($0, in: project) }), !version.contains("${") {
      return version
    }
    guard let mirror, mirror.hasPrefix("/") else { return usual }
    let place = HostPath(mirror) / "org/apache/maven/plugins/maven-dependency-plugin"
    let versions = ((try? DirectoryWalk.names(in: place)) ?? []).map { String(decoding: $0, as: UTF8.self) }
      .filter { $0.first?.isNumber == true }
    return versions.contains(usual) ? usual : versions.last ?? usual
  }

  /// Tests are not run; they are compiled only where a module needs another's.
  private var testFlag: String {
    reactor.members.contains { $0.dependencies.contains(where: \.isTestJar) } ? "-DskipTests" : "-Dmaven.test.skip=true"
  }

  private func command(repository: String, libraries: String, offline: Bool) -> [String] {
    [maven.command.description, "-B"] + (offline ? ["-o", "-ntp"] : [])
      + [
        "-Dstyle.color=never", "-Dmaven.repo.local=\(repository)", testFlag,
        "-Dproject.build.outputTimestamp=1980-01-01T00:00:02Z", "-DincludeScope=runtime",
        "-DoutputDirectory=\(libraries)",
      ] + goals
  }

  // MARK: Steps

  private var environment: [String: String] {
    plan.environment([
      "MAVEN_SKIP_RC": "1", "MAVEN_OPTS": "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Duser.home=${work}/home",
    ])
  }

  private var tools: [String] { plan.jdk.tools + [maven.command.description, library.description] }

  private var resolveStep: BuildStep {
    BuildStep(
      id: "resolve",
      argv: plan.run("Resolve", ["maven", "${source}", "${work}/packages.json", mirror ?? "-", "-", "--"])
        + command(repository: "@repository@", libraries: "@repository@/../libraries", offline: false),
      environment: environment, outputs: [RootPath(literal: "packages.json")],
      network: JavaMirror.needsNetwork(mirror), tools: tools)
  }

  private func fetchStep(_ list: String) -> BuildStep {
    JavaMirror.fetchStep(list, mirror: mirror, plan, tools: plan.jdk.tools)
  }

  private var buildStep: BuildStep {
    let target = JavaPaths.below(chosen.module.directory, "target")
    return BuildStep(
      id: "build",
      argv: plan.run(
        "Build",
        [
          "${source}/\(target)", "${work}/built", plan.request.options["jar"]?.string ?? "-", chosen.main ?? "-", "--",
        ]) + command(repository: "${work}/repository", libraries: "${work}/built/lib", offline: true),
      environment: environment, inputs: [".", "${work}/repository"], outputs: [RootPath(literal: "built")], tools: tools
    )
  }
}
