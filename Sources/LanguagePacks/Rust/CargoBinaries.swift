internal import PackCore

/// An executable that Cargo would build (The Cargo Book, "Cargo Targets").
struct CargoBinary: Equatable {
  /// The directory of its package, relative to the project.
  var directory: String
  var package: String
  var name: String
  /// Its main file, relative to the project.
  var path: String
  var requiredFeatures: [String] = []

  /// Cargo's own main file of a package.
  var isMain: Bool { path == CargoProject.join(directory, "src/main.rs") }
}

extension CargoProject {
  /// The binaries of a package whose main files are there, by their names.
  func binaries(of member: Member) -> [CargoBinary] {
    let directory = member.directory
    func place(_ path: String) -> String { Self.join(directory, path) }
    var found: [CargoBinary] = []
    for declared in member.manifest.binaries {
      guard let path = declaredPath(declared, of: member) else { continue }
      found.append(
        CargoBinary(
          directory: directory, package: member.package.name, name: declared.name, path: path,
          requiredFeatures: declared.requiredFeatures))
    }
    // In edition 2015 a package that declares one binary declares all.
    let isOld = edition(of: member) == "2015" && !member.manifest.binaries.isEmpty
    if member.package.autobins, !isOld {
      for (name, path) in discovered(member)
      where !found.contains(where: { $0.name == name || $0.path == place(path) }) {
        found.append(CargoBinary(directory: directory, package: member.package.name, name: name, path: place(path)))
      }
    }
    return found.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  private func edition(of member: Member) -> String {
    switch member.package.edition {
    case .own(let text, _): text
    case .workspace: "2021"
    case nil: "2015"
    }
  }

  /// Where the source of a [[bin]] is; nil when it is not there.
  private func declaredPath(_ binary: CargoManifest.Binary, of member: Member) -> String? {
    if let path = binary.path {
      return Self.normalized(path, from: member.directory).flatMap { files.isFile($0) ? $0 : nil }
    }
    return usualPaths(binary, member).first(where: files.isFile)
  }

  private func usualPaths(_ binary: CargoManifest.Binary, _ member: Member) -> [String] {
    let usual = ["src/bin/\(binary.name).rs", "src/bin/\(binary.name)/main.rs"]
    // A lonely declaration is also found where the package's own binary would be.
    let isOwn = binary.name == member.package.name || member.manifest.binaries.count == 1
    return (usual + (isOwn ? ["src/main.rs"] : [])).map { Self.join(member.directory, $0) }
  }

  /// Cargo reads no manifest of a workspace in which a binary has no source.
  func checkBinaries() throws {
    for member in members {
      for binary in member.manifest.binaries where declaredPath(binary, of: member) == nil {
        let places = binary.path.map { [Self.join(member.directory, $0)] } ?? usualPaths(binary, member)
        throw Failure(
          "no_such_file",
          "the binary \"\(binary.name)\" has no source: there is no \(places.joined(separator: ", no "))",
          hint: "add the file, or correct `path` in its [[bin]] table",
          at: binary.place.location(member.manifest.path), exit: .badInput)
      }
    }
  }

  /// Binaries that need no declaration: src/main.rs and what lies in src/bin.
  private func discovered(_ member: Member) -> [(name: String, path: String)] {
    var found: [(String, String)] = []
    if files.isFile(Self.join(member.directory, "src/main.rs")) { found.append((member.package.name, "src/main.rs")) }
    for name in files.names(Self.join(member.directory, "src/bin")) where !name.hasPrefix(".") {
      let path = "src/bin/\(name)"
      if name.hasSuffix(".rs"), files.isFile(Self.join(member.directory, path)) {
        found.append((String(name.dropLast(3)), path))
      } else if files.isFile(Self.join(member.directory, "\(path)/main.rs")) {
        found.append((name, "\(path)/main.rs"))
      }
    }
    return found
  }
}
