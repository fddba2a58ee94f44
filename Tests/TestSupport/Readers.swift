internal import Glibc
public import PackCore
internal import XCTest

/// Other people's readers of what packc says of images: the PyPI packages of scripts/readers.txt.
public enum Readers {
  /// Runs a Python program with them and gives back what it printed.
  public static func python(
    _ program: String, _ arguments: [String] = [], in directory: HostPath? = nil, file: StaticString = #filePath,
    line: UInt = #line
  ) throws -> String {
    try Tools.output(
      "python3", ["-c", program] + arguments, in: directory,
      environment: ["PYTHONPATH": place().description, "PYTHONDONTWRITEBYTECODE": "1"], file: file, line: line)
  }

  /// Where `make deps` puts them; the test is skipped when they are not there.
  private static func place() throws -> HostPath {
    let list = try FileSystem.read(Repository.root / "scripts/readers.txt")
    let name = "readers-\(Digest(of: list).short)"
    let home = getenv("HOME").map { String(cString: $0) } ?? "/root"
    let tools = getenv("PACKC_TOOLS").map { String(cString: $0) }
    for directory in [tools, "/opt/packc-tools", "\(home)/.local/share/packc-tools"].compactMap({ $0 }) {
      let candidate = HostPath(directory) / name
      if FileSystem.isDirectory(candidate) { return candidate }
    }
    throw XCTSkip("\(name) is not installed; `make deps` installs it")
  }
}
