internal import PackCore
internal import Packs

/// The framework that the program is built for.
struct DotnetFramework {
  let target: TargetFramework
  /// Where the project says so.
  let place: SourceLocation
  /// The project names several, so that `dotnet publish` has to be told which.
  let isOneOfSeveral: Bool

  init(_ project: MSBuildProject, wanted: String?) throws {
    let (all, name) = project.frameworks
    place = project.place(of: name)
    isOneOfSeveral = name == "TargetFrameworks"
    guard !all.isEmpty else {
      let isWritten = project.hasPlace("TargetFramework") || project.hasPlace("TargetFrameworks")
      throw PackRefusal(
        .projectError, "no_framework",
        isWritten
          ? "\(project.path): its TargetFramework is empty, or what only MSBuild can work out"
          : "\(project.path) names no TargetFramework",
        hint: "write <TargetFramework>net8.0</TargetFramework> into it", at: place)
    }
    if let wanted {
      guard let target = all.first(where: { $0.description == wanted.lowercased() }) else {
        throw PackRefusal(
          .projectError, "no_framework", "options.framework is \(wanted), which \(project.path) is not built for",
          hint: "it has: \(all.map(\.description).joined(separator: ", "))", at: place)
      }
      self.target = target
    } else {
      self.target =
        all.filter(\.isBuildable).max { ($0.major, $0.minor) < ($1.major, $1.minor) } ?? all[0]
    }
    if let obstacle = target.obstacle {
      let windows = project.windowsOnly.map { " (\($0.what))" } ?? ""
      throw PackRefusal(
        .projectError, "framework_unsupported", "\(project.stem) is built for \(target), which \(obstacle)\(windows)",
        hint: "move it to net8.0 or later (https://dotnet.microsoft.com/platform/upgrade-assistant)", at: place)
    }
    if let windows = project.windowsOnly {
      throw PackRefusal(
        .projectError, "framework_unsupported", "\(project.path) is a program of Windows (\(windows.what))",
        hint: "only what runs on Linux can be put into an image", at: windows.at)
    }
  }
}

/// The host's `dotnet` and the SDKs that it has.
struct DotnetToolchain {
  struct SDK: Equatable {
    var version: SDKVersion
    /// `/usr/lib/dotnet/sdk/8.0.100`
    var directory: HostPath
  }
  let dotnet: HostPath
  let sdks: [SDK]
  let context: HostContext

  static func find(_ context: HostContext, work: HostPath) throws -> DotnetToolchain {
    guard let found = context.findTool("dotnet") else {
      throw PackRefusal(
        .toolchainMissing, "toolchain_missing", "the program \"dotnet\" is not in PATH", hint: install(channel: "8.0"))
    }
    let dotnet = FileSystem.resolve(found) ?? found
    let environment = environment.merging([
      "PATH": context.environment["PATH"] ?? "/usr/bin:/bin", "HOME": work.description,
      "DOTNET_CLI_HOME": work.description, "LANG": "C.UTF-8",
    ]) { $1 }
    // From a directory without a global.json: the list is of all.
    let answer = try ToolRun(environment: environment, directory: work).output([dotnet.description, "--list-sdks"])
    guard let text = answer.text else {
      throw PackRefusal(
        .toolchainMissing, "toolchain_broken", "\(found) does not list its SDKs: \(answer.errors)",
        hint: install(channel: "8.0"))
    }
    let sdks = text.split(whereSeparator: \.isNewline).compactMap(sdk).sorted { $0.version < $1.version }
    guard !sdks.isEmpty else {
      throw PackRefusal(
        .toolchainMissing, "toolchain_missing", "\(found) has no SDK, only a runtime", hint: install(channel: "8.0"))
    }
    return DotnetToolchain(dotnet: dotnet, sdks: sdks, context: context)
  }

  /// `8.0.100 [/usr/lib/dotnet/sdk]`
  private static func sdk(_ line: Substring) -> SDK? {
    let parts = line.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, let version = SDKVersion(String(parts[0])), parts[1].hasPrefix("["), parts[1].hasSuffix("]")
    else { return nil }
    return SDK(version: version, directory: HostPath(String(parts[1].dropFirst().dropLast())) / version.description)
  }

  static func install(channel: String) -> String {
    "`apt-get install dotnet-sdk-\(channel)` (packages.microsoft.com), or `curl -sSL https://dot.net/v1/dotnet-install.sh | "
      + "bash -s -- --channel \(channel)` and put its directory into PATH"
  }

