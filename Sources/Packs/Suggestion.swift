/// "Did you mean": the nearest of some known words.
enum Suggestion {
  /// nil when nothing is near: at most a third of the word's letters may differ, and at most two.
  static func nearest(to word: String, among known: some Sequence<String>) -> String? {
    let limit = min(2, max(1, word.utf8.count / 3))
    return known.map { (word: $0, distance: distance($0, word)) }
      .filter { $0.distance <= limit && $0.distance > 0 }
      .min { ($0.distance, $0.word) < ($1.distance, $1.word) }?.word
  }

  /// Levenshtein's distance over bytes, letters compared without case.
  static func distance(_ a: String, _ b: String) -> Int {
    let a = Array(a.lowercased().utf8)
    let b = Array(b.lowercased().utf8)
    guard a.count <= 64, b.count <= 64 else { return a == b ? 0 : .max }
    var row = Array(0...b.count)
    for (i, x) in a.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, y) in b.enumerated() {
        let above = row[j + 1]
        row[j + 1] = min(row[j] + 1, above + 1, diagonal + (x == y ? 0 : 1))
        diagonal = above
      }
    }
    return row[b.count]
  }
}
