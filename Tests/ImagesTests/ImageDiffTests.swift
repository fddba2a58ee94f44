import OCI
import PackCore
import TestSupport
import XCTest

@testable import Images

final class ImageDiffTests: XCTestCase {
  private let site = "app/lib/site-packages"

  private func package(_ name: String, _ version: String, size: Int64) -> [SampleImage.Item] {
    [
      SampleImage.file("\(site)/\(name)-\(version).dist-info/METADATA", "Name: \(name)\nVersion: \(version)\n"),
      SampleImage.file("\(site)/\(name)-\(version).dist-info/RECORD", "\(name)/core.py,,\n"),
      SampleImage.file("\(site)/\(name)/core.py", size: size),
    ]
  }

  private var before: SampleImage {
    var sample = SampleImage(layers: [
      ("runtime", [SampleImage.directory("usr"), SampleImage.file("usr/bin/python", size: 1000)]),
      ("dependencies", package("numpy", "1.26", size: 5000) + package("idna", "3.4", size: 80)),
      ("application", [SampleImage.file("app/main.py", "print(1)"), SampleImage.link("app/current", "main.py")]),
    ])
    sample.labels = [
      "dev.packc.version": "1", "dev.packc.contract.shells": "/bin/sh,/bin/bash",
      "dev.packc.contract.shells.closed": "true",
      "dev.packc.contract.shells.level": "proven", "dev.packc.contract.digest": "sha256:x",
    ]
    sample.environment = ["PORT=8000", "OLD=1"]
    return sample
  }

  private var after: SampleImage {
    var sample = before
    sample.layers[1].items =
      package("numpy", "2.1", size: 8000) + package("requests", "2.31", size: 210)
    sample.layers[2].items = [
      SampleImage.file("app/main.py", "print(2)", mode: 0o755), SampleImage.link("app/current", "other.py"),
      SampleImage.directory("app/empty"),
    ]
    sample.labels["dev.packc.contract.shells"] = "/bin/sh"
    sample.labels["dev.packc.contract.digest"] = "sha256:y"
    sample.environment = ["PORT=9000", "EMPTY="]
    return sample
  }

  func testFilesAreGroupedByPackageWithItsVersions() throws {
    let diff = ImageDiff(try before.snapshot(), try after.snapshot())
    XCTAssertEqual(
      diff.packages.map(\.title),
      [
        "numpy 1.26 → 2.1", "requests 2.31", "idna 3.4", "files of no known package",
      ])
    XCTAssertEqual(diff.packages.map(\.mark), ["~", "+", "-", "~"])
    XCTAssertEqual(diff.packages[0].growth, 3000 - 1, "METADATA of 2.1 is a byte shorter")
    XCTAssertEqual(diff.growth, diff.files.reduce(0) { $0 + $1.growth })
    XCTAssertEqual(diff.layers.map(\.isKept), [true, false, false])
  }

  func testWhatOfAFileIsAnother() throws {
    let diff = ImageDiff(try before.snapshot(), try after.snapshot())
    func change(_ path: String) -> FileChange? { diff.files.first { $0.path.description == path } }
    XCTAssertEqual(change("app/main.py")?.aspects, [.content, .mode])
    XCTAssertEqual(change("app/current")?.aspects, [.link])
    XCTAssertEqual(change("app/empty")?.kind, .added, "an empty directory is seen")
    XCTAssertNil(change("usr/bin/python"))
    XCTAssertNil(change("\(site)/requests"), "a directory that comes with its files is told by them")
  }

  func testAFileThatBecameADirectoryIsTheChangeOfItsPackage() throws {
    var changed = before
    changed.layers[1].items.removeAll { $0.entry.path.description == "\(site)/numpy/core.py" }
    changed.layers[1].items += [
      SampleImage.directory("\(site)/numpy/core.py"), SampleImage.file("\(site)/numpy/core.py/new", size: 10),
    ]
    let diff = ImageDiff(try before.snapshot(), try changed.snapshot())
    let file = try XCTUnwrap(diff.files.first { $0.path.description == "\(site)/numpy/core.py" })
    XCTAssertEqual(file.aspects, [.type, .mode])
    XCTAssertEqual(file.growth, -5000)
    XCTAssertEqual(file.owner?.name, "numpy")
  }

  func testOfManyFilesTheProjectsOwnComeFirst() throws {
    var (old, new) = (before, after)
    old.project = FileOwner(kind: .project, name: "shop", version: "")
    new.project = old.project
    let rows = ImageDiff(try old.snapshot(), try new.snapshot()).text(all: false).split(separator: "\n")
    let start = try XCTUnwrap(rows.firstIndex(of: "files"))
    XCTAssertTrue(rows[start + 1].contains("/app/main.py"), rows.joined(separator: "\n"))
  }

