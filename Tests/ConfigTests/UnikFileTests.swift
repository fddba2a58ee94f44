import Glibc
import PackCore
import XCTest

@testable import Config

func parse(_ text: String) throws -> UnikFile { try UnikFile.parse(bytes: Array(text.utf8), path: "unik.yaml") }

/// The failure of a text that must fail.
func failure(_ text: String, file: StaticString = #filePath, line: UInt = #line) -> Failure? {
  do {
    _ = try parse(text)
    XCTFail("accepted: \(text)", file: file, line: line)
  } catch let failure as Failure {
    XCTAssertEqual(failure.exit, .badInput, file: file, line: line)
    XCTAssertNotNil(failure.hint, "no next step: \(failure)", file: file, line: line)
    return failure
  } catch {
    XCTFail("not a Failure: \(error)", file: file, line: line)
  }
  return nil
}

let wholeFile = """
  version: 1
  name: shop
  pack: go
  build:
    command: make release
    env: {CGO_ENABLED: "0", COUNTRY: NO, VERSION: 1.10, OCTAL: 010}
    network: false
    inputs: [src, ./Makefile, .]
  artifact:
    path: out/shop
    files: {assets/: /srv/assets/, config.json: /etc/shop.json}
    modes: {/srv/assets: 2775, /out/shop: "04755"}
    capabilities: {/out/shop: "cap_net_raw,cap_net_bind_service+ep"}
  run:
    args: [--port, 8080, -v]
    env: {LOG: info, TIME: 12:30:45, EMPTY: ""}
    ports: [8080/tcp, 53/udp, 9090]
    writable: [/data]
    health: {http: /healthz, port: 8080}
    memory: 128Mi
    cpus: 1
    volumes: [{name: data, size: 1Gi, mount: /data}]
    restart: on-failure
  kernel: default
  contract:
    egress: [api.example.com:443, "[2001:db8::1]:53", "*.example.org:80"]
    env: {required: [DATABASE_URL], optional: [LOG]}
    properties: {read-only: true, stateless: false}
    waivers: [{gate: no-shell, path: /bin/sh, reason: console, until: 2027-01-01}]
  options: {depth: 3, ratio: 1.5, on_start: [true, "no", ~, plain text], nested: {a: -7}}
  """

final class UnikFileTests: XCTestCase {
  func testEveryKeyOfTheSchema() throws {
    let file = try parse(wholeFile)
    XCTAssertEqual(file.name?.value.description, "shop")
    XCTAssertEqual(file.name?.location, SourceLocation(path: "unik.yaml", line: 2, column: 7))
    XCTAssertEqual(file.pack?.value, "go")
    XCTAssertEqual(file.build.command, .shell("make release"))
    XCTAssertEqual(file.build.command(for: .debug), .shell("make release"))
    XCTAssertEqual(
      file.build.environment, ["CGO_ENABLED": "0", "COUNTRY": "NO", "VERSION": "1.10", "OCTAL": "010"])
    XCTAssertEqual(file.build.inputs, [RootPath(literal: "src"), RootPath(literal: "Makefile"), .root])
    XCTAssertEqual(file.artifact.path?.value, RootPath("out/shop"))
    XCTAssertEqual(file.artifact.files.map(\.destination.absolute), ["/srv/assets", "/etc/shop.json"])
    XCTAssertEqual(file.artifact.files.map(\.sourceIsDirectory), [true, false])
    XCTAssertEqual(file.artifact.modes[RootPath(literal: "srv/assets")]?.value, 0o2775)
    XCTAssertEqual(file.artifact.modes[RootPath(literal: "out/shop")]?.value, 0o4755)
    let capabilities = file.artifact.capabilities[RootPath(literal: "out/shop")]
    XCTAssertEqual(capabilities?.value.description, "cap_net_bind_service,cap_net_raw=ep")
    XCTAssertEqual(capabilities?.location, SourceLocation(path: "unik.yaml", line: 13, column: 18))
    XCTAssertEqual(file.run.arguments, ["--port", "8080", "-v"])
    XCTAssertEqual(file.run.environment, ["LOG": "info", "TIME": "12:30:45", "EMPTY": ""])
    XCTAssertEqual(file.run.ports.map(\.description), ["8080/tcp", "53/udp", "9090/tcp"])
    XCTAssertEqual(file.run.health, .http(path: "/healthz", port: 8080))
    XCTAssertEqual(file.run.memory?.bytes, 128 << 20)
    XCTAssertEqual(file.run.volumes.first?.size.description, "1Gi")
    XCTAssertEqual(file.run.restart, .onFailure)
    XCTAssertEqual(file.kernel?.value, .standard)
    XCTAssertEqual(
      file.contract.egress?.map(\.value), ["*.example.org:80", "[2001:db8::1]:53", "api.example.com:443"])
    XCTAssertEqual(file.contract.requiredEnvironment?.first?.location.line, 27)
    XCTAssertEqual(file.contract.properties.map(\.value.holds), [true, false])
    XCTAssertEqual(file.contract.waivers.first?.value.until?.description, "2027-01-01")
    XCTAssertEqual(file.options["ratio"], .number(1.5))
    XCTAssertEqual(file.options["on_start"], [true, "no", .null, "plain text"])
    XCTAssertEqual(file.options["nested"], ["a": -7])
  }

