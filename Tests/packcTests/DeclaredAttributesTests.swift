import PackCore
import TestSupport
import XCTest

/// A program of two names, a copy of it with a declared mode and capabilities: from what a step left to the layer.
final class DeclaredAttributesTests: XCTestCase {
  private static func files(_ attributes: String) -> [String: String] {
    [
      "main.c": "int main(void) { return 0; }\n",
      "unik.yaml": """
      version: 1
      name: names
      build: {command: mkdir out && gcc -O1 -static -g -o out/tool main.c && ln out/tool out/alias && cp out/tool out/copy}
      artifact: {path: out/\(attributes)}
      options: {entrypoint: [/app/tool]}
      contract: {waivers: [{gate: no-setuid, reason: a test}, {gate: no-file-capability, reason: a test}]}

      """,
    ]
  }

  /// `mode path`, with the first name of a hard link, of what lies below /app.
  private func listing(_ built: BuildAnswer) throws -> [String] {
    let application = try XCTUnwrap(built.layers.last)
    let lines = try Tools.output("tar", ["-tvzf", "\(built.blob(application))"]).split(separator: "\n")
    return lines.compactMap { line in
      let words = line.split(separator: " ")
      guard words.count > 5, words[5].hasPrefix("app/"), words[5] != "app/" else { return nil }
      return (words[0...0] + words[5...]).joined(separator: " ")
    }
  }

  func testNamesModesAndCapabilitiesAreInTheLayer() throws {
    let site = try Site()
    let attributes = ", modes: {/app/copy: 4755}, capabilities: {/app/copy: cap_net_raw=ep}"
    let project = try site.write(Self.files(attributes), to: "p")
    let built = try site.build(project, "--no-unikernel")
    XCTAssertEqual(
      try listing(built), ["-rwxr-xr-x app/alias", "-rwsr-xr-x app/copy", "hrwxr-xr-x app/tool link to app/alias"])
    let application = try XCTUnwrap(built.layers.last)
    let tar = try Tools.run("gzip", ["-dc", "\(built.blob(application))"]).output
    let record = Array("SCHILY.xattr.security.capability=".utf8) + [1, 0, 0, 2, 0, 0x20, 0, 0]
    XCTAssertNotNil(tar.firstRange(of: record))

    // The machine cannot have them, and without them it can.
    try site.packc("build", "\(project)").run().expect(exit: .badInput).expect(standardErrorContains: "/app/copy")
      .expect(standardErrorContains: "cap_net_raw=ep").expect(standardErrorContains: "--no-unikernel")
  }

  func testAPathThatIsNotInTheImageIsNamed() throws {
    let site = try Site()
    let project = try site.write(Self.files(", modes: {/app/missing: 4755}"), to: "p")
    try site.packc("build", "\(project)").run().expect(exit: .badInput)
      .expect(standardErrorContains: "unik.yaml:4:32: artifact.modes names /app/missing").expect(
        standardErrorContains: "next: ")
  }
}
