internal import PackCore
internal import Packs

extension PythonSurvey {
  /// Throws what the survey could not read, in its words.
  init(_ json: JSONValue) throws {
    let reader = JSONReader(json, path: "survey")
    interpreter = try Interpreter(reader.required("interpreter"))
    if let problem = try reader.required("problems").array().first {
      let line = try problem.optional("line").map { Int(try $0.integer(in: 1...10_000_000)) }
      throw PackRefusal(
        .projectError, try problem.required("code").string(), try problem.required("message").string(),
        hint: try problem.optional("hint")?.string(),
        at: try problem.optional("path").map { SourceLocation(path: try $0.string(), line: line) })
    }
    try readDeclared(reader.required("declared"))
    lock = try reader.optional("lock").map(Lock.init)
    if let sources = try reader.optional("sources") { try readSources(sources) }
  }

  private mutating func readDeclared(_ reader: JSONReader) throws {
    requirements = try reader.optional("requirements").map(Requirements.init)
    project = try reader.optional("project").map { try Declared($0) }
    setupCfg = try reader.optional("setup_cfg").map { try Declared($0) }
    if let table = try reader.optional("poetry") {
      poetry = Declared(
        name: try table.optional("name")?.string(), version: try table.optional("version")?.string(), dependencies: [],
        names: try table.required("dependencies").strings(), extras: [:],
        scripts: try table.required("scripts").stringMap(), files: [])
    }
    setupPy = try reader.optional("setup_py").map { try Declared($0) }
    hasSetupPy = try reader.required("has_setup_py").bool()
    hasPipfile = try reader.required("pipfile").bool()
    conda = try reader.optional("conda")?.string()
    web = try reader.optional("web").map(Web.init)
    release = try reader.optional("release")?.string()
  }

  private mutating func readSources(_ reader: JSONReader) throws {
    objects = try reader.required("objects").array().map { object in
      Object(
        place: try Place(object), name: try object.required("name").string(),
        framework: try object.required("framework").string(),
        isASGI: try object.required("interface").string() == "asgi", isFactory: try object.required("factory").bool())
    }
    guards = try reader.required("guards").array().map { try Place($0) }
    mains = try reader.required("mains").array().map { try Place($0) }
    ports = try reader.required("ports").array().map { port in
      Port(
        number: Int(try port.required("number").integer(in: 1...65535)), path: try port.required("path").string(),
        line: Int(try port.required("line").integer(in: 1...10_000_000)),
        isLoopback: try port.required("loopback").bool())
    }
    directories = try reader.required("directories").array().map { directory in
      Directory(
        name: try directory.required("name").rootPath(), path: try directory.required("path").string(),
        line: Int(try directory.required("line").integer(in: 1...10_000_000)))
    }
    usesPortVariable = try reader.required("port_variable").bool()
    rootModules = try reader.required("modules").strings()
    imported = Set(try reader.required("imported").strings())
    manage = try reader.required("manage").strings()
    packages = Set(try reader.required("packages").strings())
    settings = try reader.required("settings").stringMap()
    staticRoots = try reader.required("static").array().map { root in
      StaticRoot(
        path: try root.required("path").string(), line: Int(try root.required("line").integer(in: 1...10_000_000)),
        name: try root.optional("name")?.string())
    }
    usesWhiteNoise = try reader.required("whitenoise").bool()
    streamlit = try reader.required("streamlit").strings()
    let foreign = try reader.required("foreign")
    for (path, _) in foreign.value.object ?? [:] { self.foreign[path] = try foreign.required(path).strings() }
  }
}

extension PythonSurvey.Interpreter {
  init(_ reader: JSONReader) throws {
    let version = try reader.required("version")
    guard let known = PythonVersion(try version.string()) else { throw version.failure("not a version") }
    self.version = known
    executable = HostPath(try reader.required("executable").string())
    prefix = HostPath(try reader.required("prefix").string())
    stdlib = HostPath(try reader.required("stdlib").string())
    let site = try reader.required("site")
    guard let first = try site.strings().first else { throw site.failure("empty") }
    self.site = HostPath(first)
    platform = try reader.required("platform").string()
    implementation = try reader.required("implementation").string()
    pip = try reader.optional("pip")?.string()
  }
}

extension PythonSurvey.Requirements {
  init(_ reader: JSONReader) throws {
    path = try reader.required("path").string()
    files = try reader.required("files").strings()
    names = try reader.required("names").strings()
    isHashed = try reader.required("hashed").bool()
    isEmpty = try reader.required("empty").bool()
    packages = try reader.required("packages").array().map(PythonPackage.init)
  }
}

extension PythonSurvey.Declared {
  init(_ reader: JSONReader) throws {
    name = try reader.optional("name")?.string()
    version = try reader.optional("version")?.string()
    dependencies = try reader.optional("dependencies")?.strings()
    names = try reader.required("names").strings()
    scripts = try reader.required("scripts").stringMap()
    files = try reader.optional("files")?.strings() ?? []
    extras = [:]
    if let extras = try reader.optional("extras") {
      for (name, _) in extras.value.object ?? [:] { self.extras[name] = try extras.required(name).strings() }
    }
  }
}

extension PythonSurvey.Lock {
  init(_ reader: JSONReader) throws {
    path = try reader.required("path").string()
    packages = try reader.required("packages").array().map(PythonPackage.init)
    local = try reader.required("local").strings()
  }
}

extension PythonSurvey.Place {
  init(_ reader: JSONReader) throws {
    path = try reader.required("path").string()
    module = try reader.required("module").string()
    line = Int(try reader.required("line").integer(in: 1...10_000_000))
    usesSiblings = try reader.required("siblings").bool()
    listens = try reader.required("listens").bool()
  }
}

extension PythonSurvey.Web {
  init(_ reader: JSONReader) throws {
    text = try reader.required("text").string()
    line = Int(try reader.required("line").integer(in: 1...10_000_000))
    words = try reader.optional("words")?.strings()
    before = try reader.required("before").strings()
    directory = try reader.required("directory").string()
    settings = try reader.required("settings").stringMap()
  }
}
