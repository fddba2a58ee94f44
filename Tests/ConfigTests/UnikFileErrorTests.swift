import PackCore
import XCTest

@testable import Config

final class UnikFileErrorTests: XCTestCase {
  /// text, line, column, part of the message, part of the hint
  func testWrongValuesNamePlaceAndNextStep() throws {
    let rows: [(String, Int, Int, String, String)] = [
      ("version: 2", 1, 10, "reads version 1", "version: 1"),
      ("nmae: shop", 1, 1, "unknown key \"nmae\"; did you mean \"name\"?", "artifact, build"),
      ("build:\n  comand: x", 2, 3, "in build; did you mean \"command\"?", "command, env"),
      ("name: My Shop", 1, 7, "not a name", "my-shop"),
      ("name: [a]", 1, 7, "found a list", ""),
      ("[a, b]", 1, 1, "expected a mapping", ""),
      ("build: {command: \"\"}", 1, 18, "empty", "make"),
      ("build: {command: []}", 1, 18, "needs a program", "make"),
      ("build: {command: {debug: x}}", 1, 18, "release is missing", "release"),
      ("build: {network: yes}", 1, 18, "expected true or false", "true"),
      ("build: {network: \"true\"}", 1, 18, "expected true or false", "without quotes"),
      ("build: {env: {A: }}", 1, 18, "found nothing", "\"\""),
      ("build: {env: {A: [b]}}", 1, 18, "found a list", ""),
      ("build: {env: {1A: b}}", 1, 15, "not a name of an environment", "digit"),
      ("build: {env: {A: \"x\\0y\"}}", 1, 18, "NUL", ""),
      ("build: {inputs: [../up]}", 1, 18, "not a path below the project", ".."),
      ("artifact: {path: /abs}", 1, 18, "not a path below", "relative"),
      ("artifact: {files: {a: b}}", 1, 23, "not an absolute path", "/"),
      ("artifact: {files: {a: /proc/x}}", 1, 23, "kernel mounts /proc", "/srv"),
      ("artifact: {files: {a: /}}", 1, 23, "whole image", "below"),
      ("artifact: {files: {a: /b, ./a: /c}}", 1, 19, "twice", ""),
      ("artifact: {modes: {a: 4755}}", 1, 20, "not an absolute path", "/"),
      ("artifact: {modes: {/a: 4855}}", 1, 24, "octal", "4755"),
      ("artifact: {modes: {/a: u+s}}", 1, 24, "octal", "4755"),
      ("artifact: {modes: {/a: 644, /a/: 755}}", 1, 29, "twice", ""),
      ("artifact: {capabilities: {/a: cap_net_bind_servic=ep}}", 1, 31, "not a list", "cap_net_bind_service"),
      ("artifact: {capabilities: {/a: cap_net_raw}}", 1, 31, "not a list", "p or i"),
      ("run: {args: x}", 1, 13, "expected a list", "args: [x]"),
      ("run: {volumes: {name: data}}", 1, 16, "expected a list", "each entry of volumes with a dash: - name: …"),
      ("run: {ports: [8080:80]}", 1, 15, "not a port", "--publish"),
      ("run: {ports: [0]}", 1, 15, "not a port", ""),
      ("run: {ports: [65536]}", 1, 15, "not a port", ""),
      ("run: {ports: [080]}", 1, 15, "not a port", ""),
      ("run: {ports: [80/sctp]}", 1, 15, "not a port", ""),
      ("run: {ports: [80, 80/tcp]}", 1, 19, "twice", ""),
      ("run: {writable: [data]}", 1, 18, "absolute", "/"),
      ("run: {writable: [/]}", 1, 18, "whole image", "/data"),
      ("run: {health: {}}", 1, 15, "either", "healthz"),
      ("run: {health: {http: /, tcp: 80}}", 1, 15, "either", ""),
      ("run: {health: {http: healthz}}", 1, 22, "not a path", "/healthz"),
      ("run: {health: {tcp: 80, port: 80}}", 1, 31, "belongs to", ""),
      ("run: {memory: 128m}", 1, 15, "not a size", "128Mi"),
      ("run: {memory: 128 MB}", 1, 15, "not a size", "128Mi"),
      ("run: {memory: 128}", 1, 15, "less than", "128Mi"),
      ("run: {memory: 9999999999Ti}", 1, 15, "not a size", ""),
      ("run: {cpus: 0}", 1, 13, "not between", ""),
      ("run: {cpus: 1.5}", 1, 13, "whole number", ""),
      ("run: {volumes: [{name: d, size: 1Gi}]}", 1, 17, "\"mount\" is missing", ""),
      ("run: {volumes: [{name: d, size: 1Gi, mount: /a}, {name: d, size: 1Gi, mount: /b}]}", 1, 16, "share", ""),
      ("run: {restart: no}", 1, 16, "not a policy", "never"),
      ("run: {restart: onfailure}", 1, 16, "not one of", "on-failure"),
      ("kernel: sha256:12", 1, 9, "not default", "kernel list"),
      ("contract: {egress: [https://api.example.com/v1]}", 1, 21, "not host:port", "api.example.com:443"),
      ("contract: {egress: [api.example.com]}", 1, 21, "not host:port", "api.example.com:443"),
      ("contract: {egress: [a:1, a:1]}", 1, 26, "twice", ""),
      ("contract: {env: {required: [A=1]}}", 1, 29, "not the name", "never a value"),
      ("contract: {env: {required: [A], optional: [A]}}", 1, 44, "both", ""),
      ("contract: {properties: {readonly: true}}", 1, 25, "did you mean \"read-only\"", ""),
      ("contract: {waivers: [{gate: no-shel, reason: x}]}", 1, 29, "not one of", "no-shell"),
      ("contract: {waivers: [{gate: no-shell}]}", 1, 22, "\"reason\" is missing", ""),
      ("contract: {waivers: [{gate: no-shell, reason: x, until: 2027-02-29}]}", 1, 57, "not a day", "2027-01-01"),
      ("options: {a: on}", 1, 14, "differently", "true or false"),
      ("options: {a: 0644}", 1, 14, "differently", "quote"),
      ("options: [a]", 1, 10, "expected a mapping", ""),
    ]
    for (text, line, column, message, hint) in rows {
      guard let failure = failure(text) else { continue }
      XCTAssertEqual(failure.code, "unik_yaml_invalid", text)
      XCTAssertEqual(failure.location, SourceLocation(path: "unik.yaml", line: line, column: column), text)
      XCTAssertTrue(failure.message.contains(message), "\(text): \(failure.message)")
      XCTAssertTrue(failure.hint?.contains(hint) == true || hint.isEmpty, "\(text): \(failure.hint ?? "")")
    }
  }

