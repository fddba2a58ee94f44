/// What the build scripts of Gradle say of starting their projects.
enum GradlePrograms {
  static func modules(of build: GradleBuild) -> [JavaPrograms.Module] {
    let shared = build.projects.first?.shared ?? []
    return build.projects.enumerated().map { index, project in
      module(of: project, shared: index == 0 ? [] : shared, build)
    }
  }

  private static let frameworks: [(plugin: String, framework: JavaFramework)] = [
    ("org.springframework.boot", .spring), ("io.quarkus", .quarkus), ("io.micronaut.application", .micronaut),
    ("io.micronaut.minimal.application", .micronaut), ("io.ktor.plugin", .ktor),
  ]
  private static let shadow: Set<String> = [
    "com.github.johnrengelman.shadow", "com.gradleup.shadow", "io.github.goooler.shadow",
  ]

  private static func module(
    of project: GradleProject, shared: [GradleProject.Value], _ build: GradleBuild
  ) -> JavaPrograms.Module {
    let isRoot = project.directory.isEmpty
    var module = JavaPrograms.Module(
      tool: .gradle, directory: project.directory,
      name: isRoot ? build.name?.text ?? "root" : JavaPaths.name(project.directory), manifest: project.path)
    module.mainClass = project.mainClass?.text
    module.framework = JavaFramework.of(dependencies: project.dependencies)
    if project.has("war") != nil { module.packaging = "war" }
    if project.plugins.contains(where: { $0.text.hasPrefix("com.android.") }) { module.packaging = "android" }
    for (plugin, framework) in frameworks {
      if let own = project.has(plugin) {
        module.framework = framework
        module.declared = "the plugin \(plugin)"
        module.line = own.line
        return module
      }
      if shared.contains(where: { $0.text == plugin }) {
        module.framework = framework
        module.declared = "the plugin \(plugin), which the root gives to all projects"
        module.needsMain = true
      }
    }
    guard module.declared == nil else { return module }
    if let own = project.has("application") {
      module.declared = "the plugin application"
      module.line = own.line
    } else if let main = project.mainClass {
      module.declared = "it names the main class \(main.text)"
      module.line = main.line
    } else if let own = project.plugins.first(where: { shadow.contains($0.text) }) {
      module.declared = "the plugin \(own.text)"
      module.line = own.line
      module.needsMain = true
    }
    return module
  }
}
