/// "Did you mean": the known word that a wrong one was probably meant to be.
public enum Suggestion {
  /// Longer words are not compared; nobody mistypes them, and the table would grow with their product.
  private static let longest = 64

  /// The nearest of `known`, or nil when none is near: at most a third of the word's letters wrong (but one always may
  /// be). Of several equally near ones the first by bytes.
  public static func nearest(to word: String, in known: some Sequence<String>) -> String? {
    let allowed = max(1, word.count / 3)
    var best: (distance: Int, word: String)?
    for candidate in known.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
      let distance = distance(word.lowercased(), candidate.lowercased())
      if distance <= allowed, distance < (best?.distance ?? .max) { best = (distance, candidate) }
    }
    return best?.word
  }

  /// `did you mean "name"?`, or nil when nothing is near.
  public static func question(for word: String, in known: some Sequence<String>) -> String? {
    nearest(to: word, in: known).map { "did you mean \"\($0)\"?" }
  }

  /// Damerau–Levenshtein distance (optimal string alignment): insertions, deletions, replacements, and swaps of
  /// neighbours, each counting one. `Int.max` for words longer than 64 letters.
  static func distance(_ left: String, _ right: String) -> Int {
    let a = Array(left)
    let b = Array(right)
    guard a.count <= longest, b.count <= longest else { return .max }
    if a.isEmpty || b.isEmpty { return max(a.count, b.count) }
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for i in 1...a.count {
      var row = [i]
      row.reserveCapacity(b.count + 1)
      for j in 1...b.count {
        var cost = min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
        if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { cost = min(cost, beforeLast[j - 2] + 1) }
        row.append(cost)
      }
      beforeLast = last
      last = row
    }
    return last[b.count]
  }
}
