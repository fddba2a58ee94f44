internal import PackCore
internal import Packs

/// The packages of NuGet that a program is built from: its own, and those of the runtime that is published with it, which
/// no lock of NuGet's names. packc.lock holds all of them by the digest of their files; a packages.lock.json is heeded
/// beside it, in NuGet's locked mode.
struct DotnetPackages {
  struct Package: Equatable {
    var name: String
    var version: String
    var sha256: String

    init(_ reader: JSONReader) throws {
      name = try reader.required("name").string()
      version = try reader.required("version").string()
      let digests = try reader.required("sha256").strings()
      guard let digest = digests.first, digest.utf8.count == 64, digest.utf8.allSatisfy(Self.isHex),
        Self.isPlain(name), Self.isPlain(version)
      else { throw reader.failure("not a package of NuGet with its digest") }
      sha256 = digest
    }

    private static func isHex(_ byte: UInt8) -> Bool {
      (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
    }
    /// It goes into a path and into XML.
    private static func isPlain(_ text: String) -> Bool {
      !text.isEmpty && text.first != "." && text.utf8.count <= 128
        && text.utf8.allSatisfy { byte in
          (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte) || byte == 0x2e || byte == 0x2d || byte == 0x5f
            || byte == 0x2b
        }
    }
    /// Below the directory of packages.
    var path: String { "\(name)/\(version)/\(name).\(version).nupkg" }
  }

  static let ecosystem = "nuget"

  let closure: [MSBuildProject]
  let runtime: String
  let environment: [String: String]
  private(set) var inputs: [BuildPlan.LockFile] = []
  /// Each packages.lock.json.
  private(set) var lockFiles: [BuildPlan.LockFile] = []

  init(
    _ closure: [MSBuildProject], runtime: String, environment: [String: String], asked: GlobalJSON?,
    _ files: ProjectFiles
  ) throws {
    self.closure = closure
    self.runtime = runtime
    self.environment = environment
    var paths = Set(closure.flatMap(\.files))
    if let asked { paths.insert(asked.path) }
    for project in closure {
      for directory in ProjectPath.ancestors(of: project.directory) {
        for name in ["nuget.config", "NuGet.config", "NuGet.Config"] { paths.insert(ProjectPath.join(directory, name)) }
      }
      if let lock = try DotnetLock(project, files) {
        try lock.check(runtime: runtime)
        paths.insert(lock.path)
        lockFiles += try [files.lockFile(lock.path)].compactMap { $0 }
      }
    }
    inputs = try paths.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.compactMap { try files.lockFile($0) }
  }

  var isLocked: Bool { !lockFiles.isEmpty }

  /// What packc.lock holds, when it was resolved from these very inputs.
  func resolved(_ lock: JSONValue?) throws -> [Package]? {
    guard let section = lock?[Self.ecosystem] else { return nil }
    let found = Dictionary(uniqueKeysWithValues: inputs.map { ($0.path.description, JSONValue($0.sha256)) })
    guard section["inputs"]?.object ?? [:] == found, section["environment"] == JSONValue(strings: environment) else {
      return nil
    }
    return try Self.packages(lock)
  }

  /// What packc.lock holds; nil when nothing is resolved yet.
  static func packages(_ lock: JSONValue?) throws -> [Package]? {
    guard let section = lock?[ecosystem] else { return nil }
    return try JSONReader(section, path: "packc.lock").required("packages").array().map(Package.init)
  }

  // MARK: What the fetch step reads

  /// For `sha256sum --check`.
  static func checksums(_ packages: [Package]) -> String {
    packages.map { "\($0.sha256)  \($0.path)\n" }.joined()
  }