  func testLayersAreCalledAsInspectCallsThem() throws {
    let diff = ImageDiff(try before.snapshot(), try after.snapshot())
    let layer = try XCTUnwrap(diff.layers.last?.after)
    XCTAssertTrue(diff.text(all: false).contains(layer.descriptor.digest.short))
  }

  func testSettingsAndFacts() throws {
    let diff = ImageDiff(try before.snapshot(), try after.snapshot())
    XCTAssertEqual(
      diff.config,
      [
        .init(name: "env EMPTY", before: nil, after: ""), .init(name: "env OLD", before: "1", after: nil),
        .init(name: "env PORT", before: "8000", after: "9000"),
      ])
    XCTAssertEqual(diff.facts.map(\.name), ["shells"], "digests of the contract are no facts")
    XCTAssertEqual(diff.facts.first?.gone, ["/bin/bash"])
    XCTAssertEqual(diff.facts.first?.new, [])
  }

  func testTextAndDocument() throws {
    let diff = ImageDiff(try before.snapshot(), try after.snapshot())
    let text = diff.text(all: false)
    for part in [
      "~ numpy 1.26 → 2.1", "+3.0 kB", "1 the same, 2 changed", "mode 0644 → 0755", "env PORT", "-/bin/bash",
    ] {
      XCTAssertTrue(text.contains(part), "\(part) in:\n\(text)")
    }
    XCTAssertEqual(try SchemaCheck("image-diff.schema.json").problems(diff.json), [])
    XCTAssertEqual(
      CanonicalJSON.encode(diff.json), CanonicalJSON.encode(ImageDiff(try before.snapshot(), try after.snapshot()).json)
    )
  }

  func testTheSameImageAndTheSameFilesInOtherLayers() throws {
    let one = try before.snapshot()
    let same = ImageDiff(one, one)
    XCTAssertTrue(same.isIdentical && same.isEmpty)
    XCTAssertTrue(same.text(all: false).contains("the same image"))
    var moved = before
    moved.layers = [
      ("all", before.layers.flatMap(\.items))
    ]
    let diff = ImageDiff(one, try moved.snapshot())
    XCTAssertTrue(diff.isEmpty && !diff.isIdentical, diff.text(all: true))
    XCTAssertTrue(diff.text(all: false).contains("nothing differs"))
  }

  func testNamesOfOthersDoNotReachTheTerminal() throws {
    var sample = after
    sample.layers[2].items.append(SampleImage.file("app/\u{1b}[31mred\nline", "x"))
    sample.environment.append("X=\u{1b}]0;title\u{7}")
    let text = ImageDiff(try before.snapshot(), try sample.snapshot()).text(all: true)
    XCTAssertFalse(text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" }, text.debugDescription)
    XCTAssertFalse(text.contains("red\n"), text)
  }

  /// Any two trees: what the comparison says, applied to the one, gives the other.
  func testRandomTreesAreExplainedByTheirDifference() throws {
    let seed = Fuzzing.seed(5)
    var random = SeededRandom(seed: seed)
    for round in 0..<Fuzzing.rounds(200) {
      func tree() -> SampleImage {
        var items: [String: SampleImage.Item] = [:]
        for _ in 0..<Int.random(in: 0...12, using: &random) {
          let path = (0..<Int.random(in: 1...3, using: &random)).map { _ in
            "ab.".randomElement(using: &random).map { "n\($0)" } ?? "n"
          }
          .joined(separator: "/")
          items[path] = SampleImage.file(
            path, String(Int.random(in: 0...3, using: &random)), mode: Bool.random(using: &random) ? 0o644 : 0o755)
        }
        return SampleImage(layers: [("application", Array(items.values))])
      }
      let (a, b) = (try tree().snapshot(), try tree().snapshot())
      var table = Dictionary(uniqueKeysWithValues: a.files.files.map { ($0.entry.path, $0) })
      for change in ImageDiff(a, b).files { table[change.path] = change.after }
      let expected = Dictionary(uniqueKeysWithValues: b.files.files.map { ($0.entry.path, $0) })
      XCTAssertEqual(table.mapValues(\.digest), expected.mapValues(\.digest), "seed \(seed), round \(round)")
      XCTAssertEqual(table.mapValues(\.entry.mode), expected.mapValues(\.entry.mode), "seed \(seed), round \(round)")
      XCTAssertTrue(ImageDiff(a, a).isEmpty, "seed \(seed), round \(round)")
    }
  }
}