  func testYAMLThatAProjectFileDoesNotUse() throws {
    let rows: [(String, String, Int, Int)] = [
      ("a: b: c", "unik_yaml_syntax", 1, 5),
      ("build:\n\tcommand: x", "unik_yaml_syntax", 2, 1),
      ("run: {ports: [80", "unik_yaml_syntax", 2, 1),
      ("name: a\nname: b", "unik_yaml_duplicate_key", 2, 1),
      ("options: {x: {é: 1, é: 2}}", "unik_yaml_duplicate_key", 1, 21),
      ("name: a\n---\nname: b", "unik_yaml_several_documents", 2, 1),
      ("name: !!python/object a", "unik_yaml_tag", 1, 7),
      ("run: !custom {}", "unik_yaml_tag", 1, 6),
      ("? [a]\n: b", "unik_yaml_key", 1, 3),
      ("? {a: b}\n: c", "unik_yaml_key", 1, 3),
      ("~: b", "unik_yaml_key", 1, 1),
      ("options: {<<: {a: 1}}", "unik_yaml_merge", 1, 11),
      ("name: *unknown", "unik_yaml_anchor", 1, 7),
      ("options: &a {b: *a}", "unik_yaml_anchor", 1, 17),
    ]
    for (text, code, line, column) in rows {
      guard let failure = failure(text) else { continue }
      XCTAssertEqual(failure.code, code, text)
      XCTAssertEqual(failure.location, SourceLocation(path: "unik.yaml", line: line, column: column), text)
    }
    XCTAssertTrue(failure("build:\n\tcommand: x")?.hint?.contains("tabs") == true)
  }

