internal import PackCore
internal import Packs

/// The plan of a module that Maven or Gradle builds.
struct JavaModulePlan {
  enum Build {
    case maven(MavenReactor)
    case gradle(GradleBuild)
  }
  let files: ProjectFiles
  let request: PackRequest
  let notes: PackNotes
  let host: JavaHost
  let build: Build

  func make() throws -> BuildPlan {
    let chosen = try choose()
    let wishes = try self.wishes(chosen.module)
    let jdk = try JavaToolchain.choose(wishes, among: host.jdks, mode: request.mode, notes)
    let base = JavaPlan(files: files, request: request, notes: notes, jdk: jdk, wishes: wishes)
    var plan = BuildPlan()
    plan.name = chosen.module.name
    plan.decisions = [
      Decision(what: "program", value: chosen.module.app, source: "\(chosen.module.manifest) (\(chosen.rule))"),
      base.javaDecision,
    ]
    if let main = chosen.main {
      plan.decisions.append(
        Decision(what: "main class", value: main, source: chosen.mainSource ?? chosen.module.manifest))
    }
    switch build {
    case .maven(let reactor):
      plan.version = reactor.members.first { $0.path == chosen.module.manifest }.flatMap { project in
        reactor.version(of: project).map { reactor.expand($0, in: project) }
      }
      try MavenSteps(plan: base, reactor: reactor, chosen: chosen, host: host).add(to: &plan)
    case .gradle(let gradle):
      plan.version = gradle.projects.first { $0.path == chosen.module.manifest }?.version?.text
      try GradleSteps(plan: base, build: gradle, chosen: chosen, host: host).add(to: &plan)
    }
    let port = JavaPorts.port(request, chosen.module.framework, module: chosen.module.directory, files)
    let isForced = chosen.rule == "--app" && chosen.main != nil && request.app == chosen.main
    base.finish(
      &plan, input: "${work}/built", main: chosen.main.map { isForced ? "!\($0)" : $0 },
      framework: chosen.module.framework, port: port)
    return plan
  }

  private func choose() throws -> JavaPrograms.Chosen {
    let programs =
      switch build {
      case .maven(let reactor): JavaPrograms(maven: reactor, files)
      case .gradle(let gradle): JavaPrograms(gradle: gradle, files)
      }
    guard request.app != nil || !programs.eligible.isEmpty else { throw noProgram(programs) }
    return try programs.choose(app: request.app, name: request.config?["name"]?.string, files: files)
  }

  private func noProgram(_ programs: JavaPrograms) -> PackRefusal {
    let path = programs.modules.first?.manifest ?? "pom.xml"
    let kinds = Set(programs.modules.map(\.packaging))
    if kinds.contains("war") {
      return PackRefusal(
        .projectError, "no_program", "\(path) makes a war, which needs a servlet container to run in",
        hint: "Spring Boot's plugin makes a war that starts by itself; or embed Jetty or Tomcat and make a jar",
        at: SourceLocation(path: path))
    }
    if kinds.contains("android") {
      return PackRefusal(
        .projectError, "no_program", "\(path) is an Android application, which runs on a phone",
        hint: "--app names another module of the project", at: SourceLocation(path: path))
    }
    return PackRefusal(
      .projectError, "no_program",
      "\(path) is a library: no module states a main class, and no source has a main method",
      hint: "state it in the build file (`mainClass` of the jar, shade or Spring Boot plugin; `application` of Gradle)",
      at: SourceLocation(path: path))
  }

  private func wishes(_ module: JavaPrograms.Module) throws -> [JavaWish] {
    let pins = try JavaVersions.pins(files)
    switch build {
    case .maven(let reactor): return pins.prefix(1) + [JavaVersions.level(of: module, reactor)].compactMap { $0 }
    case .gradle(let gradle): return pins.prefix(1) + JavaVersions.wishes(of: module, gradle)
    }
  }
}
