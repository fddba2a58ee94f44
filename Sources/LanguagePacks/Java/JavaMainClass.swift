internal import Packs

/// Which class of a module is started, where its jar does not have to say it by itself.
enum JavaMainClass {
  static func settle(_ module: JavaPrograms.Module, rule: String) throws -> JavaPrograms.Chosen {
    var chosen = JavaPrograms.Chosen(module: module, rule: rule)
    if let stated = module.mainClass {
      chosen.main = stated
      chosen.mainSource = module.manifest
      return chosen
    }
    if let found = only(module.mains) {
      chosen.main = found.main.name
      chosen.mainSource = "\(found.path):\(found.main.line)"
      return chosen
    }
    // A framework's plugin finds its own, and a jar may have one that no source shows.
    guard module.framework == .none, module.mains.count > 1 else { return chosen }
    throw PackRefusal.severalPrograms("Java", candidates(of: module))
  }

  static func candidates(of module: JavaPrograms.Module) -> [ProgramCandidate] {
    guard module.mainClass == nil, module.framework == .none, only(module.mains) == nil else { return [] }
    return module.mains.count < 2
      ? [] : module.mains.map { ProgramCandidate(app: $0.main.name, reasons: ["\($0.path):\($0.main.line)"]) }
  }

  /// The only one; the only one that a framework's annotation marks; the only one that is named as programs are.
  private static func only(_ mains: [JavaSources.Found]) -> JavaSources.Found? {
    if mains.count == 1 { return mains[0] }
    let marked = mains.filter { $0.main.annotation != nil }
    if marked.count == 1 { return marked[0] }
    let usual = mains.filter { found in
      let name = found.main.name.split(separator: ".").last.map(String.init) ?? ""
      return ["Main", "App", "Application", "MainKt", "AppKt", "ApplicationKt"].contains(name)
    }
    return usual.count == 1 ? usual[0] : nil
  }
}

/// What serves the program's requests; it says which variables set its address and port.
enum JavaFramework: String {
  case none, spring, quarkus, micronaut, ktor, helidon, dropwizard, javalin, vertx

  var listens: Bool { self != .none }

  var title: String {
    switch self {
    case .none: "a program"
    case .spring: "Spring Boot"
    case .quarkus: "Quarkus"
    case .micronaut: "Micronaut"
    case .ktor: "Ktor"
    case .helidon: "Helidon"
    case .dropwizard: "Dropwizard"
    case .javalin: "Javalin"
    case .vertx: "Vert.x"
    }
  }

  /// By the names of dependencies that only such a server has.
  static func of(dependencies: [String]) -> JavaFramework {
    func has(_ parts: String...) -> Bool { dependencies.contains { name in parts.contains { name.contains($0) } } }
    if has("spring-boot-starter") { return .spring }
    if has("quarkus-") { return .quarkus }
    if has("micronaut-http-server", "micronaut-runtime") { return .micronaut }
    if has("ktor-server") { return .ktor }
    if has("helidon-") { return .helidon }
    if has("dropwizard-core") { return .dropwizard }
    if has("javalin") { return .javalin }
    if has("vertx-web", "vertx-core") { return .vertx }
    return .none
  }
}
