import Glibc
import PackCore
import Runner
import TestSupport
import XCTest

@testable import Deploy

/// A program's output on the disk: bounded, unchanged, found again by lines and by time.
final class LogTests: XCTestCase {
  private func read(_ place: TemporaryDirectory, _ change: (inout LogReader.Choice) -> Void) throws -> String {
    var context = HostContext.test(environment: ["XDG_STATE_HOME": place.path.description])
    context.executable = "/bin/false"
    var choice = LogReader.Choice()
    change(&choice)
    var bytes: [UInt8] = []
    try LogReader(try Deployments(context), "shop").read(choice) { bytes += $0 }
    return String(decoding: bytes, as: UTF8.self)
  }
  private func console(_ place: TemporaryDirectory) throws -> HostPath {
    try place.makeDirectory("packc/machines/shop") / "console.log"
  }

  func testRotationKeepsTheLastBytesUnchanged() throws {
    let place = try TemporaryDirectory()
    let path = try console(place)
    let log = try RotatingLog(path, limits: .init(size: 1000, count: 3))
    var written: [UInt8] = []
    var random = SeededRandom(seed: 5)
    for _ in 0..<200 {
      let piece = random.bytes(Int.random(in: 0..<90, using: &random))
      log.take(piece[...])
      written += piece
    }
    let names = try place.names(in: "packc/machines/shop").sorted()
    XCTAssertEqual(
      names,
      [
        "console.log", "console.log.1", "console.log.1.times", "console.log.2", "console.log.2.times",
        "console.log.times",
      ])
    let kept = try [2, 1, 0].flatMap { try FileSystem.read(RotatingLog.older(path, $0)) }
    XCTAssertEqual(kept, written.suffix(kept.count))
    XCTAssertGreaterThan(kept.count, 2000)
    for number in 0...2 { XCTAssertLessThan(try FileSystem.read(RotatingLog.older(path, number)).count, 1090) }
    XCTAssertEqual(log.lost, 0)
  }

  func testAFullDiskLosesBytesAndNothingElse() throws {
    guard FileSystem.exists("/dev/full") else { throw XCTSkip("no /dev/full") }
    let place = try TemporaryDirectory()
    let path = try console(place)
    try FileSystem.createLink(path, to: Array("/dev/full".utf8))
    let log = try RotatingLog(path)
    log.take(Array("lost".utf8)[...])
    XCTAssertEqual(log.lost, 4)
    XCTAssertEqual(log.lastLines, ["lost"])
  }

  func testTheLastLinesAreFoundOverAllFiles() throws {
    let place = try TemporaryDirectory()
    let log = try RotatingLog(try console(place), limits: .init(size: 100, count: 5))
    let lines = (0..<40).map { "line \($0)\n" }
    for line in lines { log.take(Array(line.utf8)[...]) }
    for count in [0, 1, 2, 13, 39, 40, 50] {
      XCTAssertEqual(try read(place) { $0.tail = count }, lines.suffix(count).joined(), "\(count)")
    }
    log.take(Array("no line end".utf8)[...])
    XCTAssertEqual(try read(place) { $0.tail = 2 }, "line 39\nno line end")
    XCTAssertEqual(try read(place) { _ in }, lines.joined() + "no line end")
  }

  func testTimesLeadToTheirPlace() throws {
    let place = try TemporaryDirectory()
    nonisolated(unsafe) var now: Int64 = 1_000_000_000_000
    let log = try RotatingLog(try console(place), limits: .init(size: 60, count: 5), now: { now })
    for minute in 0..<10 {
      log.take(Array("minute \(minute)\n".utf8)[...])
      now += 60_000_000_000
    }
    XCTAssertEqual(
      try read(place) { $0.since = 1_000_000_000_000 + 7 * 60_000_000_000 }, "minute 7\nminute 8\nminute 9\n")
    XCTAssertEqual(try read(place) { $0.since = 5_000_000_000_000 }, "")
    XCTAssertEqual(try read(place) { $0.since = 0 }.split(separator: "\n").count, 10)
    XCTAssertEqual(
      try read(place) {
        $0.since = 1_000_000_000_000 + 5 * 60_000_000_000
        $0.tail = 1
      }, "minute 9\n")
  }

  func testEventsAreLinesAndTornOnesAreLeftOut() throws {
    let place = try TemporaryDirectory()
    let events = EventLog(place / "events.jsonl", limit: 400)
    for number in 0..<20 { events.add(["number": .integer(Int64(number))]) }
    let file = try Descriptor.open(place / "events.jsonl", O_WRONLY | O_APPEND)
    try file.write(Array("{\"torn".utf8))
    XCTAssertEqual(events.last(3).compactMap { $0["number"]?.integer }, [18, 19])
    XCTAssertEqual(try place.names().sorted(), ["events.jsonl", "events.jsonl.1"])
  }
}
