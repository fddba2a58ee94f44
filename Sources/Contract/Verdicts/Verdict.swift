/// What comparing two contracts says, mildest first (`docs/contract.md`).
public enum Verdict: String, Sendable, CaseIterable, Comparable {
  /// There was nothing to compare with.
  case none
  /// Nothing that counts has changed.
  case safe
  /// It offers or may do without something more than before.
  case safeWithAdditions = "safe_with_additions"
  /// A list was made by another version of its analyser and differs: nothing follows.
  case incomparable
  /// It needs or may do something that a person should look at.
  case reviewRequired = "review_required"
  /// What others rely on is gone.
  case breaking

  private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
  public static func < (a: Verdict, b: Verdict) -> Bool { a.rank < b.rank }
}
