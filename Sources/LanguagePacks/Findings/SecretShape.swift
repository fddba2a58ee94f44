/// Whether a text has the shape of a credential. Nothing that has may stand in a fact: names and hosts only.
enum SecretShape {
  /// What well-known issuers put in front of their tokens.
  private static let prefixes = [
    "AKIA", "ASIA", "AIza", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "sk-", "sk_live_",
    "sk_test_",
    "rk_live_", "pk_live_", "xoxb-", "xoxp-", "xoxa-", "xapp-", "npm_", "pypi-", "eyJ", "SG.", "hf_", "dop_v1_",
    "shpat_",
    "ya29.", "AGE-SECRET-KEY-",
  ]

  static func isLikely(_ text: String) -> Bool {
    text.split(whereSeparator: { "/ :=,;?&@{}".contains($0) }).contains { word in
      isIssued(word) || isRandom(word)
    }
  }

  private static func isIssued(_ word: Substring) -> Bool {
    prefixes.contains { word.hasPrefix($0) && word.utf8.count >= $0.utf8.count + 16 } && hasDigit(word)
  }

  /// Long, of letters and digits in both cases or of hexadecimal digits, with nothing in it that joins words.
  private static func isRandom(_ word: Substring) -> Bool {
    let bytes = word.utf8
    guard bytes.count >= 32, hasDigit(word) else { return false }
    let isHexadecimal = bytes.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0 | 0x20) }
    let isMixed =
      bytes.allSatisfy {
        (0x30...0x39).contains($0) || (0x61...0x7a).contains($0 | 0x20) || $0 == UInt8(ascii: "+")
      } && bytes.contains { (0x41...0x5a).contains($0) } && bytes.contains { (0x61...0x7a).contains($0) }
    return isHexadecimal || isMixed
  }

  private static func hasDigit(_ word: Substring) -> Bool { word.utf8.contains { (0x30...0x39).contains($0) } }
}
