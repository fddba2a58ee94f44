import PackCore
import TestSupport
import XCTest

@testable import Contract

final class BillOfMaterialsTests: XCTestCase {
  private func bill(reversed: Bool = false) -> BillOfMaterials {
    let pairs: [(path: RootPath, owner: FileOwner?)] = [
      (RootPath(literal: "app/server"), FileOwner(kind: .project, name: "shop", version: "1.0")),
      (RootPath(literal: "usr/lib/libc.so.6"), FileOwner(kind: .debian, name: "libc6", version: "2.36-9+deb12u14")),
      (RootPath(literal: "usr/lib/libm.so.6"), FileOwner(kind: .debian, name: "libc6", version: "2.36-9+deb12u14")),
      (RootPath(literal: "app/site/flask.py"), FileOwner(kind: .python, name: "Flask", version: "3.0.3")),
      (RootPath(literal: "app/node_modules/@a/b/i.js"), FileOwner(kind: .node, name: "@a/b", version: "1.0.0")),
      (RootPath(literal: "app/lib/x-1.2.jar"), FileOwner(kind: .java, name: "x", version: "1.2")),
      (RootPath(literal: "app/go"), FileOwner(kind: .go, name: "example.com/Shop", version: "v1.2.3")),
      (RootPath(literal: "opt/odd name"), nil),
      (RootPath(literal: "etc/passwd"), FileOwner(kind: .packc, name: "packc", version: "1")),
    ]
    let files = pairs.map {
      BillOfMaterials.File(path: $0.path, owner: $0.owner, digest: $0.owner == nil ? Digest(of: [4]) : nil)
    }
    let known = [
      SoftwareComponent(
        name: "flask", version: "3.0.3", purl: "pkg:pypi/flask@3.0.3",
        hashes: ["SHA-256": String(repeating: "a", count: 64)]),
      SoftwareComponent(name: "left", version: "1", purl: "pkg:npm/left@1"),
    ]
    return BillOfMaterials(
      name: "shop", version: "1.0", subject: Digest(of: [1]), epoch: 86_400, toolVersion: "0.1.0",
      files: reversed ? files.reversed() : files,
      licenses: [
        FileOwner(kind: .debian, name: "libc6", version: "2.36-9+deb12u14"): "LGPL-2.1+",
        FileOwner(kind: .python, name: "Flask", version: "3.0.3"): "BSD-3-Clause",
        FileOwner(kind: .node, name: "@a/b", version: "1.0.0"): "as the author says",
        FileOwner(kind: .node, name: "absent", version: "1"): "MIT",
      ],
      known: reversed ? known.reversed() : known)
  }

  func testEveryFileHasAComponentAndTheOrderDoesNotMatter() {
    let bill = bill()
    XCTAssertEqual(bill.components.flatMap(\.files).count, 9)
    XCTAssertEqual(
      bill.components.map(\.reference),
      [
        "file:/opt/odd name@", "library:x@1.2", "pkg:deb/debian/libc6@2.36-9%2Bdeb12u14", "pkg:generic/packc@1",
        "pkg:generic/shop@1.0", "pkg:golang/example.com/shop@v1.2.3", "pkg:npm/%40a/b@1.0.0", "pkg:npm/left@1",
        "pkg:pypi/flask@3.0.3",
      ])
    XCTAssertEqual(
      bill.missing(of: [RootPath(literal: "app/server"), RootPath(literal: "app/other")]),
      [RootPath(literal: "app/other")])
    let other = self.bill(reversed: true)
    XCTAssertEqual(CanonicalJSON.encode(bill.cycloneDX), CanonicalJSON.encode(other.cycloneDX))
    XCTAssertEqual(CanonicalJSON.encode(bill.spdx), CanonicalJSON.encode(other.spdx))
  }

  func testALicenceIsAnExpressionOrAName() throws {
    let licenses = bill().cycloneDX["components"]?.array?.compactMap { $0["licenses"]?.array?.first }
    XCTAssertEqual(
      licenses,
      [
        ["expression": "LGPL-2.1-or-later"], ["license": ["name": "as the author says"]],
        ["expression": "BSD-3-Clause"],
      ])
  }

  func testWhatWasWrittenIsReadBack() throws {
    let written = bill().cycloneDX
    let read = try BillOfMaterials(cycloneDX: JSONReader(written))
    XCTAssertEqual(read.cycloneDX, written)
    XCTAssertEqual(read.spdx, bill().spdx)
    for damage: JSONValue in [["metadata": 1], [:], ["metadata": [:], "components": []]] {
      XCTAssertThrowsError(try BillOfMaterials(cycloneDX: JSONReader(damage)))
    }
  }

  func testOtherReadersAcceptBothForms() throws {
    let directory = try TemporaryDirectory()
    try directory.write(CanonicalJSON.string(bill().cycloneDX), to: "bom.cdx.json")
    try directory.write(CanonicalJSON.string(bill().spdx), to: "bom.spdx.json")
    let cyclone = """
      import json, sys
      from cyclonedx.schema import SchemaVersion
      from cyclonedx.validation.json import JsonStrictValidator
      from cyclonedx.model.bom import Bom
      text = open("bom.cdx.json").read()
      problem = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
      assert problem is None, problem
      bom = Bom.from_json(json.loads(text))
      bom.validate()
      print(len(bom.components), sorted(str(c.purl) for c in bom.components if c.purl)[0])
      """
    XCTAssertEqual(
      try Readers.python(cyclone, in: directory.path), "9 pkg:deb/debian/libc6@2.36-9%2Bdeb12u14\n")
    let spdx = """
      from spdx_tools.spdx.parser.parse_anything import parse_file
      from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document
      document = parse_file("bom.spdx.json")
      problems = validate_full_spdx_document(document)
      assert not problems, [p.validation_message for p in problems]
      print(len(document.packages), document.creation_info.created.isoformat())
      """
    XCTAssertEqual(try Readers.python(spdx, in: directory.path), "10 1970-01-02T00:00:00\n")
  }
}
