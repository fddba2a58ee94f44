internal import PackCore

/// A project of MSBuild (`.csproj`, `.fsproj`, `.vbproj`) with the files of the repository that it takes in:
/// Directory.Build.props and .targets, and imports by a path. What only the SDK's own files could decide stays unknown.
struct MSBuildProject {
  struct Item {
    /// `PackageReference`
    var kind: String
    /// `Include`, with properties replaced; a list is split.
    var name: String
    var attributes: [String: String]
    var path: String
    var line: Int
  }
  /// The project's file, relative to the packc project.
  let path: String
  private(set) var properties = MSBuildProperties()
  /// `Microsoft.NET.Sdk.Web`, lower-case and without versions.
  private(set) var sdks: [String] = []
  private(set) var items: [Item] = []
  /// Every file of the repository that was read, in that order.
  private(set) var files: [String] = []
  /// Where a property got its value.
  private var places: [String: SourceLocation] = [:]
  private var pending: [(element: XMLElement, file: String)] = []
  private let repository: ProjectFiles

  static let maximumFiles = 64
  static let maximumSize = 4 << 20

  var directory: String { ProjectPath.directory(of: path) }
  var stem: String { ProjectPath.stem(of: path) }

  init(_ path: String, _ repository: ProjectFiles, configuration: String = "Release") throws {
    self.path = path
    self.repository = repository
    for (name, value) in [
      ("MSBuildProjectName", stem), ("MSBuildProjectDirectory", Self.mark + directory),
      ("MSBuildProjectFile", ProjectPath.name(of: path)),
      ("MSBuildProjectExtension", "." + (path.split(separator: ".").last ?? "")), ("Configuration", configuration),
      ("Platform", "AnyCPU"), ("OS", "Unix"), ("MSBuildRuntimeType", "Core"), ("RuntimeIdentifier", ""),
    ] { properties[name] = .some(value) }
    // The SDK's own knowledge of the newest framework.
    for name in [
      "BundledNETCoreAppTargetFrameworkVersion", "NETCoreAppMaximumVersion", "NETCoreSdkVersion", "MSBuildVersion",
      "NETCoreSdkRuntimeIdentifier", "TargetFrameworkIdentifier", "TargetFrameworkVersion", "TargetPlatformIdentifier",
    ] { properties[name] = .some(nil) }
    let root = try read(path)
    sdks += Self.sdkNames(root)
    try include(nearest: "Directory.Build.props", unless: "ImportDirectoryBuildProps")
    try include(nearest: "Directory.Packages.props", unless: "ImportDirectoryPackagesProps")
    try evaluate(root, in: path, depth: 0)
    try include(nearest: "Directory.Build.targets", unless: "ImportDirectoryBuildTargets")
    for (element, file) in pending { takeItems(element, file) }
    pending = []
  }

  /// The place of a property for messages; the project's file when it has none.
  func place(of name: String) -> SourceLocation { places[name.lowercased()] ?? SourceLocation(path: path) }
  func hasPlace(_ name: String) -> Bool { places[name.lowercased()] != nil }

  func items(_ kind: String) -> [Item] { items.filter { $0.kind == kind } }
  /// Names of packages, lower-case.
  var packages: Set<String> {
    Set((items("PackageReference") + items("GlobalPackageReference")).map { $0.name.lowercased() })
  }

  // MARK: Files

  private mutating func read(_ file: String) throws -> XMLElement {
    guard files.count < Self.maximumFiles else {
      throw Failure(
        "too_many_imports", "\(path) takes in more than \(Self.maximumFiles) files", at: SourceLocation(path: path),
        exit: .badInput)
    }
    guard let relative = RootPath(file) else {
      throw Failure("bad_path", "\(file) is no path of the project", exit: .badInput)
    }
    files.append(file)
    let bytes = try FileSystem.read(repository.root / relative, limit: Self.maximumSize)
    let root = try XMLElement.parse(bytes, path: file)
    guard root.name == "Project" else {
      throw Failure(
        "bad_project", "the element <\(root.name)> stands where <Project> is expected",
        hint: "a project file begins with <Project Sdk=\"Microsoft.NET.Sdk\">", at: root.location(file), exit: .badInput
      )
    }
    return root
  }

  private func nearest(_ name: String, above directory: String? = nil) -> String? {
    ProjectPath.ancestors(of: directory ?? self.directory).lazy.map { ProjectPath.join($0, name) }
      .first(where: repository.isFile)
  }

  private mutating func include(nearest name: String, unless property: String) throws {
    guard !properties.isFalse(property), let file = nearest(name) else { return }
    try evaluate(try read(file), in: file, depth: 1)
  }

