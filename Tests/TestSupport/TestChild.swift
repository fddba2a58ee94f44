internal import Glibc
public import PackCore
internal import XCTest

/// Runs one test of this bundle again in a process of its own, for what would change the test process for good: limits,
/// signal handlers. The test asks `TestChild["NAME"]` and does its part only when the value is there.
public enum TestChild {
  private static let prefix = "PACKC_TEST_CHILD_"

  public static subscript(name: String) -> String? { getenv(prefix + name).map { String(cString: $0) } }

  /// `test` is `Class/method` in the module of the caller's file.
  public static func command(_ test: String, _ values: [String: String], fileID: StaticString = #fileID) -> Command {
    let module = "\(fileID)".prefix { $0 != "/" }
    var environment = ["PATH": "/usr/bin:/bin"]
    for (name, value) in values { environment[prefix + name] = value }
    return Command(
      [(FileSystem.resolve("/proc/self/exe") ?? "/proc/self/exe").description, "\(module).\(test)"],
      environment: environment, timeout: 60)
  }

  public static func run(_ test: String, _ values: [String: String], fileID: StaticString = #fileID) throws
    -> CommandResult
  {
    try ProcessRunner().run(command(test, values, fileID: fileID))
  }
}
