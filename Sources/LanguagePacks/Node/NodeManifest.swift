internal import PackCore
internal import Packs

/// A package.json, as far as this pack reads it.
struct NodeManifest {
  /// Relative to the project: `package.json`, `packages/api/package.json`.
  let path: String
  /// Its directory, empty for the project's own.
  let directory: String
  private let bytes: [UInt8]
  private let json: JSONValue

  let name: String?
  let version: String?
  let main: String?
  let scripts: [String: String]
  let dependencies: [String: String]
  let devDependencies: [String: String]
  let optionalDependencies: [String: String]
  let peerDependencies: [String: String]
  /// Patterns of the members' directories.
  let workspaces: [String]

  private static let limit = 4 << 20

  /// nil when the directory has none.
  init?(in directory: String, _ files: ProjectFiles) throws {
    path = directory.isEmpty ? "package.json" : "\(directory)/package.json"
    self.directory = directory
    guard let place = RootPath(path), files.isFile(path) else { return nil }
    let read = try FileSystem.read(files.root / place, limit: Self.limit)
    bytes = read.starts(with: [0xef, 0xbb, 0xbf]) ? Array(read.dropFirst(3)) : read
    json = try JSONParser.parse(bytes, name: path, limits: .init(bytes: Self.limit, lastKeyWins: true))
    let fields = Fields(json: json, bytes: bytes, path: path)
    guard json.object != nil else { throw fields.noObject() }
    name = try fields.string("name")
    version = try fields.string("version")
    main = try fields.string("main")
    scripts = try fields.strings("scripts")
    dependencies = try fields.strings("dependencies")
    devDependencies = try fields.strings("devDependencies")
    optionalDependencies = try fields.strings("optionalDependencies")
    peerDependencies = try fields.strings("peerDependencies")
    workspaces = try fields.workspaces()
  }

  /// Fields that say something of tools: taken where they have the usual type, ignored where not, as npm does.
  func text(_ keys: String...) -> String? {
    var value: JSONValue? = json
    for key in keys { value = value?[key] }
    return value?.string
  }

  func location(_ keys: String...) -> SourceLocation {
    JSONPlace.location(of: keys, in: bytes, named: path) ?? SourceLocation(path: path)
  }

  /// `package.json:7`, for the source of a decision.
  func place(_ keys: String...) -> String {
    let found = JSONPlace.location(of: keys, in: bytes, named: path)
    return path + (found?.line.map { ":\($0)" } ?? "")
  }

  /// What runs at run time: all but devDependencies.
  var production: [String: String] { dependencies.merging(optionalDependencies) { $1 } }
  func depends(on package: String) -> Bool { production[package] != nil || devDependencies[package] != nil }

  private struct Fields {
    let json: JSONValue
    let bytes: [UInt8]
    let path: String

    func string(_ key: String) throws -> String? {
      guard let value = json[key], value != .null else { return nil }
      guard let text = value.string else { throw wrong([key], value, "a string") }
      return text
    }

    func strings(_ key: String) throws -> [String: String] {
      guard let value = json[key], value != .null else { return [:] }
      guard let object = value.object else { throw wrong([key], value, "an object of strings") }
      return try object.reduce(into: [:]) { map, pair in
        guard let text = pair.value.string else { throw wrong([key, pair.key], pair.value, "a string") }
        map[pair.key] = text
      }
    }

    func workspaces() throws -> [String] {
      guard let value = json["workspaces"], value != .null else { return [] }
      let list = value.object == nil ? value : value["packages"] ?? []
      guard let patterns = list.array, patterns.allSatisfy({ $0.string != nil }) else {
        throw wrong(["workspaces"], value, "a list of strings, or an object with the list \"packages\"")
      }
      return patterns.compactMap(\.string)
    }

    func noObject() -> PackRefusal {
      PackRefusal(
        .projectError, "bad_package_json",
        "expected an object of fields (name, scripts, dependencies), found \(json.kind)",
        hint: "write {\"name\": \"app\", \"scripts\": {\"start\": \"node server.js\"}}; `npm init` asks for the fields",
        at: SourceLocation(path: path, line: 1, column: 1))
    }

    func wrong(_ keys: [String], _ value: JSONValue, _ expected: String) -> PackRefusal {
      PackRefusal(
        .projectError, "bad_package_json",
        "\"\(keys.joined(separator: "."))\": expected \(expected), found \(value.kind)",
        hint: "see https://docs.npmjs.com/cli/configuring-npm/package-json",
        at: JSONPlace.location(of: keys, in: bytes, named: path) ?? SourceLocation(path: path, line: 1, column: 1))
    }
  }
}
