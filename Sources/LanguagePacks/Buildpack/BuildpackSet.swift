internal import PackCore

/// The buildpacks of a pack: what lies in its `buildpack` directory.
///
///     buildpack/buildpack.toml …            one buildpack
///     buildpack/order.toml, NAME/ …         several, in the order that order.toml gives
///     buildpack/NAME/ …                     several, one of them a composite with the order
///     buildpack/NAME/ …                     several components: one group, by the bytes of their directories' names
struct BuildpackSet {
  struct Member {
    var buildpack: BuildpackDescriptor
    var optional: Bool
  }

  /// The directory that holds them.
  let root: HostPath
  let all: [BuildpackDescriptor]
  /// Groups to try, in this order.
  let groups: [[Member]]

  static let maximumBuildpacks = 64
  private static let maximumGroups = 256
  private static let maximumDepth = 8

  init(root: HostPath) throws {
    self.root = root
    var found: [BuildpackDescriptor] = []
    var order: [[BuildpackDescriptor.Reference]] = []
    if try FileSystem.status(root / "buildpack.toml") != nil {
      found = [try Self.read(root, "")]
      guard found[0].order.isEmpty else {
        throw Self.failure(
          "buildpack.toml", "this composite buildpack names others, which do not lie beside it",
          hint: "wrap it together with them: `packc pack wrap COMPOSITE BUILDPACK…`")
      }
    } else {
      for bytes in try DirectoryWalk.names(in: root) {
        let name = String(decoding: bytes, as: UTF8.self)
        guard FileSystem.isDirectory(root / name) else { continue }
        found.append(try Self.read(root / name, name))
        guard found.count <= Self.maximumBuildpacks else {
          throw Self.failure("", "there are more than \(Self.maximumBuildpacks) buildpacks", hint: nil)
        }
      }
      order = try Self.readOrder(root)
    }
    all = found
    groups = try Self.groups(found, order)
  }

  private static func failure(_ file: String, _ message: String, hint: String?) -> Failure {
    Failure(
      "bad_buildpack", message, hint: hint, at: SourceLocation(path: file.isEmpty ? "buildpack" : "buildpack/\(file)"),
      exit: .badInput)
  }

  // MARK: Reading

  private static func read(_ directory: HostPath, _ place: String) throws -> BuildpackDescriptor {
    let prefix = place.isEmpty ? "" : "\(place)/"
    if FileSystem.exists(directory / "extension.toml") {
      throw failure(
        "\(prefix)extension.toml",
        "this is an image extension, not a buildpack: it changes a base image, and packc has none",
        hint: "leave it out; what it installs can be a layer of a buildpack, or a program named in options.runtime")
    }
    guard let bytes = try FileSystem.readIfPresent(directory / "buildpack.toml", limit: 1 << 20) else {
      throw failure("\(prefix)buildpack.toml", "the file is missing", hint: "each directory here is one buildpack")
    }
    let buildpack = try BuildpackDescriptor(bytes, place: place, shown: "buildpack/\(prefix)buildpack.toml")
    guard buildpack.order.isEmpty else { return buildpack }
    for name in ["bin/detect", "bin/build"] where !FileSystem.isExecutableFile(directory / name) {
      let exists = FileSystem.exists(directory / name)
      throw failure(
        "\(prefix)\(name)", exists ? "the file is not executable" : "the buildpack \(buildpack.id) has no \(name)",
        hint: exists ? "chmod +x it" : "a buildpack without it is not a component buildpack")
    }
    return buildpack
  }

  private static func readOrder(_ root: HostPath) throws -> [[BuildpackDescriptor.Reference]] {
    guard let bytes = try FileSystem.readIfPresent(root / "order.toml", limit: 1 << 20) else { return [] }
    let order = try BuildpackDescriptor.order(TOMLReader(bytes, path: "buildpack/order.toml"))
    guard order.contains(where: { !$0.isEmpty }) else {
      throw failure("order.toml", "it names no buildpack", hint: "write [[order]] and [[order.group]] with an id")
    }
    return order
  }

  // MARK: Order

  private static func groups(
    _ all: [BuildpackDescriptor], _ written: [[BuildpackDescriptor.Reference]]
  ) throws -> [[Member]] {
    if !written.isEmpty { return try expand(written, all, depth: 0) }
    if all.count == 1 { return [[Member(buildpack: all[0], optional: false)]] }
    let named = Set(all.flatMap { $0.order.flatMap { $0.map(\.id) } })
    let tops = all.filter { !$0.order.isEmpty && !named.contains($0.id) }
    if tops.isEmpty, !all.isEmpty { return [all.map { Member(buildpack: $0, optional: false) }] }
    guard tops.count == 1 else {
      throw failure(
        "", all.isEmpty ? "there is no buildpack" : "\(tops.map(\.name).joined(separator: " and ")) each have an order",
        hint: all.isEmpty
          ? "put a buildpack's files here, or a directory for each" : "write buildpack/order.toml with [[order.group]]")
    }
    return try expand(tops[0].order, all, depth: 0)
  }

  /// Nested orders take every group of theirs in turn, depth first, left to right.
  private static func expand(
    _ order: [[BuildpackDescriptor.Reference]], _ all: [BuildpackDescriptor], depth: Int
  ) throws -> [[Member]] {
    guard depth < maximumDepth else { throw failure("", "orders are nested deeper than \(maximumDepth)", hint: nil) }
    return try order.flatMap { group in
      var partial: [[Member]] = [[]]
      for reference in group {
        let buildpack = try find(reference, all)
        var parts = [[Member(buildpack: buildpack, optional: reference.optional)]]
        if !buildpack.order.isEmpty {
          parts = try expand(buildpack.order, all, depth: depth + 1) + (reference.optional ? [[]] : [])
        }
        guard partial.count * parts.count <= maximumGroups else {
          throw failure("", "the orders come to more than \(maximumGroups) groups", hint: nil)
        }
        partial = partial.flatMap { head in parts.map { head + $0 } }
      }
      return partial.filter { !$0.isEmpty }
    }
  }

  private static func find(
    _ reference: BuildpackDescriptor.Reference, _ all: [BuildpackDescriptor]
  ) throws -> BuildpackDescriptor {
    let named = all.filter { $0.id == reference.id }
    if let found = named.first(where: { reference.version == nil || $0.version == reference.version }) { return found }
    let wanted = reference.id + (reference.version.map { "@\($0)" } ?? "")
    let near = Suggestion.nearest(to: reference.id, in: all.map(\.id)).map { "did you mean \"\($0)\"?" }
    throw Failure(
      "bad_buildpack",
      named.isEmpty
        ? "the order names \(wanted), which is not here"
        : "the order names \(wanted); here is \(named.map(\.version).joined(separator: ", "))",
      hint: near ?? "put it into the `buildpack` directory: `packc pack wrap` takes several directories",
      at: reference.location, exit: .badInput)
  }
}
