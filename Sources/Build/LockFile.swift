internal import PackCore

/// `packc.lock`: what a build stands on, pinned; committed with the project. A project for many machines may commit only
/// some of it (its packages): a build adds the rest. Sorted JSON, version 1:
///
///     {"version": 1, "platform": "linux/amd64",
///      "packs": {"go": {"version": "1.0.0", "digest": "sha256:…"}},
///      "toolchains": {"go": {"version": "1.27.3", "digest": "sha256:…"}},
///      "kernel": {"name": "…", "version": "…", "digest": "sha256:…"}, "guest_init": {"digest": "sha256:…"},
///      "packages": {"pypi": {"inputs": {"requirements.txt": "sha256:…"}, "environment": {"python": "3.11"},
///                            "packages": [{"name": "flask", "version": "3.0.0", "sha256": ["…"]}]}},
///      "runtime": {"debian": {"packages": [{"name": "libc6", …}], "digest": "sha256:…"}}}
struct LockFile: Equatable {
  struct Pin: Equatable {
    var name: String?
    var version: String?
    var digest: Digest
  }
  var platform: Platform
  var packs: [String: Pin] = [:]
  var toolchains: [String: Pin] = [:]
  var kernel: Pin?
  var guestInit: Pin?
  /// By ecosystem; what a pack gets as `lock` in its request.
  var packages: [String: JSONValue] = [:]
  /// Where libraries, interpreter, certificates and time zones come from; empty for this host's own files.
  var runtime: [DebianPackage] = []

  static let name = RootPath(literal: "packc.lock")
  static let version: Int64 = 1

  init(platform: Platform) { self.platform = platform }

  /// nil when the project has none.
  static func read(project: HostPath) throws -> LockFile? {
    let path = project / name
    guard let bytes = try FileSystem.readIfPresent(path, limit: 16 << 20) else { return nil }
    do {
      let reader = JSONReader(try JSONParser.parse(bytes, name: path.description), path: "packc.lock")
      let version = try reader.required("version").integer()
      guard version == Self.version else {
        throw reader.failure("version \(version) is not one that this packc reads (\(Self.version))")
      }
      return try LockFile(reader)
    } catch let failure as Failure {
      throw Failure(
        "bad_lock", "packc.lock cannot be read",
        hint: "restore it from version control, or remove it and run `packc lock`",
        at: failure.location, exit: .lock, cause: failure.message)
    }
  }

  private init(_ reader: JSONReader) throws {
    guard let platform = Platform(try reader.required("platform").string()) else {
      throw reader.failure("platform is not known")
    }
    self.platform = platform
    packs = try Self.pins(reader.optional("packs"))
    toolchains = try Self.pins(reader.optional("toolchains"))
    kernel = try reader.optional("kernel").map(Pin.init)
    guestInit = try reader.optional("guest_init").map(Pin.init)
    packages = try reader.optional("packages")?.value.object ?? [:]
    if let section = try reader.optional("runtime")?.required("debian") {
      let list = try section.required("packages")
      guard try section.required("digest").digest() == Digest(of: list.value) else {
        throw section.failure("the list is not as packc wrote it (a hash or an entry was changed)")
      }
      runtime = try list.array().map(DebianPackage.init)
    }
  }

  private static func pins(_ reader: JSONReader?) throws -> [String: Pin] {
    guard let reader else { return [:] }
    guard let object = reader.value.object else { throw reader.failure("expected an object") }
    return try object.reduce(into: [:]) { $0[$1.key] = try Pin(JSONReader($1.value, path: "\(reader.path).\($1.key)")) }
  }

  var json: JSONValue {
    JSONValue(compact: [
      "version": .integer(Self.version), "platform": JSONValue(platform), "packs": .object(packs.mapValues(\.json)),
      "toolchains": .object(toolchains.mapValues(\.json)), "kernel": kernel?.json, "guest_init": guestInit?.json,
      "packages": packages.isEmpty ? nil : .object(packages),
      "runtime": runtime.isEmpty ? nil : ["debian": Self.section(runtime)],
    ])
  }

  private static func section(_ packages: [DebianPackage]) -> JSONValue {
    let list = JSONValue.array(packages.map(\.json))
    return ["packages": list, "digest": JSONValue(Digest(of: list))]
  }

  func write(project: HostPath) throws {
    try FileSystem.writeAtomically(CanonicalJSON.encodePretty(json), to: project / Self.name)
  }

  /// Each way in which `actual` is not what this lock pins. What this lock does not pin at all is a difference only when
  /// it has to be `complete`.
  func differences(from actual: LockFile, complete: Bool) -> [String] {
    var out: [String] = []
    if platform != actual.platform { out.append("platform: locked \(platform), this build is for \(actual.platform)") }
    func compare(_ what: String, _ locked: Pin?, _ found: Pin?) {
      guard let found, locked?.digest != found.digest, locked != nil || complete else { return }
      out.append("\(what): locked \(locked?.text ?? "nothing"), found \(found.text)")
    }
    for name in actual.packs.keys.sorted() { compare("pack \(name)", packs[name], actual.packs[name]) }
    for name in actual.toolchains.keys.sorted() {
      compare("toolchain \(name)", toolchains[name], actual.toolchains[name])
    }
    compare("kernel", kernel, actual.kernel)
    compare("guest init", guestInit, actual.guestInit)
    for ecosystem in actual.packages.keys.sorted() where packages[ecosystem] != actual.packages[ecosystem] {
      if packages[ecosystem] == nil, !complete { continue }
      out.append("packages of \(ecosystem): they were resolved again")
    }
    return out
  }
}

extension LockFile.Pin {
  init(_ reader: JSONReader) throws {
    self.init(
      name: try reader.optional("name")?.string(), version: try reader.optional("version")?.string(),
      digest: try reader.required("digest").digest())
  }
  var json: JSONValue {
    JSONValue(compact: [
      "name": name.map(JSONValue.string), "version": version.map(JSONValue.string), "digest": JSONValue(digest),
    ])
  }
  var text: String { [name, version, digest.description].compactMap { $0 }.joined(separator: " ") }
}
