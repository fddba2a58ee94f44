internal import PackCore
internal import Packs

/// Whether the program is compiled ahead of time (`PublishAot`), which takes a linker of the host.
struct DotnetNative {
  private let property: String?
  let linker: HostPath?

  init(_ program: MSBuildProject, options: DotnetOptions, toolchain: DotnetToolchain) throws {
    let wanted = options.properties.last { $0.lowercased().hasPrefix("publishaot=") }
    let isWanted = wanted.map { $0.lowercased().hasSuffix("=true") } ?? program.properties.isTrue("PublishAot")
    guard isWanted else {
      (property, linker) = (nil, nil)
      return
    }
    property = wanted == nil ? program.place(of: "PublishAot").description : "unik.yaml"
    guard let found = ["clang", "gcc"].lazy.compactMap(toolchain.context.findTool).first else {
      throw PackRefusal(
        .toolchainMissing, "toolchain_missing",
        "PublishAot compiles to native code and needs a linker, and there is neither clang nor gcc in PATH",
        hint:
          "`apt-get install clang zlib1g-dev`, or write `options: {properties: [\"PublishAot=false\"]}` in unik.yaml",
        at: program.place(of: "PublishAot"))
    }
    linker = FileSystem.resolve(found) ?? found
  }

  var tools: [String] { linker.map { [$0.description] } ?? [] }

  var toolchains: [BuildPlan.Toolchain] {
    guard let linker else { return [] }
    let version = try? ToolRun(environment: ["PATH": "/usr/bin:/bin", "LANG": "C"])
      .output([linker.description, "-dumpversion"]).text?.split(separator: "\n").first.map(String.init)
    return [.init(name: linker.name, version: version ?? "unknown", path: linker)]
  }

  func decision(runtime: String) -> Decision {
    property.map { Decision(what: "runtime", value: "native code", source: "\($0) (PublishAot)") }
      ?? Decision(what: "runtime", value: "self-contained", source: "the runtime pack of \(runtime), by the SDK")
  }
}
