import XCTest

@testable import Runner

final class ForwardProbeTests: XCTestCase {
  func testOnlyAConnectionThatTheGuestHasTakenCounts() {
    func table(_ state: String, _ port: Int) -> String {
      """
      Hub -1 (net):\r
        Protocol[State]    FD  Source Address  Port   Dest. Address  Port RecvQ SendQ\r
        TCP[\(state)]   18       127.0.0.1 18080       10.0.2.15  \(port)     0     0\r
        TCP[HOST_FORWARD]   3       127.0.0.1 18080       10.0.2.15  8080     0     0\r
        UDP[221 sec]  20       10.0.2.15  8080       127.0.0.1 18080     0     0\r
      """
    }
    XCTAssertTrue(ForwardProbe.isEstablished(table("ESTABLISHED", 8080), 8080))
    for text in [table("SYN_SENT", 8080), table("TIME_WAIT", 8080), table("ESTABLISHED", 8081), "", "TCP[ESTABLISHED]"]
    {
      XCTAssertFalse(ForwardProbe.isEstablished(text, 8080), text)
    }
  }
}
