internal import PackCore
internal import Packs

/// The interpreter and its standard library as files of the image.
///
/// An interpreter of the system keeps its places. One with a prefix of its own (pyenv, uv, /opt) goes to /usr/local: it
/// finds its library relative to itself.
struct PythonRuntime {
  let interpreter: PythonSurvey.Interpreter

  /// What a program does not need of the standard library, or what describes the host.
  static let excluded = [
    "__pycache__", "**/__pycache__", "site-packages", "dist-packages", "test", "idlelib", "tkinter", "turtledemo",
    "turtle.py", "ensurepip", "lib2to3", "config-*", "**/*.a", "**/*.o", "sitecustomize.py", "EXTERNALLY-MANAGED",
    "unittest/test", "ctypes/test", "distutils/tests", "sqlite3/test", "venv/scripts", "pydoc_data/topics.py",
    "lib-dynload/_test*.so", "lib-dynload/_tkinter*.so", "lib-dynload/_ctypes_test*.so", "lib-dynload/xxlimited*.so",
    "lib-dynload/_xxtestfuzz*.so",
  ]

  private var keepsPlaces: Bool { interpreter.prefix == "/usr" || interpreter.prefix == "/usr/local" }

  /// The place of a host path in the image.
  func place(_ path: HostPath) -> RootPath? {
    if keepsPlaces { return RootPath(bytes: path.bytes) }
    guard let below = path.relative(to: interpreter.prefix) else { return nil }
    return RootPath(literal: "/usr/local").appending(below)
  }

  private func needed(_ path: HostPath) throws -> RootPath {
    guard let place = place(path) else {
      throw PackRefusal(
        .toolchainMissing, "toolchain_layout",
        "\(path) does not lie below the prefix of its Python, \(interpreter.prefix)",
        hint: "use a Python whose files are in one place: Debian's, pyenv's or uv's")
    }
    return place
  }

  func executable() throws -> RootPath { try needed(interpreter.executable) }
  func stdlib() throws -> RootPath { try needed(interpreter.stdlib) }
  /// Where packages go: the first directory that the interpreter itself looks at.
  func site() throws -> RootPath { try needed(interpreter.site) }

  func request() throws -> BuildPlan.RuntimeRequest {
    .init(
      trees: [
        .init(path: interpreter.executable, destination: try executable()),
        .init(path: interpreter.stdlib, destination: try stdlib(), exclude: Self.excluded),
      ],
      // pthread_exit(3) and C++ wheels open it by name.
      libraries: ["libgcc_s.so.1"])
  }

  /// The standard library's byte code, and the module that starts servers: nothing of the project goes into it, so every
  /// project shares the result.
  func byteCodeStep() throws -> BuildStep {
    BuildStep(
      id: "stdlib",
      argv: [
        interpreter.executable.description, "-B", "-s", "-S", "${pack}/lib/bytecode.py", interpreter.stdlib.description,
        try stdlib().absolute, "${work}/stdlib", "${pack}/lib/packc_serve.py",
      ],
      environment: ["EXCLUDED": Self.excluded.joined(separator: "\n"), "PYTHONHASHSEED": "0"],
      inputs: ["${pack}/lib/bytecode.py", "${pack}/lib/packc_serve.py"],
      outputs: [RootPath(literal: "stdlib")], tools: tools)
  }

  /// Host files whose identity is that of the interpreter.
  var tools: [String] {
    [interpreter.executable, interpreter.stdlib, interpreter.stdlib / "os.py", interpreter.stdlib / "lib-dynload"]
      .map(\.description)
  }
}
