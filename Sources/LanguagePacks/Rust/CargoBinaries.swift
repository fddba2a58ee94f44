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
  /// The binaries of a package, by their names.
  func binaries(of member: Member) throws -> [CargoBinary] {
    let directory = member.directory
    func place(_ path: String) -> String { Self.join(directory, path) }
    var found: [CargoBinary] = []
    for declared in member.manifest.binaries {
      let path = try declaredPath(declared, of: member)
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

  private func declaredPath(_ binary: CargoManifest.Binary, of member: Member) throws -> String {
    func place(_ path: String) -> String { Self.join(member.directory, path) }
    if let path = binary.path {
      guard let normal = Self.normalized(path, from: member.directory), files.isFile(normal) else {
        throw missing(binary, "there is no file \(place(path))", member)
      }
      return normal
    }
    let usual = ["src/bin/\(binary.name).rs", "src/bin/\(binary.name)/main.rs"]
    let all = usual + (binary.name == member.package.name ? ["src/main.rs"] : [])
    if let path = all.first(where: { files.isFile(place($0)) }) { return place(path) }
    // What Cargo takes for a lonely declaration.
    if member.manifest.binaries.count == 1, files.isFile(place("src/main.rs")) { return place("src/main.rs") }
    throw missing(binary, "there is no \(all.map(place).joined(separator: " and no "))", member)
  }

  private func missing(_ binary: CargoManifest.Binary, _ what: String, _ member: Member) -> Failure {
    Failure(
      "no_such_file", "the binary \"\(binary.name)\" has no source: \(what)",
      hint: "add the file, or write `path = \"…\"` in its [[bin]] table",
      at: binary.place.location(member.manifest.path), exit: .badInput)
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
