internal import XCTest

@testable import Kernel
@testable import PackCore
@testable import Runner

/// A guest that measures its clock on a busy host hangs in calibration; ours are told the rate.
final class LoadTests: XCTestCase {
  func testMachinesBootWhileTheHostIsBusy() throws { try Busy.boot(2, of: Workshop.machines) }
}

/// What takes minutes.
final class LoadSlowTests: XCTestCase {
  func testTwoHundredMachinesBootWhileTheHostIsBusy() throws { try Busy.boot(200, of: [.microvm]) }
}

/// Twice as many busy threads as there are processors.
private enum Busy {
  static func boot(_ boots: Int, of machines: [QEMUMachine]) throws {
    let workshop = try Workshop()
    let image = try workshop.image("int main(void) { return 5; }")
    let stop = Locked(false)
    let busy = try (0..<4).map { _ in try HostThread { while !stop.withLock({ $0 }) {} } }
    var seconds: [Double] = []
    for boot in 0..<boots {
      let machine = machines[boot % machines.count]
      let (outcome, _) = try workshop.run(RunRequest(image: image, machine: machine, accelerator: .tcg, bootLimit: 90))
      XCTAssertEqual(outcome.end, .exited(5), "\(machine), boot \(boot)")
      seconds.append(try XCTUnwrap(outcome.secondsToStart))
    }
    stop.withLock { $0 = true }
    for thread in busy { try thread.join() }
    print("seconds to the program's start: \(seconds.map { ($0 * 100).rounded() / 100 })")
  }
}
