public import PackCore
internal import XCTest

extension HostContext {
  /// A context with nothing in it but what the test names. Asking a clock that the test did not give fails the test.
  public static func test(
    environment: [String: String] = [:], workingDirectory: HostPath = "/nonexistent/working-directory",
    executable: HostPath = "/nonexistent/bin/packc", standardErrorColumns: Int = 0,
    standardOutputIsTerminal: Bool = false, clock: (@Sendable () -> UInt64)? = nil, file: StaticString = #filePath,
    line: UInt = #line
  ) -> HostContext {
    HostContext(
      environment: environment, workingDirectory: workingDirectory, executable: executable,
      standardErrorColumns: standardErrorColumns, standardOutputIsTerminal: standardOutputIsTerminal,
      monotonicNanoseconds: clock ?? {
        XCTFail("the clock was asked and the test gave none", file: file, line: line)
        return 0
      })
  }
}
