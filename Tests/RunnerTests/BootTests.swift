internal import XCTest

@testable import Kernel
@testable import PackCore
@testable import Runner

/// Real machines: Debian's kernel under QEMU.
final class BootTests: XCTestCase {
  func testExitCodesComeBackOnBothMachineTypes() throws {
    let workshop = try Workshop()
    let image = try workshop.image(
      """
      #include <stdio.h>
      #include <stdlib.h>
      int main(int count, char **arguments) {
        printf("first\\r\\nsecond\\n\\xff\\x01 arguments %d\\n", count);
        fputs(getenv("GREETING"), stdout);
        int code = atoi(getenv("CODE"));
        if (code < 0) abort();
        return code;
      }
      """, .init(arguments: ["/app/program", "a b"], environment: ["GREETING": "image", "CODE": "7"]))
    for machine in QEMUMachine.allCases {
      let (seven, output) = try workshop.run(RunRequest(image: image, machine: machine))
      XCTAssertEqual(seven.exitCode.rawValue, 7, machine.rawValue)
      XCTAssertEqual(
        Array(output.utf8),
        Array(
          String(
            decoding: Array("first\r\nsecond\n".utf8) + [0xff, 0x01] + Array(" arguments 2\nimage".utf8), as: UTF8.self
          ).utf8), machine.rawValue)
      print(machine.rawValue, seven)
    }
    let (zero, output) = try workshop.run(
      RunRequest(image: image, environment: ["CODE": "0", "GREETING": "host"]))
    XCTAssertEqual(zero.end, .exited(0))
    XCTAssertTrue(output.hasSuffix("host"), output)
    let (aborted, _) = try workshop.run(RunRequest(image: image, environment: ["CODE": "-1"]))
    XCTAssertEqual(aborted.end, .signalled(6))
    XCTAssertEqual(aborted.exitCode.rawValue, 134)
  }
}
