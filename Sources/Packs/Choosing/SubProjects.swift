public import PackCore

/// Directories of a project that look like projects of their own. They are asked about only when the project itself is no
/// program: a repository that holds `services/api` and `frontend`, and nothing at its root.
struct SubProjects {
  static let depth = 3
  /// Directories that are asked about, the nearest first; a repository with more has to be told with `--app`.
  static let limit = 48
  /// Directories that are looked into on each level.
  static let looked = 4096

  /// Directories that hold what belongs to a program, not programs that somebody runs.
  private static let besideTheProduct: Set<String> = [
    "bench", "benchmarks", "bin", "ci", "contrib", "demo", "demos", "dist", "doc", "docs", "e2e", "example", "examples",
    "fixtures", "hack", "integration-tests", "node_modules", "obj", "sample", "samples", "script", "scripts", "spec",
    "specs",
    "target", "test", "testdata", "tests", "third_party", "tool", "tools", "vendor",
  ]

  /// The directories in which the static rules of a pack match by the names in them, by depth and then by bytes.
  static func directories(_ tree: ProjectTree, _ packs: [Pack]) throws -> [RootPath] {
    var found: [RootPath] = []
    var level = [RootPath.root]
    for _ in 0..<depth {
      level = try level.flatMap { directory in
        try tree.names(in: directory).lazy.filter { $0.isDirectory && !isBeside($0.text) }
          .compactMap { directory.appending(component: $0.bytes) }
      }
      for directory in level.prefix(looked) where found.count < limit {
        let names = try tree.names(in: directory)
        if packs.contains(where: { $0.manifest.rules.match(names) }) { found.append(directory) }
      }
    }
    return found
  }

  private static func isBeside(_ name: String) -> Bool { name.hasPrefix(".") || besideTheProduct.contains(name) }
}

/// A program that lies below the project that was asked about.
public struct SubProgram: Sendable {
  public let directory: RootPath
  public let detection: Detection

  var matches: [Detection.Match] { detection.matching(.program) }
}

extension PackHost {
  /// The programs in the directories below a project. A directory below a found one belongs to that; a manifest there that
  /// cannot be read is no error of the whole.
  public func detectBelow(_ project: PackProject, in catalog: PackCatalog, requested: String?) throws -> [SubProgram] {
    var found: [SubProgram] = []
    for directory in try SubProjects.directories(project.tree, catalog.packs) {
      if found.contains(where: { directory.isInside($0.directory) }) { continue }
      guard let detection = try? detect(project.below(directory), in: catalog, requested: requested) else { continue }
      try Interruption.check()
      // Source files alone, without a manifest, are part of something else here.
      if detection.matching(.program).contains(where: { $0.result.confidence >= 50 }) {
        found.append(SubProgram(directory: directory, detection: detection))
      }
    }
    return found
  }
}

extension PackProject {
  /// The directory as a project of its own. It is asked about without options: those are another program's.
  public func below(_ directory: RootPath) -> PackProject {
    var project = self
    project.tree = ProjectTree(self.directory / directory)
    project.config = nil
    project.app = nil
    return project
  }
}

extension [SubProgram] {
  /// The only program below; nil when there is none. Several are an error, and so is one below a project of a language
  /// that no pack knows: the project itself is a program then, and this one may be its installer or its tool.
  public func only(below project: PackProject, packs: [Pack], requested: String?) throws -> SubProgram? {
    guard let first else { return nil }
    guard count == 1 else { throw failure }
    if requested == nil, let other = OtherLanguages.ofRoot(packs, in: (try? project.tree.names()) ?? []) {
      throw failure(below: other)
    }
    return first
  }

  private var candidates: [PackCandidate] {
    flatMap { program in
      program.matches.flatMap { PackCandidate.all($0.pack, $0.result, below: program.directory) }
    }
  }

  /// Several programs below a project that is none itself.
  var failure: Failure { failure("the project is no program itself, and below it are several") }

  private func failure(below other: OtherLanguages.Found) -> Failure {
    failure("\(other.file): the project itself is \(other.language), for which no pack is installed, and below it is")
  }

  private func failure(_ title: String) -> Failure {
    let candidates = candidates
    let first = candidates.first?.app ?? ""
    return Failure(
      PackErrorCode.severalPrograms, "\(title):\n" + candidates.map { "  " + $0.text }.joined(separator: "\n"),
      hint: "give --app \(first), or build that directory: `packc build \(first)`", exit: .severalCandidates,
      details: ["candidates": .array(candidates.map(\.json))])
  }
}
