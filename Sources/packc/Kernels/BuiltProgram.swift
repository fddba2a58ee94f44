internal import Config
internal import Kernel
internal import PackCore

/// What `packc build` left in a project, and its unik.yaml, as far as a kernel is concerned.
enum BuiltProgram {
  /// - Throws: `not_built` when nothing was built there.
  static func facts(in project: HostPath) throws -> ProgramFacts {
    let directory = project / ".packc"
    guard let build = try document(directory / "build.json") else {
      throw Failure(
        "not_built", "nothing is known of a program in \(project): it has not been built",
        hint:
          "build it first (`packc build --no-unikernel` needs no kernel), or say what the program needs: --need net,smp, or --need nothing",
        exit: .badInput)
    }
    let contract = try document(directory / "contract.json")
    let run = try configuration(project)?.run
    let plan = build["plan"]
    var facts = ProgramFacts(name: "\(build["name"]?.string ?? project.name) (\(project))")
    facts.pack = build["pack"]?["name"]?.string ?? ""
    facts.mode = build["mode"]?.string.flatMap { BuildMode(rawValue: $0) } ?? .release
    facts.arguments = strings(plan?["entrypoint"]) + (run?.arguments ?? [])
    facts.environment = (plan?["env"]?.object ?? [:]).compactMapValues(\.string)
    facts.environment.merge(run?.environment ?? [:]) { $1 }
    facts.ports = run.map { $0.ports.map(\.description) } ?? []
    if facts.ports.isEmpty { facts.ports = strings(plan?["ports"]) }
    facts.cpus = run?.cpus ?? 1
    facts.volumes = run?.volumes.map(\.mount.absolute) ?? []
    facts.hasRootDisk = build["unikernel"]?["root"] != nil || run?.root == .erofs
    facts.egress = egress(contract)
    facts.libraries = libraries(contract)
    return facts
  }

  private static func document(_ path: HostPath) throws -> JSONValue? {
    guard let bytes = try FileSystem.readIfPresent(path, limit: 256 << 20) else { return nil }
    return try JSONParser.parse(bytes, name: path.description, limits: .init(bytes: 256 << 20, depth: 64))
  }

  private static func configuration(_ project: HostPath) throws -> UnikFile? {
    let path = project / UnikFile.fileName
    guard let bytes = try FileSystem.readIfPresent(path, limit: 2 << 20) else { return nil }
    return try UnikFile.parse(bytes: bytes, path: path.description)
  }

  private static func strings(_ value: JSONValue?) -> [String] { value?.array?.compactMap(\.string) ?? [] }

  /// The author's whole list; nil when the author did not say.
  private static func egress(_ contract: JSONValue?) -> [String]? {
    let fact = contract?["facts"]?.array?.first { $0["id"]?.string == "declared.egress" }
    return fact?["closed"]?.bool == true ? strings(fact?["values"]) : nil
  }

  /// `libaio.so.1`; of a layer's summary `libaio.so.1=3`.
  private static func libraries(_ contract: JSONValue?) -> [String] {
    let facts = contract?["facts"]?.array ?? []
    let names = facts.filter { ["elf-needed", "elf-needed-summary"].contains($0["kind"]?.string) }.flatMap {
      strings($0["values"]).map { String($0.prefix { $0 != "=" }) }
    }
    return Set(names).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }
}
