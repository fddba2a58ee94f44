internal import PackCore
internal import Packs

/// What `dotnet publish` left in the project's own directory: `NAME.runtimeconfig.json` beside `NAME.dll`.
struct DotnetPublished {
  struct Framework: Equatable {
    /// `Microsoft.AspNetCore.App`
    var name: String
    var version: SDKVersion
  }
  let name: String
  /// Those of the host that it runs on, or those that it brings along.
  let frameworks: [Framework]
  let isSelfContained: Bool
  /// `Minor`, unless the file says otherwise.
  let rollForward: String
  let isInvariant: Bool?
  let target: TargetFramework

  static let runtime = "Microsoft.NETCore.App"
  static let web = "Microsoft.AspNetCore.App"
  private static let ending = ".runtimeconfig.json"

  var path: String { name + Self.ending }
  var isWeb: Bool { frameworks.contains { $0.name == Self.web } }

  /// The programs of the directory, by name.
  static func names(_ files: ProjectFiles) -> [String] {
    files.names().filter { $0.hasSuffix(ending) }.map { String($0.dropLast(ending.utf8.count)) }
      .filter { !$0.isEmpty && files.isFile("\($0).dll") }
  }

  init(_ name: String, _ files: ProjectFiles) throws {
    self.name = name
    let path = name + Self.ending
    let document = try JSONParser.parse(JSONWithComments.plain(Array((try files.text(path) ?? "").utf8)), name: path)
    let options = try JSONReader(document).required("runtimeOptions")
    let included = try options.optional("includedFrameworks")?.array() ?? []
    isSelfContained = !included.isEmpty
    var found = try included.map(Self.framework)
    if !isSelfContained {
      found = try options.optional("frameworks")?.array().map(Self.framework) ?? []
      if let one = try options.optional("framework").map(Self.framework), !found.contains(one) { found.append(one) }
    }
    // ASP.NET Core stands on the runtime of its own version, and old files do not name that.
    if let first = found.first, !found.contains(where: { $0.name == Self.runtime }) {
      found.append(Framework(name: Self.runtime, version: first.version))
    }
    frameworks = found.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    guard let version = found.first(where: { $0.name == Self.runtime })?.version,
      let target = TargetFramework("net\(version.major).\(version.minor)")
    else { throw options.failure("it names neither frameworks nor includedFrameworks") }
    self.target = target
    rollForward = try options.optional("rollForward")?.string() ?? "Minor"
    isInvariant = try options.optional("configProperties")?.optional("System.Globalization.Invariant")?.bool()
  }

  private static func framework(_ reader: JSONReader) throws -> Framework {
    let version = try reader.required("version")
    let name = try reader.required("name").string()
    guard let known = SDKVersion(try version.string()) else { throw version.failure("not a version like 8.0.4") }
    guard !name.isEmpty, name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != 0x2f }), !name.hasPrefix(".") else {
      throw reader.failure("not the name of a framework")
    }
    return Framework(name: name, version: known)
  }

  /// The installed version that .NET's own host takes, by the policy of the file.
  func choose(_ wanted: SDKVersion, among installed: [SDKVersion]) -> SDKVersion? {
    let policy = rollForward.lowercased()
    let later = installed.filter { $0 >= wanted && (!$0.isPrerelease || wanted.isPrerelease) }.sorted()
    func line(_ version: SDKVersion) -> [Int] { [version.major, version.minor] }
    let sameMajor = later.filter { $0.major == wanted.major }
    switch policy {
    case "disable": return installed.first { $0 == wanted }
    case "latestpatch": return later.last { line($0) == line(wanted) }
    case "latestminor": return sameMajor.last
    case "latestmajor": return later.last
    case "major": return sameMajor.isEmpty ? later.first.flatMap(latestPatch) : sameMajor.first.flatMap(latestPatch)
    default: return sameMajor.first.flatMap(latestPatch)
    }
    func latestPatch(_ first: SDKVersion) -> SDKVersion? { later.last { line($0) == line(first) } }
  }
}
