internal import PackCore
internal import Packs

/// Libraries that the runtime opens by name when it needs them: OpenSSL, and ICU for cultures.
struct DotnetLibraries {
  private let program: MSBuildProject
  private let closure: [MSBuildProject]
  private let options: DotnetOptions
  private let files: ProjectFiles

  static let directories: [HostPath] = [
    "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu",
    "/usr/lib64", "/lib64", "/usr/lib",
  ]

  init(_ program: MSBuildProject, _ closure: [MSBuildProject], options: DotnetOptions, _ files: ProjectFiles) {
    (self.program, self.closure, self.options, self.files) = (program, closure, options, files)
  }

  /// The highest `NAME.N` of the host.
  static func newest(_ name: String) -> String? {
    let numbers = directories.flatMap { directory in
      ((try? DirectoryWalk.names(in: directory)) ?? []).compactMap { bytes -> Int? in
        let file = String(decoding: bytes, as: UTF8.self)
        guard file.hasPrefix(name + ".") else { return nil }
        return Int(file.dropFirst(name.utf8.count + 1))
      }
    }
    return numbers.max().map { "\(name).\($0)" }
  }

  func add(to plan: inout BuildPlan, _ notes: PackNotes) throws {
    try Self.add(cultures: wantsCultures(), to: &plan, notes)
  }

  static func add(cultures: (are: Bool, reason: String), to plan: inout BuildPlan, _ notes: PackNotes) throws {
    let (isWanted, reason) = cultures
    if let library = newest("libssl.so") {
      plan.runtime.libraries.append(library)
    } else {
      notes.warn(
        "the host has no OpenSSL, which .NET needs for TLS and for every digest", hint: "`apt-get install libssl3`")
    }
    guard isWanted else {
      plan.environment["DOTNET_SYSTEM_GLOBALIZATION_INVARIANT"] = "1"
      // Cultures may still be named; they all behave as the invariant one.
      plan.environment["DOTNET_SYSTEM_GLOBALIZATION_PREDEFINED_CULTURES_ONLY"] = "0"
      plan.decisions.append(Decision(what: "globalization", value: "invariant", source: reason))
      return
    }
    let names = ["libicudata.so", "libicui18n.so", "libicuuc.so"]
    let found = names.compactMap(newest)
    guard found.count == names.count else {
      throw PackRefusal(
        .toolchainMissing, "icu_missing", "the program needs cultures (\(reason)), and the host has no libicu",
        hint: "`apt-get install libicu72` (Debian 12), or write `options: {icu: false}` in unik.yaml")
    }
    plan.runtime.libraries += found
    plan.decisions.append(Decision(what: "globalization", value: "ICU", source: reason))
  }

  /// Packages that refuse to work without cultures.
  static let needsCultures = [
    "microsoft.data.sqlclient", "system.data.sqlclient", "microsoft.entityframeworkcore.sqlserver", "humanizer",
  ]

  private func wantsCultures() throws -> (are: Bool, reason: String) {
    if let icu = options.icu { return (icu, "unik.yaml: options.icu") }
    let properties = program.properties
    let place = program.place(of: "InvariantGlobalization").description
    if properties.isTrue("InvariantGlobalization") { return (false, place) }
    if properties.isFalse("InvariantGlobalization") { return (true, place) }
    let template = ProjectPath.join(program.directory, "runtimeconfig.template.json")
    if let text = try files.text(template) {
      let document = try JSONParser.parse(JSONWithComments.plain(Array(text.utf8)), name: template)
      if let invariant = document["configProperties"]?["System.Globalization.Invariant"]?.bool {
        return (!invariant, template)
      }
    }
    for project in closure {
      let references = project.items("PackageReference")
      if let item = references.first(where: { Self.needsCultures.contains($0.name.lowercased()) }) {
        return (true, "\(item.path):\(item.line) (\(item.name) needs cultures)")
      }
    }
    return (false, "nothing in \(program.path) asks for cultures; options.icu: true takes libicu along")
  }
}
