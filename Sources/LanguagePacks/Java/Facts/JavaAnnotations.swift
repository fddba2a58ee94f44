internal import PackCore

/// Routes, variables and caches that annotations declare: Spring, JAX-RS, Micronaut, servlets, MicroProfile.
struct JavaAnnotations {
  let facts: JavaFacts
  init(_ facts: JavaFacts) { self.facts = facts }

  private static let spring = "org/springframework/web/bind/annotation/"
  private static let springVerbs = [
    "GetMapping": "GET", "PostMapping": "POST", "PutMapping": "PUT", "DeleteMapping": "DELETE", "PatchMapping": "PATCH",
  ]
  private static let verbs = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"]

  func add() {
    for source in facts.ordered {
      let file = source.file
      springRoutes(file)
      restRoutes(file)
      micronautRoutes(file)
      servlet(file)
      feign(file)
      for field in file.fields { values(field.annotations, file) }
      for method in file.methods { values(method.annotations, file) }
      caches(file.annotations, file)
    }
  }

  private func line(_ method: ClassFile.Member) -> Int? { method.code?.line(at: 0) }

  private func route(_ verb: String, _ path: String, _ file: ClassFile, _ method: ClassFile.Member?) {
    let place = ClassCall.Place(owner: file.name, method: method?.name ?? "", line: method.flatMap(line))
    let whole = JavaRoute.join(facts.settings.prefix, path)
    guard !whole.contains("${") else { return facts.gap([.routes], "a path comes from a setting", at: place) }
    facts.add(.routes, "\(verb) \(JavaRoute.template(whole))", at: place)
  }

  // MARK: Spring

  private func springRoutes(_ file: ClassFile) {
    guard !file.isInterface, isController(file.annotations) else { return }
    // What it inherits counts, from classes of the program at least.
    let family = [file] + inherited(file)
    if family.contains(where: { other in
      ([other.superName].compactMap { $0 } + other.interfaces).contains {
        facts.classes[$0] == nil && !$0.hasPrefix("java/")
      }
    }) {
      facts.gap([.routes], "a controller inherits what may be routes", in: file.name)
    }
    let prefixes = family.lazy.compactMap { mapping($0.annotations)?.paths }.first ?? [""]
    var seen: Set<String> = []
    for owner in family {
      for method in owner.methods
      where seen.insert("\(method.name)\(method.type)\(mapping(method.annotations) == nil)").inserted {
        guard let found = mapping(method.annotations) else { continue }
        for prefix in prefixes {
          for path in found.paths {
            for verb in found.verbs { route(verb, JavaRoute.join(prefix, path), owner, method) }
          }
        }
      }
    }
  }

  private func inherited(_ file: ClassFile, depth: Int = 0) -> [ClassFile] {
    guard depth < 8 else { return [] }
    let parents = ([file.superName].compactMap { $0 } + file.interfaces).compactMap { facts.classes[$0]?.file }
    return parents + parents.flatMap { inherited($0, depth: depth + 1) }
  }

  private func isController(_ annotations: [ClassAnnotation], depth: Int = 0) -> Bool {
    annotations.contains { annotation in
      if annotation.name == "\(Self.spring)RestController"
        || annotation.name == "org/springframework/stereotype/Controller"
      {
        return true
      }
      // An annotation of the program's own that stands for several.
      return depth < 4
        && facts.classes[annotation.name].map { isController($0.file.annotations, depth: depth + 1) } ?? false
    }
  }

  private func mapping(_ annotations: [ClassAnnotation], depth: Int = 0) -> (paths: [String], verbs: [String])? {
    for annotation in annotations {
      let paths = ["value", "path"].flatMap { annotation.values[$0]?.texts ?? [] }
      let list = paths.isEmpty ? [""] : paths
      if annotation.name == "\(Self.spring)RequestMapping" {
        let verbs = annotation.values["method"]?.constants ?? []
        return (list, verbs.isEmpty ? ["*"] : verbs)
      }
      if annotation.name.hasPrefix(Self.spring),
        let verb = Self.springVerbs[String(annotation.name.dropFirst(Self.spring.utf8.count))]
      {
        return (list, [verb])
      }
      if depth < 4, let own = facts.classes[annotation.name],
        let found = mapping(own.file.annotations, depth: depth + 1)
      {
        return (paths.isEmpty ? found.paths : paths, found.verbs)
      }
    }
    return nil
  }

