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
  /// What in it `dotnet` does not understand and leaves out of account: then the latest SDK is taken.
  private(set) var ignored: String?
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
    rollForward = .latestMajor
    allowPrerelease = sdk["allowPrerelease"]?.bool ?? true
    let written = try Self.text(sdk, "version", path, bytes)
    version = written.flatMap { SDKVersion($0) }
    if let written, version == nil {
      ignored = "sdk.version is \"\(written)\", not a whole version of an SDK such as 8.0.100"
      return
    }
    rollForward = version == nil ? .latestMajor : .latestPatch
    if version?.isPrerelease == true { allowPrerelease = true }
    guard let word = try Self.text(sdk, "rollForward", path, bytes) else { return }
    if let policy = RollForward(word: word), version != nil || policy == .latestMajor {
      rollForward = policy
      return
    }
    let question = Suggestion.question(for: word, in: RollForward.allCases.map(\.rawValue))
    line = Self.line(of: "\"rollForward\"", bytes)
    ignored =
      RollForward(word: word) == nil
      ? "sdk.rollForward is \"\(word)\", which is none of its values" + (question.map { "; \($0)" } ?? "")
      : "sdk.rollForward is \(word), and there is no sdk.version"
    (version, rollForward) = (nil, .latestMajor)
  }

  private static func text(_ sdk: JSONValue, _ name: String, _ path: String, _ bytes: [UInt8]) throws -> String? {
    guard let value = sdk[name], value != .null else { return nil }
    guard let text = value.string else {
      throw wrong(path, line(of: "\"\(name)\"", bytes), "\"sdk.\(name)\" is a \(value.kind), not a string")
    }
    return text
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
  var wish: String {
    if ignored != nil { return "nothing that dotnet understands: the latest" }
    return version.map { "\($0) (rollForward \(rollForward.rawValue))" } ?? "the latest SDK"
  }
}