  /// A project that downloads exactly these packages, and works nothing out.
  static func downloads(_ packages: [Package], sdkMajor: Int) -> String {
    var versions: [String: [String]] = [:]
    for package in packages { versions[package.name, default: []].append("[\(package.version)]") }
    let items = versions.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map { name in
      "    <PackageDownload Include=\"\(name)\" Version=\"\((versions[name] ?? []).joined(separator: ";"))\" />\n"
    }
    // Where the SDK itself brings packages along: FSharp.Core.
    let libraries = ["$(DOTNET_ROOT)/library-packs", "$(MSBuildExtensionsPath)FSharp/library-packs"].map {
      "    <RestoreAdditionalProjectSources Condition=\"Exists('\($0)')\">"
        + "$(RestoreAdditionalProjectSources);\($0)</RestoreAdditionalProjectSources>\n"
    }
    return """
      <Project>
        <PropertyGroup>
          <ImportDirectoryBuildProps>false</ImportDirectoryBuildProps>
          <ImportDirectoryBuildTargets>false</ImportDirectoryBuildTargets>
          <ImportDirectoryPackagesProps>false</ImportDirectoryPackagesProps>
        </PropertyGroup>
        <Import Project="Sdk.props" Sdk="Microsoft.NET.Sdk" />
        <PropertyGroup>
          <TargetFramework>net\(sdkMajor).0</TargetFramework>
          <UseAppHost>false</UseAppHost>
          <DisableImplicitFrameworkReferences>true</DisableImplicitFrameworkReferences>
      \(libraries.joined())  </PropertyGroup>
        <ItemGroup>
      \(items.joined())  </ItemGroup>
        <Import Project="Sdk.targets" Sdk="Microsoft.NET.Sdk" />
      </Project>

      """
  }
}

/// `packages.lock.json` of one project (learn.microsoft.com, "Locking dependencies").
struct DotnetLock {
  let path: String
  private let project: MSBuildProject
  /// `net8.0`, `net8.0/linux-x64` → names of packages, lower-case → the entry.
  private var targets: [String: [String: JSONValue]] = [:]

  /// nil when the project keeps none.
  init?(_ project: MSBuildProject, _ files: ProjectFiles) throws {
    self.project = project
    var names = ["packages.\(project.stem.replacing(" ", with: "_")).lock.json", "packages.lock.json"]
    if let own = project.properties.known("NuGetLockFilePath") { names.insert(own, at: 0) }
    let paths = names.compactMap { ProjectPath.resolve($0, from: project.directory) }
    guard let path = paths.first(where: files.isFile), let text = try files.text(path) else {
      guard project.properties.isTrue("RestorePackagesWithLockFile"), !project.items("PackageReference").isEmpty else {
        return nil
      }
      throw PackRefusal(
        .projectError, "lock_missing",
        "\(project.path) asks for a lock (RestorePackagesWithLockFile), and there is no packages.lock.json",
        hint: "run `dotnet restore \(project.path)` and commit it",
        at: project.place(of: "RestorePackagesWithLockFile"))
    }
    self.path = path
    let document = try JSONParser.parse(JSONWithComments.plain(Array(text.utf8)), name: path)
    let reader = JSONReader(document, path: path)
    guard let dependencies = try reader.required("dependencies").value.object else {
      throw Failure(
        "bad_lock", "\"dependencies\" is no object", hint: "run `dotnet restore --force-evaluate \(project.path)`",
        at: SourceLocation(path: path), exit: .badInput)
    }
    for (target, packages) in dependencies {
      targets[target] = Dictionary(
        (packages.object ?? [:]).map { ($0.key.lowercased(), $0.value) }, uniquingKeysWith: { first, _ in first })
    }
  }

  /// NuGet refuses a lock that was made without the runtime, or for other packages.
  func check(runtime: String) throws {
    let isEmpty = targets.values.allSatisfy(\.isEmpty)
    guard isEmpty || targets.keys.contains(where: { $0.hasSuffix("/\(runtime)") }) else {
      throw PackRefusal(
        .projectError, "lock_runtime",
        "\(path) was made without the runtime \(runtime), so NuGet's locked mode refuses it",
        hint: "write <RuntimeIdentifiers>\(runtime)</RuntimeIdentifiers> into \(project.path), run "
          + "`dotnet restore --force-evaluate \(project.path)` and commit \(path)",
        at: SourceLocation(path: path))
    }
    let central = Dictionary(
      project.items("PackageVersion").map { ($0.name.lowercased(), $0.attributes["Version"]) },
      uniquingKeysWith: { first, _ in first })
    for item in project.items("PackageReference") {
      let name = item.name.lowercased()
      let entries = targets.values.compactMap { $0[name] }
      let version = item.attributes["Version"] ?? central[name] ?? nil
      guard let wrong = Self.difference(item.name, version, entries) else { continue }
      throw PackRefusal(
        .projectError, "lock_out_of_date", "\(path) is out of date: \(wrong)",
        hint: "run `dotnet restore --force-evaluate \(project.path)` and commit \(path)",
        at: SourceLocation(path: item.path, line: item.line))
    }
  }

  /// `Version="8.0.0"` is locked as `[8.0.0, )`; ranges and properties are left to NuGet.
  private static func difference(_ name: String, _ version: String?, _ entries: [JSONValue]) -> String? {
    guard !entries.isEmpty else { return "it does not hold \(name)" }
    guard let version, SDKVersion(version) != nil else { return nil }
    let wanted = "[\(version), )"
    guard let other = entries.lazy.compactMap({ $0["requested"]?.string }).first(where: { $0 != wanted }) else {
      return nil
    }
    return "it holds \(name) \(other), and \(version) is asked for"
  }
}
