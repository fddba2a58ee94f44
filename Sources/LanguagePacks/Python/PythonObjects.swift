internal import PackCore
internal import Packs

/// ASGI and WSGI objects: the one that is nearest to the root and named as usual.
extension PythonPrograms {
  private static let tests: Set<String> = ["test", "tests", "testing"]
  private static let besideTheProduct: Set<String> = [
    "example", "examples", "doc", "docs", "sample", "samples", "demo", "demos", "script",
    "scripts", "bench", "benchmark", "benchmarks", "tools", "migrations",
  ]

  static func directories(_ path: String) -> [String] {
    path.split(separator: "/").dropLast().map { $0.lowercased() }
  }

  static func isTest(_ path: String) -> Bool {
    let file = path.split(separator: "/").last ?? ""
    return directories(path).contains(where: tests.contains) || file.hasPrefix("test_") || file.hasSuffix("_test.py")
      || ["conftest.py", "test.py", "tests.py"].contains(file)
  }

  static func isBeside(_ path: String) -> Bool { directories(path).contains(where: besideTheProduct.contains) }

  /// Without tests, and without examples and tools while there is something else.
  func product<T>(_ all: [T], path: (T) -> String) -> [T] {
    let code = all.filter { !Self.isTest(path($0)) }
    let product = code.filter { !Self.isBeside(path($0)) }
    return product.isEmpty ? code : product
  }

  /// Nearest to the root, in a module of a usual name, an object before a factory.
  static func rank(_ object: PythonSurvey.Object) -> [Int] {
    let last = object.place.module.split(separator: ".").last.map(String.init) ?? ""
    let modules = ["wsgi": 0, "asgi": 0, "main": 1, "app": 1, "server": 1, "application": 1, "api": 1]
    let depth = object.place.path.split(separator: "/").count - (object.place.path.hasPrefix("src/") ? 1 : 0)
    let isUsual = ["app", "application", "api", "server"].contains(object.name)
    let isPackage = object.place.path.hasSuffix("/__init__.py")
    return [object.isFactory ? 1 : 0, isPackage ? depth - 1 : depth, modules[last] ?? 2, isUsual ? 0 : 1]
  }

  func object(amongExamples: Bool) throws -> PythonProgram? {
    var objects = product(survey.objects) { $0.place.path }
    if !amongExamples { objects.removeAll { Self.isBeside($0.place.path) } }
    // Django writes both; the server that the project has settles it.
    let hasASGI = objects.contains { $0.isASGI && $0.framework == "django" }
    if hasASGI, objects.contains(where: { !$0.isASGI && $0.framework == "django" }) {
      let prefersASGI =
        PythonServer.find(forASGI: true, dependencies) != nil
        && PythonServer.find(forASGI: false, dependencies) == nil
      objects.removeAll { $0.framework == "django" && $0.isASGI != prefersASGI }
    }
    guard let best = objects.map(Self.rank).min(by: { $0.lexicographicallyPrecedes($1) }) else { return nil }
    let chosen = objects.filter { Self.rank($0) == best }
    // Of examples alone, none is nearer to what is meant than another.
    let rivals = Self.isBeside(chosen[0].place.path) ? objects : chosen
    guard rivals.count == 1 else { throw PackRefusal.severalPrograms("python", rivals.map(Self.candidate)) }
    if let main = ownMain(of: chosen[0]) { return main }
    let why = objects.count == 1 ? "the only one" : "nearest to the root and named as usual"
    return program(chosen[0], why: why)
  }

  /// `__main__.py` of a package says itself how its application is served, while the packages hold no server.
  private func ownMain(of object: PythonSurvey.Object) -> PythonProgram? {
    guard object.place.path.hasSuffix("/__main__.py"), PythonServer.find(forASGI: object.isASGI, dependencies) == nil
    else { return nil }
    return survey.mains.first { $0.path == object.place.path }.flatMap(main)
  }

  func program(_ object: PythonSurvey.Object, why: String) -> PythonProgram {
    let what = "\(object.framework) \(object.isFactory ? "factory" : "application")"
    return PythonProgram(
      kind: .object(object),
      decision: Decision(
        what: "program", value: object.app, source: "\(object.place.path):\(object.place.line) (\(what), \(why))"),
      place: object.place)
  }

  static func candidate(_ object: PythonSurvey.Object) -> ProgramCandidate {
    ProgramCandidate(
      app: object.app,
      reasons: [
        "\(object.place.path):\(object.place.line): \(object.framework) \(object.isFactory ? "factory" : "application")"
      ])
  }
}
