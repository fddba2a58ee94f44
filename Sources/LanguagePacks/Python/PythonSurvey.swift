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
    /// With hashes: what this interpreter takes of them.
    var packages: [PythonPackage]
  }
  /// [project] of pyproject.toml, setup.cfg, or the literals of setup.py.
  struct Declared {
    var name: String?
    var version: String?
    /// nil where only running setup.py would tell.
    var dependencies: [String]?
    var names: [String]
    var extras: [String: [String]]
    var scripts: [String: String]
    var files: [String]
  }
  struct Lock {
    var path: String
    var packages: [PythonPackage]
    /// Directories of the project's own packages that the program needs.
    var local: [String]
  }
  /// A place in the project's source.
  struct Place: Equatable {
    var path: String
    var module: String
    var line: Int
    /// It imports a neighbour by its bare name.
    var usesSiblings: Bool
    /// It opens a port.
    var listens = false
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

  /// The web line of a Procfile.
  struct Web: Equatable {
    var text: String
    var line: Int
    /// The one command that serves; nil when only a shell can read the line.
    var words: [String]?
    /// Commands before it, which are not run.
    var before: [String]
    /// Where `cd` went first.
    var directory: String
    var settings: [String: String]
  }

  /// Where a Django project collects its static files.
  struct StaticRoot: Equatable {
    var path: String
    var line: Int
    /// The last part of it, where it is a literal.
    var name: String?
  }

  var interpreter: Interpreter
  var requirements: Requirements?
  var project: Declared?
  var setupCfg: Declared?
  var setupPy: Declared?
  var poetry: Declared?
  var hasSetupPy = false
  var hasPipfile = false
  /// The file of a conda environment.
  var conda: String?
  var web: Web?
  /// The Procfile's release command.
  var release: String?
  var lock: Lock?
  var objects: [Object] = []
  var guards: [Place] = []
  var mains: [Place] = []
  var ports: [Port] = []
  var directories: [Directory] = []
  var usesPortVariable = false
  /// Modules at the project's root that another one imports.
  var imported: Set<String> = []
  /// Modules at the project's root.
  var rootModules: [String] = []
  /// Paths of manage.py.
  var manage: [String] = []
  /// Directories with an `__init__.py`.
  var packages: Set<String> = []
  /// By path, the settings module that a file of a Django project names.
  var settings: [String: String] = [:]
  /// Where STATIC_ROOT is set.
  var staticRoots: [StaticRoot] = []
  var usesWhiteNoise = false
  /// Files that import streamlit.
  var streamlit: [String] = []
  /// By path of a module at the root, packages of others that it always imports; empty before Python 3.10.
  var foreign: [String: [String]] = [:]

  /// What declares the project as a package, the first of those that people write.
  var package: Declared? { project ?? poetry ?? setupCfg ?? setupPy }
}

/// One package of a lock.
struct PythonPackage: Equatable {
  var name: String
  var version: String
  /// Hex.
  var sha256: [String]
  var filename: String?
  /// Hex; of the one wheel that there is, when it fits every platform.
  var wheel: String?

  init(_ reader: JSONReader) throws {
    name = try reader.required("name").string()
    version = try reader.required("version").string()
    sha256 = try reader.required("sha256").strings().map { $0.hasPrefix("sha256:") ? String($0.dropFirst(7)) : $0 }
    filename = try reader.optional("filename")?.string()
    wheel = try reader.optional("wheel")?.string()
    let isPlain = (name + version).utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: ";") }
    guard isPlain, !sha256.isEmpty, (sha256 + [wheel].compactMap { $0 }).allSatisfy({ Digest(hex: $0) != nil })
    else {
      throw reader.failure("not a package with version and sha256")
    }
  }

  /// A line of a requirements file (pip, "hash-checking mode").
  var line: String { "\(name)==\(version)" + sha256.sorted().map { " --hash=sha256:\($0)" }.joined() }
}
