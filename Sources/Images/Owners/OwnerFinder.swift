internal import OCI
internal import PackCore

/// Finds the owner of one file, out of databases that are read once.
struct OwnerFinder {
  private let recorded: OwnerRules
  private var system: [RootPath: FileOwner] = [:]
  private var language: [RootPath: FileOwner] = [:]
  private let directories: [RootPath: FileOwner]
  private var nodes: [RootPath: FileOwner] = [:]
  private let programs: [RootPath: FileOwner]
  private let jars: [RootPath: FileOwner]
  let licenses: [FileOwner: String]

  init(_ files: ImageFiles, _ evidence: OwnerEvidence, _ recorded: OwnerRules) {
    self.recorded = recorded
    let texts = evidence.texts.mapValues(\.bytes)
    directories = LanguagePackages.pythonDirectories(texts)
    programs = evidence.programs.compactMapValues(\.build.owner)
    var resolver = PlaceResolver(files)
    let packages = PackageDatabases.debian(texts) + PackageDatabases.alpine(texts)
    system = Self.places(packages, &resolver, files)
    language = Self.places(LanguagePackages.python(texts), &resolver, files)
    for path in texts.keys where path.name == "package.json" {
      guard let directory = path.parent, LanguagePackages.nodePackage(of: path) == directory else { continue }
      nodes[directory] = LanguagePackages.node(package: directory, texts)
    }
    jars = evidence.jars.compactMapValues { $0.contents.own?.owner }
    licenses = evidence.jars.sorted { $0.key < $1.key }.reduce(into: LanguagePackages.licenses(texts)) {
      licenses, jar in
      let contents = jar.value.contents
      let own = contents.own?.owner ?? LanguagePackages.jar(jar.key)
      let stated = contents.artifacts.map { ($0.owner, $0.license) }
      for (owner, license) in [(own, contents.license)] + stated {
        if let owner, licenses[owner] == nil { licenses[owner] = license }
      }
    }
  }

  /// Where two packages name one path, as multi-architecture packages do, the first by name has it.
  private static func places(
    _ packages: [PackageDatabases.Package], _ resolver: inout PlaceResolver, _ files: ImageFiles
  ) -> [RootPath: FileOwner] {
    var places: [RootPath: FileOwner] = [:]
    for package in packages.sorted(by: { $0.owner < $1.owner }) {
      for path in package.paths {
        guard let real = resolver.real(path), places[real] == nil else { continue }
        places[real] = package.owner
      }
    }
    return places
  }

  func owner(of file: ImageFiles.File) -> FileOwner? {
    let path = file.entry.path
    if let owner = recorded.owner(of: path) ?? system[path] ?? python(path) { return owner }
    if let package = LanguagePackages.nodePackage(of: path), let owner = nodes[package] { return owner }
    return programs[path] ?? jars[path] ?? LanguagePackages.jar(path)
  }

  private func python(_ path: RootPath) -> FileOwner? {
    if let owner = language[path] { return owner }
    // Compiled files are not always in RECORD: `__pycache__/name.cpython-311.pyc` belongs to who has `name.py`.
    if let cache = path.parent, cache.nameBytes.elementsEqual("__pycache__".utf8), let directory = cache.parent {
      let source = Array(path.nameBytes.prefix { $0 != UInt8(ascii: ".") }) + Array(".py".utf8)
      if let owner = directory.appending(component: source).flatMap({ language[$0] }) { return owner }
    }
    return directories.isEmpty ? nil : path.parent.flatMap { directories[$0] ?? $0.parent.flatMap { directories[$0] } }
  }
}
