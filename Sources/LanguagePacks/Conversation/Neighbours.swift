internal import PackCore
internal import Packs

/// The manifests of other languages that lie beside a pack's own at the project's root. A pack that finds one asks itself
/// whether its files are the program, or serve the program of that neighbour (`DetectRole.supporting`).
struct Neighbours {
  struct Neighbour: Equatable {
    /// `ruby`
    var language: String
    /// The file that says so.
    var file: String
  }
  let all: [Neighbour]

  /// The languages beside `own` in the root of the project.
  init(of own: String, _ files: ProjectFiles) {
    let names = files.names()
    all = LanguageManifests.all.compactMap { language, globs in
      guard language != own else { return nil }
      for glob in globs {
        let pattern = Glob(glob)
        if let name = names.first(where: { pattern.matches(Array($0.utf8)) && files.isFile($0) }) {
          return Neighbour(language: language, file: name)
        }
      }
      return nil
    }
  }

  subscript(language: String) -> Neighbour? { all.first { $0.language == language } }
}
