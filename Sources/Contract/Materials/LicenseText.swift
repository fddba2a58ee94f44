/// What a package says of its licence, as far as it can be said in SPDX's words.
///
/// Source: SPDX 2.3 Annex D (licence expressions); the short names of Debian's machine-readable copyright files.
public struct LicenseText: Hashable, Sendable {
  /// As the package has it, or the SPDX expression that means the same.
  public let text: String
  /// Whether `text` is an expression of identifiers that SPDX's list has; otherwise it is a name and no more.
  public let isExpression: Bool

  /// Nil for what says nothing: empty, or a whole licence text in the place of its name.
  public init?(_ statement: String) {
    let text = statement.split { $0 == " " || $0 == "\t" }.joined(separator: " ")
    guard (1...200).contains(text.utf8.count), !text.utf8.contains(where: { $0 < 0x20 }), text != "UNKNOWN" else {
      return nil
    }
    if let expression = Self.expression(text) {
      (self.text, isExpression) = (expression, true)
    } else {
      (self.text, isExpression) = (text, false)
    }
  }

  /// `(MIT or Apache-2.0)` → `(MIT OR Apache-2.0)`; nil when a word is no identifier of the list, or the words do not
  /// follow each other as an expression's do.
  private static func expression(_ text: String) -> String? {
    var words: [String] = []
    var depth = 0
    var wantsOperand = true
    for token in tokens(text) {
      switch token.uppercased() {
      case "(" where wantsOperand: depth += 1
      case ")" where !wantsOperand && depth > 0: depth -= 1
      case let word where ["AND", "OR"].contains(word) && !wantsOperand:
        wantsOperand = true
        words.append(word)
        continue
      default:
        guard wantsOperand, let known = identifiers[token.lowercased()] else { return nil }
        wantsOperand = false
        words.append(known)
        continue
      }
      words.append(token)
    }
    guard !wantsOperand, depth == 0 else { return nil }
    return words.joined(separator: " ").replacing("( ", with: "(").replacing(" )", with: ")")
  }

  private static func tokens(_ text: String) -> [String] {
    text.replacing("(", with: " ( ").replacing(")", with: " ) ").split(separator: " ").map(String.init)
  }

  /// By lower-case identifier or another common name for the same licence.
  private static let identifiers: [String: String] = {
    let listed = """
      0BSD AFL-2.1 AGPL-3.0-only AGPL-3.0-or-later Apache-1.1 Apache-2.0 Artistic-1.0 Artistic-2.0 BlueOak-1.0.0 \
      BSD-1-Clause BSD-2-Clause BSD-3-Clause BSD-4-Clause BSL-1.0 bzip2-1.0.6 CC-BY-3.0 CC-BY-4.0 CC-BY-SA-3.0 \
      CC-BY-SA-4.0 CC0-1.0 CDDL-1.0 CDDL-1.1 curl EPL-1.0 EPL-2.0 EUPL-1.2 FTL GFDL-1.2-or-later GFDL-1.3-or-later \
      GPL-1.0-only GPL-1.0-or-later GPL-2.0-only GPL-2.0-or-later GPL-3.0-only GPL-3.0-or-later HPND ICU IJG ISC \
      LGPL-2.0-only LGPL-2.0-or-later LGPL-2.1-only LGPL-2.1-or-later LGPL-3.0-only LGPL-3.0-or-later Libpng libtiff \
      MIT MIT-0 MIT-CMU MPL-1.0 MPL-1.1 MPL-2.0 NCSA OFL-1.1 OpenSSL PostgreSQL PSF-2.0 Python-2.0 Ruby Sleepycat TCL \
      Unicode-3.0 Unicode-DFS-2016 Unlicense UPL-1.0 Vim W3C WTFPL X11 Zlib ZPL-2.1
      """
    let aliases = [
      "expat": "MIT", "apache-2": "Apache-2.0", "bsd-2": "BSD-2-Clause",
      "bsd-3": "BSD-3-Clause", "bsd-4": "BSD-4-Clause", "psf": "PSF-2.0", "boost": "BSL-1.0", "cc0": "CC0-1.0",
      "cc0-1": "CC0-1.0", "artistic": "Artistic-1.0", "zlib/libpng": "Zlib",
      "gpl-1": "GPL-1.0-only", "gpl-1+": "GPL-1.0-or-later", "gpl-2": "GPL-2.0-only", "gpl-2.0": "GPL-2.0-only",
      "gpl-2+": "GPL-2.0-or-later", "gpl-2.0+": "GPL-2.0-or-later", "gpl-3": "GPL-3.0-only",
      "gpl-3.0": "GPL-3.0-only", "gpl-3+": "GPL-3.0-or-later", "gpl-3.0+": "GPL-3.0-or-later",
      "lgpl-2": "LGPL-2.0-only", "lgpl-2+": "LGPL-2.0-or-later", "lgpl-2.0+": "LGPL-2.0-or-later",
      "lgpl-2.1": "LGPL-2.1-only", "lgpl-2.1+": "LGPL-2.1-or-later", "lgpl-3": "LGPL-3.0-only",
      "lgpl-3.0": "LGPL-3.0-only", "lgpl-3+": "LGPL-3.0-or-later", "lgpl-3.0+": "LGPL-3.0-or-later",
      "agpl-3": "AGPL-3.0-only", "agpl-3.0": "AGPL-3.0-only", "agpl-3+": "AGPL-3.0-or-later",
      "mpl-2": "MPL-2.0", "gfdl-1.2+": "GFDL-1.2-or-later", "gfdl-1.3+": "GFDL-1.3-or-later",
    ]
    var known = aliases
    for name in listed.split(separator: " ") { known[name.lowercased()] = String(name) }
    return known
  }()
}