  private func feign(_ file: ClassFile) {
    guard let client = file.annotation("org/springframework/cloud/openfeign/FeignClient") else { return }
    let url = client.values["url"]?.texts.first ?? ""
    let value = facts.settings.resolve(url)
    for text in value.texts where !text.isEmpty {
      facts.used.insert(text)
      if case .host(let host) = JavaAddress.read(text, isWhole: true) { facts.add(.egress, host, in: file.name) }
    }
    facts.used.insert(url)
    if !value.isWhole || url.isEmpty {
      facts.gap([.egress], "the address of a client comes from elsewhere", in: file.name)
    }
  }

  // MARK: JAX-RS, Micronaut, servlets

  private func restRoutes(_ file: ClassFile) {
    for package in ["javax", "jakarta"] {
      let name = "\(package)/ws/rs/"
      let family = [file] + inherited(file)
      guard !file.isInterface || facts.children[file.name] == nil,
        let prefix = family.lazy.compactMap({ $0.annotation("\(name)Path") }).first?.values["value"]?.texts.first
      else { continue }
      let application =
        facts.ordered.lazy.compactMap { $0.file.annotation("\(name)ApplicationPath")?.values["value"]?.texts.first }
        .first ?? ""
      for owner in family {
        for method in owner.methods {
          let path = method.annotations.first { $0.name == "\(name)Path" }?.values["value"]?.texts.first
          let verbs = Self.verbs.filter { verb in method.annotations.contains { $0.name == "\(name)\(verb)" } }
          if verbs.isEmpty, path != nil {
            facts.gap([.routes], "a part of the routes is another object's", in: owner.name)
          }
          for verb in verbs { route(verb, JavaRoute.join(application, prefix, path ?? ""), owner, method) }
        }
      }
    }
  }

  private func micronautRoutes(_ file: ClassFile) {
    let name = "io/micronaut/http/annotation/"
    guard let controller = file.annotation("\(name)Controller") else { return }
    let prefix = controller.values["value"]?.texts.first ?? ""
    for method in file.methods {
      for annotation in method.annotations where annotation.name.hasPrefix(name) {
        let verb = annotation.name.dropFirst(name.utf8.count).uppercased()
        guard Self.verbs.contains(verb) else { continue }
        let paths = ["value", "uri", "uris"].flatMap { annotation.values[$0]?.texts ?? [] }
        for path in paths.isEmpty ? [""] : paths { route(verb, JavaRoute.join(prefix, path), file, method) }
      }
    }
  }

  private func servlet(_ file: ClassFile) {
    for package in ["javax", "jakarta"] {
      guard let annotation = file.annotation("\(package)/servlet/annotation/WebServlet") else { continue }
      let names = [
        "doGet": "GET", "doPost": "POST", "doPut": "PUT", "doDelete": "DELETE", "doHead": "HEAD",
        "doOptions": "OPTIONS",
      ]
      let verbs = file.methods.compactMap { names[$0.name] }
      for path in ["value", "urlPatterns"].flatMap({ annotation.values[$0]?.texts ?? [] }) {
        for verb in verbs.isEmpty ? ["*"] : verbs { route(verb, path, file, nil) }
      }
    }
  }

  // MARK: Values and caches

  private func values(_ annotations: [ClassAnnotation], _ file: ClassFile) {
    for annotation in annotations {
      switch annotation.name {
      case "org/springframework/beans/factory/annotation/Value":
        for text in annotation.values["value"]?.texts ?? [] { value(text, file) }
      case "org/eclipse/microprofile/config/inject/ConfigProperty":
        guard let name = annotation.values["name"]?.texts.first, JavaSettings.isVariable(name) else { continue }
        facts.add(annotation.values["defaultValue"] == nil ? .envRequired : .envOptional, name, in: file.name)
      default: break
      }
    }
    caches(annotations, file)
  }

  private func value(_ text: String, _ file: ClassFile) {
    for (name, fallback) in JavaSettings.placeholders(text) where JavaSettings.isVariable(name) {
      guard facts.settings.value(name) == nil else { continue }
      facts.add(fallback == nil ? .envRequired : .envOptional, name, in: file.name)
    }
    if let start = text.firstRange(of: "systemEnvironment['") {
      facts.add(.envOptional, String(text[start.upperBound...].prefix { $0 != "'" }), in: file.name)
    }
  }

  private func caches(_ annotations: [ClassAnnotation], _ file: ClassFile) {
    let package = "org/springframework/cache/annotation/"
    for annotation in annotations where annotation.name.hasPrefix(package) {
      for name in ["value", "cacheNames"].flatMap({ annotation.values[$0]?.texts ?? [] }) {
        facts.add(.cacheNamespaces, name, in: file.name)
      }
    }
  }
}
