import ELF
import Glibc
import PackCore
import XCTest

@testable import Contract

final class ContractDocumentTests: XCTestCase {
  private func path(_ text: String) throws -> RootPath { try XCTUnwrap(RootPath(text)) }

  private func root(
    _ entries: [(path: String, content: RootFilesystem.Entry.Content, mode: UInt32, layer: LayerRole)]
  ) throws -> RootFilesystem {
    var root = RootFilesystem()
    for entry in entries {
      try root.insert(
        RootFilesystem.Entry(
          path: try path(entry.path), content: entry.content, mode: entry.mode, layer: entry.layer, origin: "test"))
    }
    return root
  }
  private let text = RootFilesystem.Entry.Content.bytes(Array("#!/bin/x\n".utf8))

  private func input(_ root: RootFilesystem) -> ContractDocument.Input {
    ContractDocument.Input(
      root: root, diffIDs: [Digest(of: [1]), Digest(of: [2])], mode: .release, user: 65532, group: 65532,
      toolVersion: "1.2.3")
  }

  func testAnEmptyRootIsClosedAndClean() throws {
    let document = try ContractDocument.build(
      input(root([("tmp", .directory, 0o1777, .runtime), ("app/data", text, 0o644, .application)])))
    for id in ["shells", "package-managers", "language-installers", "setuid", "world-writable", "file-capabilities"] {
      let fact = try XCTUnwrap(document["rootfs.\(id)"], id)
      XCTAssertEqual(fact.values, [], id)
      XCTAssertEqual(fact.closed, .closed, id)
      XCTAssertEqual(fact.level, .proven, id)
      XCTAssertEqual(fact.subject, [document.subject], id)
    }
    XCTAssertEqual(document["rootfs.world-writable-sticky"]?.values, ["/tmp"])
    XCTAssertEqual(document["rootfs.writable"]?.values, ["/tmp"])
    XCTAssertEqual(document["rootfs.user"]?.values, ["65532:65532"])
    XCTAssertEqual(document["rootfs.modes"]?.values, ["0644=1", "0755=1", "1777=1"])
    XCTAssertEqual(document["rootfs.files"]?.values, ["directories=2", "files=1", "links=0"])
    XCTAssertEqual(document["build.mode"]?.values, ["release"])
    XCTAssertEqual(document["declared.egress"]?.closed, .unknown)
    XCTAssertEqual(document["declared.property.read-only"]?.values, [])
    XCTAssertEqual(document["declared.property.read-only"]?.closed, .unknown)
    XCTAssertEqual(Verdict.none.rawValue, "none")
  }

  func testFindings() throws {
    let root = try root([
      ("usr/bin/bash", text, 0o755, .runtime), ("usr/bin/sh", .link(Array("bash".utf8)), 0o777, .runtime),
      ("usr/bin/dash", text, 0o644, .runtime), ("usr/bin/zsh", .link(Array("/outside".utf8)), 0o777, .runtime),
      ("etc/sh", .link(Array("/etc".utf8)), 0o777, .runtime), ("usr/bin/busybox", text, 0o755, .application),
      ("usr/bin/apt-get", text, 0o755, .runtime), ("usr/local/bin/pip3.11", text, 0o755, .dependencies),
      ("usr/bin/su", text, 0o4755, .runtime), ("usr/bin/wall", text, 0o2755, .runtime),
      ("srv/open", text, 0o666, .application), ("srv/drop", .directory, 0o777, .application),
    ])
    var input = input(root)
    input.writable = [try path("data")]
    let document = try ContractDocument.build(input)
    let rows = [
      "shells": ["/usr/bin/bash", "/usr/bin/busybox", "/usr/bin/sh", "/usr/bin/zsh"],
      "package-managers": ["/usr/bin/apt-get"], "language-installers": ["/usr/local/bin/pip3.11"],
      "setuid": ["/usr/bin/su", "/usr/bin/wall"], "world-writable": ["/srv/drop", "/srv/open"],
      "writable": ["/data", "/srv/drop", "/srv/open", "/tmp"],
    ]
    for (id, values) in rows { XCTAssertEqual(document["rootfs.\(id)"]?.values, values, id) }
  }

  func testWhatOwnerAndModeLetTheUserWrite() throws {
    var root = RootFilesystem()
    for (name, mode, uid, gid) in [
      ("own", 0o644, 65532, 0), ("ownClosed", 0o444, 65532, 0), ("group", 0o664, 0, 65532), ("other", 0o664, 0, 5),
    ] as [(String, UInt32, UInt32, UInt32)] {
      try root.insert(
        RootFilesystem.Entry(
          path: try path(name), content: text, mode: mode, uid: uid, gid: gid, layer: .application, origin: "test"))
    }
    XCTAssertEqual(try ContractDocument.build(input(root))["rootfs.writable"]?.values, ["/group", "/own", "/tmp"])
  }

