import TestSupport
import XCTest

@testable import Kernel
@testable import PackCore
@testable import Runner

/// What goes out of a machine and what does not, frame by frame.
final class EgressFilterTests: XCTestCase {
  private let guest = IPAddress("10.0.2.15")!
  private let nameserver = IPAddress("10.0.2.3")!
  private let second: UInt64 = 1_000_000_000

  private func filter(_ rules: String..., ports: [GuestPort] = []) throws -> EgressFilter {
    try EgressFilter(rules, nameserver: "10.0.2.3", ports: ports)
  }
  private func address(_ text: String) -> IPAddress { IPAddress(text)! }

  // MARK: - Frames

  private func word(_ number: UInt16) -> [UInt8] { [UInt8(number >> 8), UInt8(number & 0xff)] }

  private func frame(_ from: IPAddress, _ to: IPAddress, _ number: UInt8, _ data: [UInt8]) -> [UInt8] {
    let ethernet: [UInt8] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2]
    if to.bytes.count == 4 {
      return ethernet + [0x08, 0x00, 0x45, 0] + word(UInt16(20 + data.count)) + [0, 0, 0x40, 0, 64, number, 0, 0]
        + from.bytes + to.bytes + data
    }
    return ethernet + [0x86, 0xdd, 0x60, 0, 0, 0] + word(UInt16(data.count)) + [number, 64] + from.bytes + to.bytes
      + data
  }
  private func tcp(_ to: String, _ port: UInt16, flags: UInt8 = 0x02) -> [UInt8] {
    let target = address(to)
    let source = target.bytes.count == 4 ? guest : address("fd00::15")
    return frame(
      source, target, 6, word(40000) + word(port) + [0, 0, 0, 1, 0, 0, 0, 0, 0x50, flags, 0xff, 0xff, 0, 0, 0, 0])
  }
  private func udp(_ from: (IPAddress, UInt16), _ to: (IPAddress, UInt16), _ data: [UInt8] = []) -> [UInt8] {
    frame(from.0, to.0, 17, word(from.1) + word(to.1) + word(UInt16(8 + data.count)) + [0, 0] + data)
  }
  private func question(_ name: String, type: UInt8 = 1) -> [UInt8] {
    [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]
      + name.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0, 0, type, 0, 1]
  }
  private func answer(_ name: String, _ addresses: [String], seconds: UInt32 = 300) -> [UInt8] {
    var bytes = question(name)
    bytes[2] = 0x81
    bytes[7] = UInt8(addresses.count + 1)
    // A CNAME first; names are pointers to the question's.
    bytes += [0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, 2, 0xc0, 12]
    for text in addresses {
      let data = address(text).bytes
      bytes += [0xc0, 12, 0, data.count == 4 ? 1 : 28, 0, 1] + withUnsafeBytes(of: seconds.bigEndian) { Array($0) }
      bytes += word(UInt16(data.count)) + data
    }
    return bytes
  }

  private func passes(_ filter: inout EgressFilter, _ frame: [UInt8], now: UInt64 = 0) -> Bool {
    filter.judge(frame[...], now: now) == .pass
  }
  private func place(_ filter: inout EgressFilter, _ frame: [UInt8]) -> String? {
    if case .refuse(_, let place) = filter.judge(frame[...], now: 0) { place } else { nil }
  }

  // MARK: - Rules

  func testWhatIsDeclaredIsReachedAndNothingElse() throws {
    var filter = try filter("192.0.2.7:443", "[2001:db8::7]:443", "10.0.0.1:53")
    let rows: [(frame: [UInt8], passes: Bool)] = [
      (tcp("192.0.2.7", 443), true), (tcp("192.0.2.7", 80), false), (tcp("192.0.2.8", 443), false),
      (tcp("2001:db8::7", 443), true), (tcp("2001:db8::8", 443), false), (tcp("10.0.2.2", 443), false),
      (udp((guest, 4000), (address("192.0.2.7"), 443)), true), (udp((guest, 4000), (address("192.0.2.8"), 443)), false),
      (udp((guest, 4000), (address("10.0.0.1"), 53), question("anything")), true),
      // Not the first of a connection: what it belongs to was judged, or does not exist.
      (tcp("192.0.2.8", 443, flags: 0x10), true), (tcp("192.0.2.8", 443, flags: 0x12), true),
      (tcp("192.0.2.8", 443, flags: 0x03), false), (tcp("192.0.2.8", 443, flags: 0xc2), false),
      // A ping, an unknown protocol, a fragment, a VLAN.
      (frame(guest, address("192.0.2.7"), 1, [8, 0, 0, 0, 0, 0, 0, 0]), false),
      (frame(guest, address("192.0.2.7"), 47, [UInt8](repeating: 0, count: 20)), false),
      (udp((guest, 68), (address("255.255.255.255"), 67)), true),
      (udp((guest, 68), (address("255.255.255.255"), 68)), false),
      (udp((guest, 5353), (address("224.0.0.251"), 5353)), false),
      ([UInt8](repeating: 0xff, count: 6) + [2, 0, 0, 0, 0, 1, 8, 6] + [UInt8](repeating: 0, count: 28), true),
      (frame(address("fe80::1"), address("ff02::2"), 58, [133, 0, 0, 0, 0, 0, 0, 0]), true),
      (frame(address("fe80::1"), address("2001:db8::7"), 58, [128, 0, 0, 0, 0, 0, 0, 0]), false),
      ([], false), (Array(tcp("192.0.2.7", 443).prefix(50)), false),
    ]
    for (index, row) in rows.enumerated() { XCTAssertEqual(passes(&filter, row.frame), row.passes, "row \(index)") }
    for bits: UInt8 in [0x20, 0x01] {
      var fragment = tcp("192.0.2.7", 443)
      fragment[20] = bits
      XCTAssertFalse(passes(&filter, fragment), "a fragment")
    }
    XCTAssertEqual(place(&filter, tcp("192.0.2.8", 443)), "192.0.2.8:443/tcp")
    XCTAssertEqual(place(&filter, tcp("2001:db8::8", 1)), "[2001:db8::8]:1/tcp")
    var closed = try EgressFilter([], nameserver: "10.0.2.3", ports: [])
    XCTAssertFalse(passes(&closed, tcp("192.0.2.7", 443)), "an empty list is nothing")
  }

  func testNamesAreAskedForAndTheirAddressesReached() throws {
    var filter = try filter("API.example.com:443", "*.cdn.example:80")
    func ask(_ name: String, _ filter: inout EgressFilter) -> Bool {
      passes(&filter, udp((guest, 4000), (nameserver, 53), question(name)))
    }
    XCTAssertTrue(ask("api.example.com", &filter))
    XCTAssertTrue(ask("Api.Example.COM", &filter))
    XCTAssertTrue(ask("a.b.cdn.example", &filter))
    for name in ["example.com", "cdn.example", "xapi.example.com", "api.example.com.evil.org", "", "evilcdn.example"] {
      XCTAssertFalse(ask(name, &filter), name)
    }
    XCTAssertEqual(
      place(&filter, udp((guest, 4000), (nameserver, 53), question("evil.org"))), "the name evil.org")
    XCTAssertFalse(passes(&filter, tcp("10.0.2.3", 53)), "by TCP nobody reads what is asked")
    XCTAssertFalse(passes(&filter, tcp("192.0.2.7", 443)), "nobody has said yet that this is it")

    filter.observe(
      udp((nameserver, 53), (guest, 4000), answer("api.example.com", ["192.0.2.7", "2001:db8::7"]))[...], now: 0)
    XCTAssertTrue(passes(&filter, tcp("192.0.2.7", 443)))
    XCTAssertTrue(passes(&filter, tcp("2001:db8::7", 443)))
    XCTAssertFalse(passes(&filter, tcp("192.0.2.7", 80)), "the port of another rule")
    XCTAssertTrue(passes(&filter, tcp("192.0.2.7", 443), now: 299 * second))
    XCTAssertFalse(passes(&filter, tcp("192.0.2.7", 443), now: 301 * second), "it is over")

    // Somebody else's answer, and an answer to another question.
    filter.observe(
      udp((address("192.0.2.9"), 53), (guest, 4000), answer("api.example.com", ["192.0.2.10"]))[...], now: 0)
    filter.observe(udp((nameserver, 53), (guest, 4000), answer("evil.org", ["192.0.2.10"]))[...], now: 0)
    XCTAssertFalse(passes(&filter, tcp("192.0.2.10", 443)))
    filter.observe(
      udp((nameserver, 53), (guest, 4000), answer("x.cdn.example", ["192.0.2.11"], seconds: 0))[...], now: 0)
    XCTAssertTrue(passes(&filter, tcp("192.0.2.11", 80), now: 59 * second), "a minute at least")
  }

  func testWhoAsksTheProgramIsAnswered() throws {
    var filter = try filter(ports: [GuestPort(number: 53, transport: .udp), GuestPort(number: 80)])
    let client = (address("192.0.2.50"), UInt16(7777))
    XCTAssertFalse(passes(&filter, udp((guest, 53), client)), "nobody has asked")
    filter.observe(udp(client, (guest, 53))[...], now: 0)
    XCTAssertTrue(passes(&filter, udp((guest, 53), client)))
    XCTAssertFalse(passes(&filter, udp((guest, 54), client)))
    XCTAssertFalse(passes(&filter, udp((guest, 53), (client.0, 7778))))
    XCTAssertFalse(passes(&filter, udp((guest, 53), client), now: 200 * second))
    XCTAssertTrue(passes(&filter, tcp("192.0.2.50", 7777, flags: 0x12)), "a connection's second segment")
  }

  func testARefusalIsAnAnswerThatTheKernelTakes() throws {
    var filter = try filter("api.example.com:443")
    for target in ["192.0.2.8", "2001:db8::8"] {
      guard case .refuse(let answer, _) = filter.judge(tcp(target, 443)[...], now: 0) else { return XCTFail(target) }
      XCTAssertEqual(Array(answer[0..<12]), [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1], "to the one that asked")
      let packet = try XCTUnwrap(Packet(answer[...]))
      XCTAssertEqual(packet.kind, .icmp)
      XCTAssertEqual(packet.source, address(target))
      let isFour = target.contains(".")
      XCTAssertEqual(Array(answer[(isFour ? 34 : 54)..<(isFour ? 36 : 56)]), isFour ? [3, 13] : [1, 1])
      assertSums(answer)
    }
    guard case .refuse(let answer, _) = filter.judge(udp((guest, 4000), (nameserver, 53), question("x.y"))[...], now: 0)
    else { return XCTFail("the question passed") }
    let packet = try XCTUnwrap(Packet(answer[...]))
    XCTAssertEqual([packet.sourcePort, packet.destinationPort], [53, 4000])
    let message = Array(answer[packet.payload...])
    XCTAssertEqual(Array(message[0..<12]), [0x12, 0x34, 0x81, 0x85, 0, 1, 0, 0, 0, 0, 0, 0])
    assertSums(answer)
  }

  /// RFC 1071: a header with its checksum adds up to 0xffff.
  private func assertSums(_ frame: [UInt8]) {
    func total(_ bytes: ArraySlice<UInt8>, _ start: UInt32 = 0) -> UInt32 {
      var sum = start
      for (index, byte) in bytes.enumerated() { sum += UInt32(byte) << (index % 2 == 0 ? 8 : 0) }
      while sum > 0xffff { sum = sum >> 16 + sum & 0xffff }
      return sum
    }
    if frame[12] == 0x08 {
      XCTAssertEqual(total(frame[14..<34]), 0xffff)
      let start = frame[23] == 17 ? total(frame[26..<34]) + 17 + UInt32(frame.count - 34) : 0
      XCTAssertEqual(total(frame[34...], start), 0xffff)
    } else {
      XCTAssertEqual(total(frame[54...], total(frame[22..<54]) + UInt32(frame[20]) + UInt32(frame.count - 54)), 0xffff)
    }
  }

  func testRulesParse() {
    for text in ["", "host", "host:", "host:0", "host:65536", ":80", "[::1:80", "1:2:3", "[name]:80"] {
      XCTAssertNil(EgressRule(parsing: text), text)
    }
    XCTAssertEqual(EgressRule(parsing: "[2001:DB8::1]:443")?.host, .address(address("2001:db8::1")))
    assertFailure("bad_egress") { try EgressFilter(["nonsense"], nameserver: "", ports: []) }
  }

  // MARK: - Anything

  /// Whatever a machine sends: nothing crashes, and what passes as the start of a connection or as a datagram goes to a
  /// declared place, by a reading of the frame that is not the filter's.
  func testRandomFramesLeaveForDeclaredPlacesOnly() throws {
    let seed = Fuzzing.seed(40)
    var random = SeededRandom(seed: seed)
    var filter = try filter("192.0.2.7:443", "api.example.com:80", ports: [GuestPort(number: 53, transport: .udp)])
    let samples = [
      tcp("192.0.2.7", 443), tcp("192.0.2.8", 443), tcp("2001:db8::7", 443),
      udp((guest, 4000), (nameserver, 53), question("api.example.com")), udp((guest, 53), (address("192.0.2.9"), 9)),
      udp((nameserver, 53), (guest, 4000), answer("evil.org", ["192.0.2.10"])),
    ]
    for round in 0..<Fuzzing.rounds(20_000) {
      var bytes = samples.randomElement(using: &random)!
      for _ in 0..<Int.random(in: 0...4, using: &random) {
        let place = Int.random(in: 12..<bytes.count, using: &random)
        bytes[place] = [0, 1, 6, 17, 58, 0x45, 0x46, 0x60, 0x02, 0xff, UInt8.random(in: 0...255, using: &random)]
          .randomElement(using: &random)!
      }
      if Int.random(in: 0...3, using: &random) == 0 {
        bytes = Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &random)))
      }
      // In some other buffer than one that begins at 0.
      let frame = ([9, 9, 9] + bytes)[3...]
      guard case .pass = filter.judge(frame, now: 0) else { continue }
      if let target = Self.target(bytes) {
        let allowed = ["192.0.2.7:443", "10.0.2.3:53", "255.255.255.255:67"]
        XCTAssertTrue(allowed.contains(target), "seed \(seed), round \(round): \(target) \(bytes)")
      }
    }
    for _ in 0..<Fuzzing.rounds(5000) {
      filter.observe(random.bytes(Int.random(in: 0...120, using: &random))[...], now: 0)
      var bytes = samples[5]
      bytes[Int.random(in: 42..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
      filter.observe(bytes[...], now: 0)
    }
  }

  /// The place that an IPv4 frame opens something to; nil for what opens nothing there.
  private static func target(_ b: [UInt8]) -> String? {
    guard b.count > 34, b[12] == 8, b[13] == 0 else { return nil }
    let at = 14 + Int(b[14] % 16) * 4
    guard b.count >= at + 4 else { return nil }
    let isStart = b[23] == 17 || (b[23] == 6 && b.count > at + 13 && b[at + 13] & 2 != 0 && b[at + 13] & 16 == 0)
    guard isStart else { return nil }
    return b[30...33].map(String.init).joined(separator: ".") + ":\(Int(b[at + 2]) * 256 + Int(b[at + 3]))"
  }

  func testFramesAreCutWhereverTheStreamIs() throws {
    var random = SeededRandom(seed: Fuzzing.seed(41))
    let frames = (0..<50).map { random.bytes($0 * 7 % 90) }
    let stream: [UInt8] = frames.flatMap { frame -> [UInt8] in [0, 0, 0, UInt8(frame.count)] + frame }
    for step in 1...40 {
      var queue = FrameQueue()
      var found: [[UInt8]] = []
      for start in stride(from: 0, to: stream.count, by: step) {
        queue.append(stream[start..<min(start + step, stream.count)])
        while let frame = queue.next() { found.append(Array(frame)) }
      }
      XCTAssertEqual(found, frames, "step \(step)")
    }
    var broken = FrameQueue()
    broken.append([0xff, 0, 0, 0, 1][...])
    XCTAssertNil(broken.next())
    XCTAssertTrue(broken.isBroken)
  }
}