  /// No telemetry, no greetings, no servers that outlive the command.
  static let environment = [
    "DOTNET_CLI_TELEMETRY_OPTOUT": "1", "DOTNET_NOLOGO": "1", "DOTNET_SKIP_FIRST_TIME_EXPERIENCE": "1",
    "DOTNET_GENERATE_ASPNET_CERTIFICATE": "false", "DOTNET_ADD_GLOBAL_TOOLS_TO_PATH": "false",
    "DOTNET_CLI_WORKLOAD_UPDATE_NOTIFY_DISABLE": "true", "DOTNET_CLI_USE_MSBUILD_SERVER": "false",
    "DOTNET_MULTILEVEL_LOOKUP": "0", "DOTNET_CLI_UI_LANGUAGE": "en", "MSBUILDDISABLENODEREUSE": "1",
    "MSBUILDTERMINALLOGGER": "off", "NUGET_XMLDOC_MODE": "skip",
  ]

  /// Host files whose identity is that of the toolchain.
  func tools(_ sdk: SDK) -> [String] {
    [
      dotnet, sdk.directory / "dotnet.dll", sdk.directory / "MSBuild.dll", sdk.directory / "Roslyn/bincore/csc.dll",
      sdk.directory / "Microsoft.NETCoreSdk.BundledVersions.props",
    ].filter(FileSystem.exists).map(\.description)
  }

  /// What packc.lock pins of it.
  func pin(_ sdk: SDK) -> BuildPlan.Toolchain {
    let assembly = sdk.directory / "dotnet.dll"
    return .init(
      name: "dotnet-sdk", version: sdk.version.description, path: FileSystem.exists(assembly) ? assembly : dotnet)
  }

  // MARK: Which SDK

  private var here: String { sdks.map(\.version.description).joined(separator: ", ") }

  /// The SDK by global.json, or the latest; it must know the framework. Release: an error; debug: a warning.
  func choose(_ asked: GlobalJSON?, _ framework: DotnetFramework, mode: BuildMode, _ notes: PackNotes) throws -> SDK {
    var chosen = sdks[sdks.count - 1]
    if let asked {
      if let ignored = asked.ignored {
        notes.warn(
          "\(asked.path):\(asked.line): \(ignored); dotnet leaves it out of account, so the latest SDK is taken",
          hint: "`dotnet new globaljson --sdk-version \(chosen.version) --force` writes a valid one")
      }
      if let version = asked.choose(sdks.map(\.version)), let sdk = sdks.last(where: { $0.version == version }) {
        chosen = sdk
      } else {
        let channel = asked.version.map { "\($0.major).\($0.minor)" } ?? "8.0"
        let less = asked.version.flatMap(near).map { ", or ask for less: \"rollForward\": \"\($0)\"" } ?? ""
        try mismatch(
          "\(asked.path) asks for the SDK \(asked.wish), and the host has \(here)",
          Self.install(channel: channel) + less, SourceLocation(path: asked.path, line: asked.line), mode, notes)
      }
    }
    if framework.target.major > chosen.version.major {
      let newer = sdks.last { $0.version.major >= framework.target.major }
      let isPinned = newer != nil && asked != nil
      // Nothing to be warned of in debug either: an older SDK cannot build it at all.
      throw PackRefusal(
        .toolchainMissing, "toolchain_version",
        "\(framework.target) needs the SDK \(framework.target.major).\(framework.target.minor) or later, and "
          + (isPinned ? "\(asked?.path ?? "") chooses \(chosen.version)" : "the host has \(here)"),
        hint: isPinned
          ? "let \(asked?.path ?? "") ask for \(newer?.version.description ?? "")"
          : Self.install(channel: "\(framework.target.major).\(framework.target.minor)"), at: framework.place)
    }
    return chosen
  }

  /// The smallest policy by which an SDK of the host would do; nil when all of them are older.
  private func near(_ wanted: SDKVersion) -> String? {
    let newer = sdks.map(\.version).filter { $0 >= wanted }
    guard !newer.isEmpty else { return nil }
    let isMinor = newer.contains { $0.major == wanted.major }
    let isFeature = newer.contains { $0.major == wanted.major && $0.minor == wanted.minor }
    let policy: GlobalJSON.RollForward = isFeature ? .latestFeature : isMinor ? .latestMinor : .latestMajor
    return policy.rawValue
  }

  private func mismatch(
    _ message: String, _ hint: String, _ place: SourceLocation, _ mode: BuildMode, _ notes: PackNotes
  ) throws {
    guard mode == .debug else {
      throw PackRefusal(.toolchainMissing, "toolchain_version", message, hint: hint, at: place)
    }
    notes.warn(message, hint: hint)
  }
}