  func testJSONIsOneFormForEveryWayOfWriting() throws {
    let flow = try parse("name: a\nrun: {ports: [80], memory: 1Mi}\nbuild: {command: [make, all]}")
    let block = try parse(
      """
      # another way
      build:
        command:
          release: ["make", 'all']
      run:
        memory: 1048576
        ports:
        - "80/tcp"
      name: "a"
      contract:
      """)
    XCTAssertEqual(CanonicalJSON.string(flow.json), CanonicalJSON.string(block.json))
    XCTAssertEqual(
      CanonicalJSON.string(flow.json),
      #"{"build":{"command":{"release":["make","all"]}},"name":"a","run":{"memory":1048576,"ports":["80/tcp"]},"version":1}"#
    )
  }

  func testJSONReadsBackAsItself() throws {
    let file = try parse(wholeFile)
    let again = try UnikFile.parse(bytes: CanonicalJSON.encode(file.json), path: "unik.yaml")
    XCTAssertEqual(again.json, file.json)
  }

  func testNothingIsAFileToo() throws {
    for text in ["", "# nothing\n", "---\n", "~", "\u{feff}version: 1", "build:\nrun:\n"] {
      XCTAssertEqual(try parse(text).json, ["version": 1], text)
    }
  }

  func testEmptyListsAreNotUnwrittenOnes() throws {
    let file = try parse("contract: {egress: [], env: {required: []}}")
    XCTAssertEqual(file.contract.egress, [])
    XCTAssertEqual(file.contract.requiredEnvironment, [])
    XCTAssertNil(file.contract.optionalEnvironment)
  }

  func testCommandsForEachMode() throws {
    let file = try parse("build: {command: {release: make, debug: [make, debug]}}")
    XCTAssertEqual(file.build.command(for: .release), .shell("make"))
    XCTAssertEqual(file.build.command(for: .debug), .argv(["make", "debug"]))
  }

  func testAnchorsAreWrittenOut() throws {
    let file = try parse("build: {env: &e {A: b}}\nrun: {env: *e}")
    XCTAssertEqual(file.run.environment, ["A": "b"])
  }

  /// The schema for editors and the parser know the same keys.
  func testSchemaHasTheParsersKeys() throws {
    let path = HostPath(#filePath).parent.parent.parent / "docs/schema/unik.schema.json"
    let schema = try JSONParser.parse(FileSystem.read(path))
    func keys(_ path: String...) -> [String] {
      var value: JSONValue? = schema
      for key in path {
        value = Int(key).map { value?.array?[$0] } ?? value?[key]
      }
      return (value?["properties"]?.object?.keys.sorted() ?? [])
    }
    XCTAssertEqual(keys(), UnikKeys.top.sorted())
    XCTAssertEqual(keys("properties", "build"), UnikKeys.build.sorted())
    XCTAssertEqual(keys("properties", "build", "properties", "command", "oneOf", "2"), UnikKeys.command.sorted())
    XCTAssertEqual(keys("properties", "artifact"), UnikKeys.artifact.sorted())
    XCTAssertEqual(keys("properties", "run"), UnikKeys.run.sorted())
    XCTAssertEqual(
      Set(["0", "1"].flatMap { keys("properties", "run", "properties", "health", "oneOf", $0) }), Set(UnikKeys.health))
    XCTAssertEqual(keys("properties", "run", "properties", "volumes", "items"), UnikKeys.volume.sorted())
    XCTAssertEqual(keys("properties", "contract"), UnikKeys.contract.sorted())
    XCTAssertEqual(keys("properties", "contract", "properties", "env"), UnikKeys.contractEnvironment.sorted())
    XCTAssertEqual(keys("properties", "contract", "properties", "waivers", "items"), UnikKeys.waiver.sorted())
    XCTAssertEqual(
      keys("properties", "contract", "properties", "properties"),
      DeclaredProperty.Name.allCases.map(\.rawValue).sorted())
    let gates = schema["properties"]?["contract"]?["properties"]?["waivers"]?["items"]?["properties"]?["gate"]?["enum"]
    XCTAssertEqual(gates, JSONValue(strings: SecurityGate.allCases.map(\.rawValue)))
  }

  /// The example in the documentation is one that works.
  func testTheDocumentedFileIsValid() throws {
    let path = HostPath(#filePath).parent.parent.parent / "docs/unik-yaml.md"
    let text = String(decoding: try FileSystem.read(path), as: UTF8.self)
    let parts = text.split(separator: "```")
    XCTAssertGreaterThan(parts.count, 2)
    XCTAssertEqual(try parse(String(parts[1].dropFirst("yaml\n".count))).name?.value.description, "shop")
  }
}
