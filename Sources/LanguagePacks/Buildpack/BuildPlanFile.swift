internal import PackCore
internal import Packs

/// What one buildpack writes in detection: dependencies that it provides and requires, in one or several alternatives.
struct BuildPlanFile {
  struct Requirement: Equatable {
    var name: String
    /// An object.
    var metadata: JSONValue
  }
  struct Alternative: Equatable {
    var provides: [String] = []
    var requires: [Requirement] = []
  }
  /// At least one: what stands at the top, then each of `[[or]]`.
  var alternatives: [Alternative]

  static let limit = 1 << 20
  static let nothing = BuildPlanFile(alternatives: [Alternative()])

  init(alternatives: [Alternative]) { self.alternatives = alternatives }

  init(_ bytes: [UInt8], shown: String) throws {
    let reader = try TOMLReader(bytes, path: shown)
    alternatives = try [Self.alternative(reader)] + (reader.optional("or")?.array().map(Self.alternative) ?? [])
  }

  private static func alternative(_ reader: TOMLReader) throws -> Alternative {
    Alternative(
      provides: try reader.optional("provides")?.array().map { try name($0) } ?? [],
      requires: try reader.optional("requires")?.array().map(requirement) ?? [])
  }

  private static func name(_ reader: TOMLReader) throws -> String {
    let name = try reader.required("name")
    guard let text = name.value.string, !text.isEmpty else { throw name.failure("expected the name of a dependency") }
    return text
  }

  /// `version` beside `name` is the old place of `metadata.version`.
  private static func requirement(_ reader: TOMLReader) throws -> Requirement {
    let field = try reader.optional("metadata")
    var metadata = try field?.table().json ?? [:]
    if let version = try reader.optional("version") {
      guard metadata["version"] == nil else { throw version.failure("the version stands here and in metadata") }
      metadata["version"] = .string(try version.string())
    }
    return Requirement(name: try name(reader), metadata: .object(metadata))
  }
}

/// The group that builds: what is left of it when requirements and provisions have met.
struct BuildPlanResolution {
  struct Element {
    /// Index in the group that was given.
    var index: Int
    var optional: Bool
    var plan: BuildPlanFile
  }
  /// One requirement and the buildpacks (by index) that provide it, in their order.
  struct Entry: Equatable {
    var requirement: BuildPlanFile.Requirement
    var providers: [Int]
  }
  /// Why a buildpack of the group does not fit.
  struct Objection {
    var index: Int
    var text: String
  }
  var selected: [Int]
  var entries: [Entry]

  /// So many combinations of alternatives are tried.
  private static let maximumTrials = 5_000

  /// The first combination of alternatives, leftmost first, in which everything that is required is provided before and
  /// everything that is provided is required after. `objections`: why the first combination failed.
  static func resolve(_ group: [Element]) throws -> (found: BuildPlanResolution?, objections: [Objection]) {
    var choice = [Int](repeating: 0, count: group.count)
    var objections: [Objection]?
    for _ in 0..<maximumTrials {
      let trial = group.enumerated().map { (element: $1, alternative: $1.plan.alternatives[choice[$0]]) }
      var attempt = Trial(trial)
      let result = attempt.run()
      if let found = result.found { return (found, []) }
      objections = objections ?? result.objections
      // The rightmost buildpack changes first.
      var place = group.count - 1
      while place >= 0, choice[place] + 1 >= group[place].plan.alternatives.count {
        choice[place] = 0
        place -= 1
      }
      if place < 0 { return (nil, objections ?? []) }
      choice[place] += 1
    }
    throw PackRefusal(
      .projectError, "buildpack_plan", "the buildpacks' alternatives ([[or]]) come to more than \(maximumTrials) plans",
      hint: "this is a fault of the buildpacks")
  }
}

/// One combination: buildpacks that are optional and do not fit are left out until the rest fits or something that is
/// not optional does not.
private struct Trial {
  private var members: [(element: BuildPlanResolution.Element, alternative: BuildPlanFile.Alternative)]

  init(_ members: [(element: BuildPlanResolution.Element, alternative: BuildPlanFile.Alternative)]) {
    self.members = members
  }

  /// A dependency on the way through the group.
  private struct Dependency {
    var providers: [Int] = []
    /// Provided, and not required since.
    var idle: [Int] = []
    var requirements: [BuildPlanFile.Requirement] = []
  }

  mutating func run() -> (found: BuildPlanResolution?, objections: [BuildPlanResolution.Objection]) {
    while !members.isEmpty {
      let (dependencies, names, misfits) = walk()
      let firm = misfits.filter { !$0.optional }
      guard firm.isEmpty else { return (nil, firm.map(\.objection)) }
      guard !misfits.isEmpty else {
        let entries = names.flatMap { name in
          let dependency = dependencies[name] ?? Dependency()
          return dependency.requirements.map {
            BuildPlanResolution.Entry(requirement: $0, providers: dependency.providers)
          }
        }
        return (BuildPlanResolution(selected: members.map(\.element.index), entries: entries), [])
      }
      let leaving = Set(misfits.map(\.objection.index))
      members.removeAll { leaving.contains($0.element.index) }
    }
    return (nil, [])
  }

  private struct Misfit {
    var objection: BuildPlanResolution.Objection
    var optional: Bool
  }

  private func walk() -> (dependencies: [String: Dependency], names: [String], misfits: [Misfit]) {
    var dependencies: [String: Dependency] = [:]
    var names: [String] = []
    var misfits: [Misfit] = []
    for (element, alternative) in members {
      for name in alternative.provides {
        if dependencies[name] == nil { names.append(name) }
        dependencies[name, default: Dependency()].idle.append(element.index)
      }
      for requirement in alternative.requires {
        let name = requirement.name
        var dependency = dependencies[name] ?? Dependency()
        dependency.providers += dependency.idle
        dependency.idle = []
        if dependency.providers.isEmpty {
          misfits.append(misfit(element, "it requires \(name), which nothing before it provides"))
        } else {
          dependency.requirements.append(requirement)
          dependencies[name] = dependency
        }
      }
    }
    for (element, _) in members {
      for name in names where dependencies[name]?.idle.contains(element.index) == true {
        misfits.append(misfit(element, "it provides \(name), which nothing after it requires"))
      }
    }
    return (dependencies, names, misfits)
  }

  private func misfit(_ element: BuildPlanResolution.Element, _ text: String) -> Misfit {
    Misfit(objection: .init(index: element.index, text: text), optional: element.optional)
  }
}