  func testLimits() throws {
    XCTAssertEqual(failure(String(repeating: "#", count: 1 << 20) + "\n")?.code, "unik_yaml_too_large")
    XCTAssertEqual(failure("options: {a: " + String(repeating: "[", count: 5000))?.code, "unik_yaml_too_deep")
    let laughs = (1...20).map {
      "  l\($0): &l\($0) [" + Array(repeating: "*l\($0 - 1)", count: 9).joined(separator: ",") + "]"
    }
    XCTAssertEqual(
      failure("options:\n  l0: &l0 [a]\n" + laughs.joined(separator: "\n"))?.code, "unik_yaml_too_many_values")
    // Each line one level deeper through its alias.
    let stairs = (1...40).map { "  s\($0): &s\($0) [*s\($0 - 1)]" }
    XCTAssertEqual(failure("options:\n  s0: &s0 [a]\n" + stairs.joined(separator: "\n"))?.code, "unik_yaml_too_deep")
    do {
      _ = try UnikFile.parse(bytes: Array("name: a\npack: \"é".utf8) + [0xff, 0xfe], path: "u.yaml")
      XCTFail("accepted bytes that are not UTF-8")
    } catch let failure as Failure {
      XCTAssertEqual(failure.code, "unik_yaml_not_utf8")
      XCTAssertEqual(failure.location, SourceLocation(path: "u.yaml", line: 2, column: 9))
    }
  }

  func testSeveralErrorsInOneRun() throws {
    let failure = failure("nmae: a\nrun:\n  cpus: x\n  memory: y\n")
    XCTAssertEqual(failure?.location?.line, 1)
    let message = failure?.message ?? ""
    XCTAssertTrue(message.contains("unik.yaml:3:9: run.cpus: expected a whole number, found x"), message)
    XCTAssertTrue(message.contains("unik.yaml:4:11: run.memory"), message)
    let many = (0..<30).map { "k\($0): 1" }.joined(separator: "\n")
    XCTAssertTrue(self.messageOf(many).hasSuffix("and 20 more"), messageOf(many))
  }
  private func messageOf(_ text: String) -> String { failure(text)?.message ?? "" }

  /// Whatever the bytes: a value or a Failure with a place, never a trap. Same seed, same inputs.
  func testMutatedFilesNeverTrap() throws {
    var random = Random(seed: 0x75_6e_69_6b)
    let seed = Array(wholeFile.utf8)
    let pieces = [
      "*a", "&a ", "[", "{", "}", "]", "\t", "\"", "'", "|", ">", "- ", ": ", "? ", "<<: ", "!!str ", "\u{0}", "é",
      "---\n", "...",
    ]
    .map { Array($0.utf8) }
    var accepted = 0
    for _ in 0..<4000 {
      var bytes = seed
      for _ in 0...random.below(4) {
        let place = random.below(bytes.count)
        switch random.below(4) {
        case 0: bytes[place] = UInt8(random.below(256))
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(contentsOf: pieces[random.below(pieces.count)], at: place)
        default: bytes.removeSubrange(place..<min(bytes.count, place + random.below(40)))
        }
      }
      do {
        _ = try UnikFile.parse(bytes: bytes, path: "unik.yaml").json
        accepted += 1
      } catch let failure as Failure {
        XCTAssertEqual(failure.exit, .badInput)
        XCTAssertGreaterThan(failure.location?.line ?? 0, 0, failure.description)
        XCTAssertGreaterThan(failure.location?.column ?? 0, 0, failure.description)
      }
    }
    XCTAssertGreaterThan(accepted, 0)
    XCTAssertLessThan(accepted, 4000)
  }
}

/// SplitMix64.
struct Random {
  private var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}
