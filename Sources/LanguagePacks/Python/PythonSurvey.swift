internal import PackCore
internal import Packs

/// What `lib/survey.py` found, run by the interpreter that will run the program.
struct PythonSurvey {
  struct Interpreter {
    var version: PythonVersion
    var executable: HostPath
    var prefix: HostPath
    var stdlib: HostPath
    var site: HostPath
    var platform: String
    var implementation: String
    var pip: String?
  }
  struct Requirements {
    var path: String
    /// The file and those that it includes.
    var files: [String]
    var names: [String]
    /// Every line has a version and a hash.
    var isHashed: Bool
    var isEmpty: Bool
  }
  /// [project] of pyproject.toml, or setup.cfg.
  struct Declared {
    var name: String?
    var version: String?
    var dependencies: [String]
    var names: [String]
    var extras: [String: [String]]
    var scripts: [String: String]
    var files: [String]
  }
  struct Lock {
    var path: String
    var packages: [PythonPackage]
  }
  /// A place in the project's source.
  struct Place: Equatable {
    var path: String
    var module: String
    var line: Int
    /// It imports a neighbour by its bare name.
    var usesSiblings: Bool
  }
  /// An ASGI or WSGI object, or a function that makes one.
  struct Object: Equatable {
    var place: Place
    var name: String
    var framework: String
    var isASGI: Bool
    var isFactory: Bool
    var app: String { "\(place.module):\(name)" }
  }
  struct Port: Equatable {
    var number: Int
    var path: String
    var line: Int
    var isLoopback: Bool
  }

  /// A directory that the program makes, relative to where it is started.
  struct Directory: Equatable {
    var name: RootPath
    var path: String
    var line: Int
  }

  var interpreter: Interpreter
  var requirements: Requirements?
  var project: Declared?
  var setupCfg: Declared?
  var poetry: Declared?
  var hasSetupPy = false
  var hasPipfile = false
  var procfile: String?
  var lock: Lock?
  var objects: [Object] = []
  var guards: [Place] = []
  var mains: [Place] = []
  var ports: [Port] = []
  var directories: [Directory] = []
  var usesPortVariable = false
  /// Modules at the project's root.
  var rootModules: [String] = []
  /// Paths of manage.py.
  var manage: [String] = []
  /// Directories with an `__init__.py`.
  var packages: Set<String> = []

  /// Throws what the survey could not read, in its words.
  init(_ json: JSONValue) throws {
    let reader = JSONReader(json, path: "survey")
    interpreter = try Interpreter(reader.required("interpreter"))
    if let problem = try reader.required("problems").array().first {
      throw PackRefusal(
        .projectError, "bad_project_file", try problem.required("message").string(),
        hint: try problem.optional("hint")?.string(),
        at: try problem.optional("path").map { SourceLocation(path: try $0.string()) })
    }
    try readDeclared(reader.required("declared"))
    lock = try reader.optional("lock").map(Lock.init)
    try readSources(reader.required("sources"))
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
    hasSetupPy = try reader.required("setup_py").bool()
    hasPipfile = try reader.required("pipfile").bool()
    procfile = try reader.optional("procfile")?.string()
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
    manage = try reader.required("manage").strings()
    packages = Set(try reader.required("packages").strings())
  }
}

/// One package of a lock.
struct PythonPackage: Equatable {
  var name: String
  var version: String
  /// Hex.
  var sha256: [String]
  var filename: String?

  init(_ reader: JSONReader) throws {
    name = try reader.required("name").string()
    version = try reader.required("version").string()
    sha256 = try reader.required("sha256").strings().map { $0.hasPrefix("sha256:") ? String($0.dropFirst(7)) : $0 }
    filename = try reader.optional("filename")?.string()
    let isPlain = (name + version).utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: ";") }
    guard isPlain, !sha256.isEmpty, sha256.allSatisfy({ Digest(hex: $0) != nil }) else {
      throw reader.failure("not a package with version and sha256")
    }
  }

  /// A line of a requirements file (pip, "hash-checking mode").
  var line: String { "\(name)==\(version)" + sha256.sorted().map { " --hash=sha256:\($0)" }.joined() }
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
  }
}

extension PythonSurvey.Declared {
  init(_ reader: JSONReader) throws {
    name = try reader.optional("name")?.string()
    version = try reader.optional("version")?.string()
    dependencies = try reader.required("dependencies").strings()
    names = try reader.required("names").strings()
    scripts = try reader.required("scripts").stringMap()
    files = try reader.optional("files")?.strings() ?? ["setup.cfg"]
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
  }
}

extension PythonSurvey.Place {
  init(_ reader: JSONReader) throws {
    path = try reader.required("path").string()
    module = try reader.required("module").string()
    line = Int(try reader.required("line").integer(in: 1...10_000_000))
    usesSiblings = try reader.required("siblings").bool()
  }
}
