public import PackCore
internal import XCTest

/// Runs `body`, which must throw a `Failure`, and returns it for a closer look.
@discardableResult
public func assertFailure<T>(
  _ code: String, exit: ExitCode? = nil, _ note: String = "", file: StaticString = #filePath, line: UInt = #line,
  _ body: () throws -> T
) -> Failure? {
  do {
    _ = try body()
    XCTFail("\(note) nothing was thrown; expected \(code)", file: file, line: line)
  } catch let failure as Failure {
    XCTAssertEqual(failure.code, code, "\(note) \(failure)", file: file, line: line)
    if let exit { XCTAssertEqual(failure.exit, exit, "\(note) \(failure)", file: file, line: line) }
    return failure
  } catch {
    XCTFail("\(note) expected a Failure, found \(error)", file: file, line: line)
  }
  return nil
}