  func testDeclaredFactsKeepTheirPlaceAndLevel() throws {
    let location = SourceLocation(path: "/somewhere/unik.yaml", line: 7, column: 3)
    var input = try input(root([]))
    input.declared = ContractDeclaration(
      egress: [Located("api.example.com:443", at: location)], requiredEnvironment: [],
      properties: [Located(DeclaredProperty(name: .readOnly, holds: false), at: location)])
    let document = try ContractDocument.build(input)
    let egress = try XCTUnwrap(document["declared.egress"])
    XCTAssertEqual(egress.values, ["api.example.com:443"])
    XCTAssertEqual(egress.level, .declared)
    XCTAssertEqual(egress.closed, .closed)
    XCTAssertEqual(egress.evidence, [ContractFact.Evidence(path: "unik.yaml", line: 7)])
    XCTAssertEqual(document["declared.env.required"]?.closed, .closed)
    XCTAssertEqual(document["declared.env.optional"]?.closed, .unknown)
    XCTAssertEqual(document["declared.property.read-only"]?.values, ["false"])
    let labels = document.labels
    XCTAssertEqual(labels["dev.packc.contract.egress"], "api.example.com:443")
    XCTAssertEqual(labels["dev.packc.contract.egress.level"], "declared")
    XCTAssertEqual(labels["dev.packc.contract.env-optional.closed"], "unknown")
    XCTAssertEqual(labels["dev.packc.contract.property.read-only"], "false")
    XCTAssertNil(labels["dev.packc.contract.property.stateless"])
  }

  func testSubjectIsTheOrderOfTheLayers() throws {
    var input = try input(root([]))
    let one = try ContractDocument.build(input)
    input.diffIDs.reverse()
    XCTAssertNotEqual(try ContractDocument.build(input).subject, one.subject)
    XCTAssertEqual(
      one.subject, Digest(of: Array("[\"\(Digest(of: [1]))\",\"\(Digest(of: [2]))\"]".utf8)))
  }

  func testALongListIsNotCutOffInALabel() throws {
    let entries = (0..<60).map { index in
      (
        path: "srv/\(String(repeating: "x", count: 40))\(index)", content: text, mode: UInt32(0o666),
        layer: LayerRole.application
      )
    }
    let labels = try ContractDocument.build(input(root(entries))).labels
    XCTAssertEqual(labels["dev.packc.contract.world-writable"], "60 values")
    XCTAssertEqual(labels["dev.packc.contract.world-writable.closed"], "true")
  }

  func testSameInputSameBytesWhateverTheOrder() throws {
    let entries = (0..<50).map { index in
      (
        path: "d\(index % 7)/f\(index)", content: text, mode: UInt32(index % 2 == 0 ? 0o755 : 0o644),
        layer: LayerRole.dependencies
      )
    }
    let one = try ContractDocument.build(input(root(entries)))
    let two = try ContractDocument.build(input(root(entries.reversed())))
    XCTAssertEqual(CanonicalJSON.encode(one.json), CanonicalJSON.encode(two.json))
    XCTAssertEqual(one.digest, two.digest)
    XCTAssertEqual(one.labels, two.labels)
    let ids = one.facts.map(\.id)
    XCTAssertEqual(Set(ids).count, ids.count)
    XCTAssertEqual(ids, ids.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
  }

  /// The schema names the fields that the document has.
  func testSchemaHasTheDocumentsFields() throws {
    let file = HostPath(#filePath).parent.parent.parent / "docs/schema/contract.schema.json"
    let schema = try JSONParser.parse(FileSystem.read(file))
    let document = try ContractDocument.build(input(root([]))).json
    XCTAssertEqual(schema["properties"]?.object?.keys.sorted(), document.object?.keys.sorted())
    XCTAssertEqual(schema["required"], JSONValue(strings: document.object?.keys.sorted() ?? []))
    let item = schema["properties"]?["facts"]?["items"]
    let fact = document["facts"]?.array?.first
    XCTAssertEqual(item?["properties"]?.object?.keys.sorted(), fact?.object?.keys.sorted())
    XCTAssertEqual(item?["required"], JSONValue(strings: fact?.object?.keys.sorted() ?? []))
    XCTAssertEqual(schema["properties"]?["schema_version"]?["const"], document["schema_version"])
  }
}
