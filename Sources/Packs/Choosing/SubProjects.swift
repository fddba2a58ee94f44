public import PackCore

/// Directories of a project that look like projects of their own. They are asked about only when the project itself is no
/// program: a repository that holds `services/api` and `frontend`, and nothing at its root.
struct SubProjects {
  static let depth = 3
  /// Directories that are asked about, the nearest first; a repository with more has to be told with `--app`.
  static let limit = 48

  /// Directories that hold what belongs to a program, not programs that somebody runs.
  private static let besideTheProduct: Set<String> = [
    "bench", "benchmarks", "ci", "contrib", "demo", "demos", "dist", "doc", "docs", "e2e", "example", "examples",
    "fixtures", "hack", "integration-tests", "node_modules", "sample", "samples", "script", "scripts", "spec", "specs",
    "target", "test", "testdata", "tests", "third_party", "tool", "tools", "vendor",
  ]

  /// The directories in which the static rules of a pack match by the names in them, by depth and then by bytes.
  static func directories(_ listing: [RootPath], _ packs: [Pack]) -> [RootPath] {
    var names: [RootPath: [RootPath]] = [:]
    for path in listing {
      guard let parent = path.parent, !parent.isRoot, let name = RootPath(bytes: path.nameBytes) else { continue }
      names[parent, default: []].append(name)
    }
    let near = names.keys.filter { directory in
      let parts = directory.components.map { String(decoding: $0, as: UTF8.self) }
      return parts.count <= depth && !parts.contains { besideTheProduct.contains($0) || $0.hasPrefix(".") }
    }
    let sorted = near.sorted { ($0.components.count, $0) < ($1.components.count, $1) }
    return Array(
      sorted.lazy.filter { directory in
        packs.contains { $0.manifest.rules.match(names[directory] ?? [], config: nil) != nil }
      }.prefix(limit))
  }

  /// The paths below `directory`, relative to it. `listing` is sorted by path.
  static func listing(_ listing: [RootPath], below directory: RootPath) -> [RootPath] {
    listing.compactMap { path in
      guard path.isInside(directory), path != directory else { return nil }
      return RootPath(bytes: path.bytes.dropFirst(directory.bytes.count + 1))
    }
  }
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
    for directory in SubProjects.directories(project.listing, catalog.packs) {
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
    project.directory = self.directory / directory
    project.listing = SubProjects.listing(listing, below: directory)
    project.config = nil
    project.app = nil
    return project
  }
}

extension [SubProgram] {
  /// Several programs below a project that is none itself.
  public var failure: Failure {
    let candidates = flatMap { program in
      program.matches.flatMap { PackCandidate.all($0.pack, $0.result, below: program.directory) }
    }
    let first = candidates.first?.app ?? ""
    return Failure(
      PackErrorCode.severalPrograms,
      "the project is no program itself, and below it are several:\n"
        + candidates.map { "  " + $0.text }.joined(separator: "\n"),
      hint: "give --app \(first), or build that directory: `packc build \(first)`", exit: .severalCandidates,
      details: ["candidates": .array(candidates.map(\.json))])
  }
}
