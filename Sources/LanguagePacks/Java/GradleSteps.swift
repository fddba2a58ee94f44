internal import PackCore
internal import Packs

/// Gradle's part of a plan: its own distribution where a wrapper names one, files by hash, the build without a network.
struct GradleSteps {
  let plan: JavaPlan
  let build: GradleBuild
  let chosen: JavaPrograms.Chosen
  /// nil: the wrapper's distribution is fetched.
  private let gradle: JavaBuildTool?
  private let wrapper: JavaWrapper?
  private let mirror: String?

  init(plan: JavaPlan, build: GradleBuild, chosen: JavaPrograms.Chosen, host: JavaHost) throws {
    self.plan = plan
    self.build = build
    self.chosen = chosen
    wrapper = JavaWrapper.gradle(plan.files)
    mirror = try JavaMirror.place(plan.request, plan.files)
    let found = JavaBuildTool.gradle(host.context)
    let foundMajor = found?.version.split(separator: ".").first.flatMap { Int($0) }
    // Scripts are written for one major version of Gradle.
    gradle = wrapper == nil || wrapper?.major == foundMajor ? found : nil
    guard gradle != nil || wrapper != nil else {
      throw PackRefusal(
        .toolchainMissing, "toolchain_missing",
        "the program \"gradle\" is not in PATH, and the project has no wrapper that names one",
        hint:
          "`gradle wrapper` on another machine makes one to commit; or `sdk install gradle`, or `apt-get install gradle`"
      )
    }
  }

  /// Without packages in packc.lock there is nothing to fetch yet, and the plan says so.
  func add(to plan: inout BuildPlan) throws {
    plan.decisions.append(toolDecision)
    if let gradle {
      plan.toolchains.append(.init(name: "gradle", version: gradle.version, path: gradle.identity))
    }
    let inputs = try inputFiles.compactMap { try self.plan.files.lockFile($0) }
    plan.lockFiles = inputs
    let environment = JavaMirror.environment(
      [
        "java": String(self.plan.jdk.feature), "gradle": gradle?.version ?? wrapper?.version ?? "",
        "build": ([chosen.module.directory] + tasks).joined(separator: " "),
      ], self.plan.request)
    switch try JavaDependencies.state(
      self.plan.request, inputs: inputs, environment: environment, step: resolveStep)
    {
    case .unresolved(let resolution):
      plan.unresolved = resolution
      plan.decisions.append(Decision(what: "packages", value: "to be resolved", source: chosen.module.manifest))
    case .locked(let list, let count):
      plan.decisions.append(Decision(what: "packages", value: "\(count) by hash", source: "packc.lock"))
      plan.steps.append(JavaMirror.fetchStep(list, mirror: mirror, self.plan, tools: self.plan.jdk.tools))
    }
    plan.decisions.append(
      Decision(what: "build", value: "gradle \(tasks.joined(separator: " "))", source: chosen.module.manifest))
    plan.steps.append(buildStep)
  }

  private var toolDecision: Decision {
    let asked = wrapper.map { "\($0.path):\($0.line) names \($0.version)" }
    guard let gradle else {
      return Decision(what: "gradle version", value: wrapper?.version ?? "", source: asked ?? "")
    }
    return Decision(
      what: "gradle version", value: gradle.version,
      source: "the host's \(gradle.command)" + (asked.map { "; \($0)" } ?? ""))
  }

  /// What decides which files Gradle asks for: scripts, properties, catalogs, its own locks and hashes.
  private var inputFiles: [String] {
    let files = plan.files
    var names = [build.settings].compactMap { $0 } + build.projects.map(\.path)
    names += [
      "gradle.properties", "gradle/libs.versions.toml", "gradle/verification-metadata.xml",
      "gradle/wrapper/gradle-wrapper.properties",
    ]
    names += build.projects.map { JavaPaths.below($0.directory, "gradle.lockfile") }
    for place in ["buildSrc", "build-logic", "gradle", "buildSrc/src/main/kotlin", "buildSrc/src/main/groovy"] {
      names += files.names(place).filter { $0.hasSuffix(".gradle") || $0.hasSuffix(".kts") }.map { "\(place)/\($0)" }
    }
    return Set(names).filter(files.isFile).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  // MARK: Commands

  private var tasks: [String] {
    plan.request.options["tasks"]?.array.map { $0.compactMap(\.string) + ["packcProgram"] } ?? ["packcProgram"]
  }

  private func command(tool: String, home: String, output: String, offline: Bool) -> [String] {
    [
      gradle?.command.description ?? "\(tool)/bin/gradle", "--no-daemon", "--console=plain", "--gradle-user-home", home,
      "--init-script", "${pack}/lib/packc.init.gradle",
      "-Dpackc.project=\(chosen.module.directory.isEmpty ? "." : chosen.module.directory)",
      "-Dpackc.output=\(output)", "-Porg.gradle.java.installations.auto-download=false", "-x", "test",
    ] + (offline ? ["--offline", "-Dpackc.repository=${work}/repository"] : ["--info"]) + tasks
  }

  private var environment: [String: String] {
    plan.environment(["GRADLE_OPTS": "-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Duser.home=${work}/home"])
  }

  private var tools: [String] { plan.jdk.tools + [gradle?.identity.description].compactMap { $0 } }

  private var resolveStep: BuildStep {
    let distribution = gradle == nil ? wrapper.map { "\($0.sha256 ?? "-") \($0.url)" } : nil
    return BuildStep(
      id: "resolve",
      argv: plan.run(
        "Resolve", ["gradle", "${source}", "${work}/packages.json", mirror ?? "-", distribution ?? "-", "--"])
        + command(tool: "@tool@", home: "@repository@", output: "@repository@/../built", offline: false),
      environment: environment, outputs: [RootPath(literal: "packages.json")],
      network: JavaMirror.needsNetwork(mirror) || distribution != nil, tools: tools)
  }

  private var buildStep: BuildStep {
    BuildStep(
      id: "build",
      argv: command(
        tool: "${work}/repository/distribution/tool", home: "${work}/gradle-home", output: "${work}/built",
        offline: true),
      environment: environment, inputs: [".", "${work}/repository"], outputs: [RootPath(literal: "built")], tools: tools
    )
  }
}