  /// `Sdk="A;B/1.0"` of the root, and `<Sdk Name="A"/>`.
  private static func sdkNames(_ root: XMLElement) -> [String] {
    var names = (root.attributes["Sdk"] ?? "").split(separator: ";").map(String.init)
    names += root.all("Sdk").compactMap { $0.attributes["Name"] }
    names += root.all("Import").compactMap { $0.attributes["Sdk"] }
    var seen: Set<String> = []
    return names.map { name in
      String(name.prefix { $0 != "/" }).filter { !$0.isWhitespace }.lowercased()
    }.filter { !$0.isEmpty && seen.insert($0).inserted }
  }

  // MARK: Evaluation

  private mutating func evaluate(_ parent: XMLElement, in file: String, depth: Int) throws {
    guard depth < 16 else { return }
    for element in parent.children {
      switch element.name {
      case "PropertyGroup": takeProperties(element, file)
      case "ItemGroup": pending.append((element, file))
      case "ItemDefinitionGroup", "Target", "UsingTask", "ProjectExtensions", "Sdk": break
      case "Import": try takeImport(element, file, depth)
      case "ImportGroup": if holds(element, file) != false { try evaluate(element, in: file, depth: depth + 1) }
      case "Choose": try choose(element, file, depth)
      default: break
      }
    }
  }

  private mutating func choose(_ element: XMLElement, _ file: String, _ depth: Int) throws {
    for branch in element.children {
      let value = branch.name == "Otherwise" ? true : holds(branch, file)
      if value == true {
        try evaluate(branch, in: file, depth: depth + 1)
        return
      }
    }
  }

  private func holds(_ element: XMLElement, _ file: String) -> Bool? {
    guard let condition = element.attributes["Condition"] else { return true }
    return MSBuildCondition.holds(condition, scope(file)) { path in
      Self.resolve(path, file).map { repository.kind($0) != nil } ?? false
    }
  }

  private func expand(_ text: String, _ file: String) -> String? {
    text.contains("$(") ? scope(file).expand(text) : text
  }

  /// The properties as a file sees them.
  private func scope(_ file: String) -> MSBuildProperties {
    var scope = properties
    scope["MSBuildThisFileDirectory"] = .some(Self.mark + ProjectPath.directory(of: file) + "/")
    scope["MSBuildThisFile"] = .some(ProjectPath.name(of: file))
    scope["MSBuildThisFileName"] = .some(ProjectPath.stem(of: file))
    return scope
  }
  /// Stands before a path that counts from the root of the packc project, not from the file that names it.
  private static let mark = "\u{1}"

  private static func resolve(_ path: String, _ file: String) -> String? {
    guard path.hasPrefix(mark) else { return ProjectPath.resolve(path, from: ProjectPath.directory(of: file)) }
    return ProjectPath.resolve(String(path.dropFirst().drop { $0 == "/" }), from: "")
  }

  private mutating func takeProperties(_ group: XMLElement, _ file: String) {
    guard let outer = holds(group, file) else {
      for property in group.children { forget(property.name) }
      return
    }
    guard outer else { return }
    for property in group.children {
      switch holds(property, file) {
      case true?:
        properties[property.name] = .some(expand(property.text, file))
        places[property.name.lowercased()] = property.location(file)
      case nil: forget(property.name)
      case false?: break
      }
    }
  }

  /// A condition that packc cannot decide: a value that was there stays the likely one, else it is unknown.
  private mutating func forget(_ name: String) {
    if properties[name] == nil { properties[name] = .some(nil) }
  }

  private mutating func takeImport(_ element: XMLElement, _ file: String, _ depth: Int) throws {
    guard element.attributes["Sdk"] == nil, holds(element, file) == true, let project = element.attributes["Project"]
    else { return }
    guard let target = importTarget(project, file), repository.isFile(target), !files.contains(target) else { return }
    try evaluate(try read(target), in: target, depth: depth + 1)
  }

  private func importTarget(_ text: String, _ file: String) -> String? {
    let here = ProjectPath.directory(of: file)
    // The way in which Microsoft's documentation joins several Directory.Build.props.
    if text.contains("GetPathOfFileAbove") {
      guard let name = text.split(separator: "'").dropFirst().first else { return nil }
      return nearest(String(name), above: ProjectPath.directory(of: here)).flatMap { here.isEmpty ? nil : $0 }
    }
    return expand(text, file).flatMap { Self.resolve($0, file) }
  }

  private mutating func takeItems(_ group: XMLElement, _ file: String) {
    guard holds(group, file) != false else { return }
    for element in group.children where holds(element, file) != false {
      guard let include = element.attributes["Include"], let text = expand(include, file) else { continue }
      for name in text.split(separator: ";") {
        let name = name.filter { !$0.isNewline }.split(separator: " ").joined(separator: " ")
        items.append(
          Item(kind: element.name, name: name, attributes: element.attributes, path: file, line: element.line))
      }
    }
  }
}
