/// What the pom of a module says of starting it.
enum MavenPrograms {
  static func module(of project: MavenProject, in reactor: MavenReactor) -> JavaPrograms.Module {
    var module = JavaPrograms.Module(
      tool: .maven, directory: project.directory, name: project.artifact, manifest: project.path,
      packaging: project.packaging)
    module.framework = framework(of: project, reactor)
    module.mainClass = mainClass(of: project, reactor)
    declare(&module, project, reactor)
    return module
  }

  private static let plugins: [(artifact: String, framework: JavaFramework)] = [
    ("spring-boot-maven-plugin", .spring), ("quarkus-maven-plugin", .quarkus), ("micronaut-maven-plugin", .micronaut),
    ("helidon-maven-plugin", .helidon), ("vertx-maven-plugin", .vertx),
  ]

  private static func framework(of project: MavenProject, _ reactor: MavenReactor) -> JavaFramework {
    for (artifact, framework) in plugins where reactor.plugin(artifact, of: project) != nil { return framework }
    return JavaFramework.of(dependencies: reactor.runtimeDependencies(of: project))
  }

  /// The class that the manifest of the jar gets, or that `mvn exec:java` starts.
  private static func mainClass(of project: MavenProject, _ reactor: MavenReactor) -> String? {
    let names: Set<String> = ["mainClass", "Main-Class"]
    for owner in reactor.line(of: project) {
      for plugin in owner.plugins {
        for configuration in plugin.configurations {
          guard let found = configuration.deep(names) else { continue }
          let value = reactor.expand(found.text, in: project)
          if GradleProject.isClass(value) { return value }
        }
      }
    }
    for name in ["start-class", "exec.mainClass", "mainClass", "main.class", "app.main.class"] {
      if let value = reactor.property(name, of: project)?.value, GradleProject.isClass(value) { return value }
    }
    return nil
  }

  private static func declare(
    _ module: inout JavaPrograms.Module, _ project: MavenProject, _ reactor: MavenReactor
  ) {
    for (artifact, framework) in plugins {
      guard let plugin = reactor.plugin(artifact, of: project) else { continue }
      if plugin.isOwn, plugin.configurations.contains(where: { $0["skip"]?.text == "true" }) { return }
      module.declared = "a \(framework.title) application (\(artifact))"
      module.line = project.plugins.first { $0.artifact == artifact }?.line
      module.needsMain = !plugin.isOwn
      return
    }
    guard let main = module.mainClass else { return }
    module.declared = "it names the main class \(main)"
  }
}
