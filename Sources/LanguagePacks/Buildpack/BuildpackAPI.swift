/// The version of the Buildpack API that a buildpack speaks: `0.7` to `0.12` (buildpacks/spec, buildpack.md).
struct BuildpackAPI: Comparable, CustomStringConvertible {
  let major: Int
  let minor: Int

  static let oldest = BuildpackAPI(major: 0, minor: 7)
  static let newest = BuildpackAPI(major: 0, minor: 12)

  init(major: Int, minor: Int) {
    self.major = major
    self.minor = minor
  }

  /// `0.7`; `1` is `1.0`.
  init?(_ text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(Self.number)
    guard (1...2).contains(parts.count), let major = parts[0], let minor = parts.count == 2 ? parts[1] : 0 else {
      return nil
    }
    self.init(major: major, minor: minor)
  }

  private static func number(_ text: Substring) -> Int? {
    text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(text) : nil
  }

  var isSupported: Bool { Self.oldest <= self && self <= Self.newest }
  var description: String { "\(major).\(minor)" }

  /// `CNB_PLATFORM_DIR` and the others; before, there were positional arguments alone. Those are always passed, since many
  /// buildpacks of newer versions still read them.
  var namesItsPaths: Bool { self >= Self(major: 0, minor: 8) }
  /// A process has a command list, and nothing is started by a shell.
  var startsDirectly: Bool { self >= Self(major: 0, minor: 9) }
  /// `CNB_TARGET_*` and `[[targets]]` in the place of `CNB_STACK_ID` and `[[stacks]]`.
  var hasTargets: Bool { self >= Self(major: 0, minor: 10) }
  /// `CNB_EXEC_ENV`.
  var hasExecutionEnvironments: Bool { self >= Self(major: 0, minor: 12) }

  static func < (a: BuildpackAPI, b: BuildpackAPI) -> Bool { (a.major, a.minor) < (b.major, b.minor) }
}
