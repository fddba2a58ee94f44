internal import PackCore

/// What was decided of one plan: this contract in the place of that one, under a deployment's name.
struct ReviewDecision: Hashable, Sendable {
  enum Word: String, Sendable, CaseIterable { case pending, approved, rejected }

  var word: Word
  let name: String
  /// Nil where there was nothing before.
  let baseline: Digest?
  let contract: Digest
  /// Nil while nobody has decided.
  var by: String?
  var reason: String?

  func isOf(_ baseline: Digest?, _ contract: Digest) -> Bool { self.baseline == baseline && self.contract == contract }

  var json: JSONValue {
    JSONValue(compact: [
      "schema_version": 1, "state": .string(word.rawValue), "name": .string(name),
      "baseline": baseline.map { JSONValue($0) }, "contract": JSONValue(contract), "by": by.map(JSONValue.string),
      "reason": reason.map(JSONValue.string),
    ])
  }

  init(_ word: Word, name: String, baseline: Digest?, contract: Digest, by: String? = nil, reason: String? = nil) {
    self.word = word
    self.name = name
    self.baseline = baseline
    self.contract = contract
    self.by = by
    self.reason = reason
  }

  init(_ reader: JSONReader) throws {
    let version = try reader.required("schema_version")
    guard try version.integer() == 1 else { throw version.failure("this packc reads version 1") }
    let state = try reader.required("state")
    guard let word = Word(rawValue: try state.string()) else { throw state.failure("no state of a review") }
    self.word = word
    name = try reader.required("name").string()
    baseline = try reader.optional("baseline")?.digest()
    contract = try reader.required("contract").digest()
    by = try reader.optional("by")?.string()
    reason = try reader.optional("reason")?.string()
  }
}
