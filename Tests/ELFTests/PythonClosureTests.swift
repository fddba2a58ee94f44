import Glibc
import PackCore
import XCTest

@testable import ELF

/// The host's Python: a real program with extension modules, against what ldd says and by running it.
final class PythonClosureTests: XCTestCase {
  private struct Python {
    var executable: HostPath
    var standardLibrary: HostPath
    var version: String
  }

  private func python(_ shop: Workshop) throws -> Python {
    let lines = try shop.run(
      "python3",
      [
        "-c",
        "import sys, sysconfig; print(sys.executable); print(sysconfig.get_paths()['stdlib']); print('%d.%d' % sys.version_info[:2])",
      ]
    ).split(separator: "\n").map(String.init)
    return Python(
      executable: try XCTUnwrap(FileSystem.resolve(HostPath(lines[0]))), standardLibrary: HostPath(lines[1]),
      version: lines[2])
  }

  func testInterpreterAgreesWithLdd() throws {
    let shop = try Workshop()
    let python = try python(shop)
    let closure = try SharedObjectClosure.compute(
      of: image([("usr/local/bin/python3", python.executable, .runtime)]), platform: .host)
    let listed = try shop.run("ldd", [python.executable.description]).split(separator: "\n").compactMap { line in
      line.split(whereSeparator: \.isWhitespace).first { $0.hasPrefix("/") }.flatMap {
        FileSystem.resolve(HostPath(String($0)))
      }
    }
    XCTAssertGreaterThan(listed.count, 1)
    let byName = closure.additions.filter { !$0.neededBy.allSatisfy { $0.hasPrefix("dlopen by") } }
    XCTAssertEqual(Set(byName.map(\.source)), Set(listed))
    XCTAssertEqual(closure.caveats, [])
  }

  /// Interpreter and standard library with all extension modules, in an image of nothing else.
  func testRunsInItsClosure() throws {
    let shop = try Workshop()
    let python = try python(shop)
    let library = "usr/local/lib/python\(python.version)"
    var files: [(path: String, host: HostPath, layer: LayerRole)] = [
      ("usr/local/bin/python3", python.executable, .runtime)
    ]
    try DirectoryWalk.walk(python.standardLibrary) { entry in
      if ["__pycache__", "site-packages", "dist-packages", "test", "idlelib", "config-"].contains(where: {
        entry.path.name.hasPrefix($0)
      }) {
        return .skip
      }
      if entry.status.kind == .file {
        files.append(("\(library)/\(entry.path)", python.standardLibrary / entry.path, .runtime))
      }
      return .take
    }
    var root = try image(files)
    let start = HostContext.monotonicClock()
    let closure = try SharedObjectClosure.compute(of: root, platform: .host)
    let seconds = Double(HostContext.monotonicClock() - start) / 1e9
    XCTAssertLessThan(seconds, 20)
    try closure.insert(into: &root)
    try root.write(to: shop.path("image"))
    let script = "import ssl, hashlib, zlib, ctypes, sqlite3, json, lzma; print(ssl.OPENSSL_VERSION.split()[0], 6 * 7)"
    let result = try shop.attempt(
      "bwrap",
      [
        "--unshare-user", "--bind", shop.path("image").description, "/", "--chdir", "/", "/usr/local/bin/python3", "-I",
        "-c", script,
      ], environment: ["PYTHONHOME": "/usr/local"])
    XCTAssertEqual(result.outputText, "OpenSSL 42\n", "\(result.end) \(result.errorText)")
  }
}
