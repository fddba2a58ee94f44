internal import PackCore
internal import Packs

/// A language: two questions, each answered from the project's files.
protocol LanguagePack {
  /// It can build for another architecture than the host's: nothing of the host goes into the image.
  var buildsForOthers: Bool { get }
  /// nil when the project is none of this language. Runs no toolchain.
  func detect(_ request: PackRequest) throws -> DetectAnswer?
  func plan(_ request: PackRequest, _ notes: PackNotes) throws -> BuildPlan
  /// What the source says of the program; only asked of a pack whose pack.json names the phase.
  func facts(_ request: PackRequest) throws -> [SourceFact]
  /// What the program is made of, from its lock files; likewise.
  func components(_ request: PackRequest) throws -> [SoftwareComponent]
}

extension LanguagePack {
  var buildsForOthers: Bool { false }
  func facts(_ request: PackRequest) throws -> [SourceFact] { throw PackRefusal.phaseUnknown(request) }
  func components(_ request: PackRequest) throws -> [SoftwareComponent] { throw PackRefusal.phaseUnknown(request) }
}

struct DetectAnswer {
  /// The scale that the first-party packs share: the language's own manifest and a program 90, a manifest alone 40,
  /// source files alone 30; what the author wrote in unik.yaml 100.
  var confidence: Int
  var reasons: [DetectReason]
  var role: DetectRole = .program
  var candidates: [ProgramCandidate] = []

  var json: JSONValue {
    [
      "confidence": .integer(Int64(confidence)), "role": .string(role.rawValue), "reasons": .array(reasons.map(\.json)),
      "candidates": .array(candidates.map(\.json)),
    ]
  }
}

/// What a pack tells people beside its answer.
final class PackNotes {
  private(set) var json: [JSONValue] = []

  func warn(_ message: String, hint: String? = nil) { add("warning", message, hint) }
  func note(_ message: String) { add("note", message, nil) }

  private func add(_ level: String, _ message: String, _ hint: String?) {
    json.append(
      JSONValue(compact: [
        "level": .string(level), "message": .string(message), "hint": hint.map(JSONValue.string),
      ]))
  }
}
