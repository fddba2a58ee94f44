internal import PackCore
internal import Packs

/// `global.json`: which SDK a project asks for (learn.microsoft.com, "global.json overview"). JSON with comments.
struct GlobalJSON {
  /// How far from the version that is asked for another one may be.
  enum RollForward: String, CaseIterable {
    case patch, feature, minor, major
    case latestPatch, latestFeature, latestMinor, latestMajor
    case disable

    init?(word: String) {
      guard let known = Self.allCases.first(where: { $0.rawValue.lowercased() == word.lowercased() }) else {
        return nil
      }
      self = known
    }
    /// Takes the version as it is when it is installed.
    var prefersExact: Bool { self == .disable || self == .patch }
    var usesLatest: Bool { rawValue.hasPrefix("latest") }
  }

  let path: String
  var version: SDKVersion?
  var rollForward: RollForward
  var allowPrerelease: Bool
  /// The line of the version, or the first.
  var line: Int
  /// As it is written, for a copy with another SDK.
  let document: JSONValue

  /// The nearest one above `directory` inside the project, as `dotnet` looks for it from where it is started.
  static func nearest(to directory: String, _ files: ProjectFiles) throws -> GlobalJSON? {
    for place in ProjectPath.ancestors(of: directory) {
      let path = ProjectPath.join(place, "global.json")
      if files.isFile(path), let text = try files.text(path) { return try GlobalJSON(Array(text.utf8), path: path) }
    }
    return nil
  }

  init(_ bytes: [UInt8], path: String) throws {
    self.path = path
    document = try JSONParser.parse(JSONWithComments.plain(bytes), name: path)
    line = Self.line(of: "\"version\"", bytes)
    guard document.object != nil else { throw Self.wrong(path, 1, "it holds \(document.kind), not an object") }
    let sdk = document["sdk"] ?? .null
    guard sdk == .null || sdk.object != nil else {
      throw Self.wrong(path, Self.line(of: "\"sdk\"", bytes), "\"sdk\" is a \(sdk.kind), not an object")
    }
    if let value = sdk["version"], value != .null {
      guard let text = value.string, let version = SDKVersion(text) else {
        throw Self.wrong(
          path, line, "\"sdk.version\" is \(CanonicalJSON.string(value)), not a whole version of an SDK such as 8.0.100")
      }
      self.version = version
    }
    rollForward = version == nil ? .latestMajor : .latestPatch
    if let value = sdk["rollForward"], value != .null {
      let place = Self.line(of: "\"rollForward\"", bytes)
      guard let text = value.string, let policy = RollForward(word: text) else {
        let near = value.string.flatMap { Suggestion.question(for: $0, in: RollForward.allCases.map(\.rawValue)) }
        throw Self.wrong(
          path, place, "\"sdk.rollForward\" is \(CanonicalJSON.string(value)), which is none of its values"
            + (near.map { "; \($0)" } ?? ""))
      }
      guard version != nil || policy == .latestMajor else {
        throw Self.wrong(path, place, "\"sdk.rollForward\" is \(policy.rawValue), and there is no \"sdk.version\"")
      }
      rollForward = policy
    }
    allowPrerelease = sdk["allowPrerelease"]?.bool ?? true
    if version?.isPrerelease == true { allowPrerelease = true }
  }

  private static func wrong(_ path: String, _ line: Int, _ text: String) -> Failure {
    Failure(
      "bad_global_json", text, hint: "`dotnet new globaljson --sdk-version 8.0.100 --force` writes a valid one",
      at: SourceLocation(path: path, line: line), exit: .badInput)
  }

  private static func line(of word: String, _ bytes: [UInt8]) -> Int {
    guard let range = String(decoding: bytes, as: UTF8.self).firstRange(of: word) else { return 1 }
    let before = String(decoding: bytes, as: UTF8.self)[..<range.lowerBound]
    return before.utf8.count { $0 == UInt8(ascii: "\n") } + 1
  }

  // MARK: Which SDK

  /// The SDK that `dotnet` takes of those that are installed (the host's sdk_resolver).
  func choose(_ installed: [SDKVersion]) -> SDKVersion? {
    if let version, rollForward.prefersExact, installed.contains(version) { return version }
    return installed.sorted().reduce(nil) { best, candidate in
      guard fits(candidate) else { return best }
      guard let best else { return candidate }
      return isBetter(candidate, than: best) ? candidate : best
    }
  }

  private func fits(_ candidate: SDKVersion) -> Bool {
    if candidate.isPrerelease && !allowPrerelease { return false }
    guard let version else { return true }
    let near =
      switch rollForward {
      case .disable: false
      case .patch, .latestPatch:
        candidate.major == version.major && candidate.minor == version.minor && candidate.band == version.band
      case .feature, .latestFeature: candidate.major == version.major && candidate.minor == version.minor
      case .minor, .latestMinor: candidate.major == version.major
      case .major, .latestMajor: true
      }
    return near && candidate >= version
  }

  /// The nearest feature band, and in it the latest patch; with `latest…`, the latest of all.
  private func isBetter(_ candidate: SDKVersion, than best: SDKVersion) -> Bool {
    let sameBand =
      candidate.major == best.major && candidate.minor == best.minor && candidate.band == best.band
    return version == nil || rollForward.usesLatest || sameBand ? candidate > best : candidate < best
  }

  /// What it asks for, in words.
  var wish: String { version.map { "\($0) (rollForward \(rollForward.rawValue))" } ?? "the latest SDK" }
}
