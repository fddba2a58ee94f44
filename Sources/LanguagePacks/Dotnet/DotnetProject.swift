internal import PackCore

/// What a project of MSBuild is for.
enum DotnetKind: Equatable {
  /// Listens on a port.
  case web
  case worker
  case console
  /// A window on a desktop.
  case desktop
  /// Runs in a browser: files for a web server.
  case browser
  case test
  /// Something for the project's own people: benchmarks, the orchestration of a development environment.
  case tool
  case library

  var isProgram: Bool { [.web, .worker, .console].contains(self) }

  var words: String {
    switch self {
    case .web: "a web application"
    case .worker: "a worker service"
    case .console: "a program (OutputType Exe)"
    case .desktop: "a desktop application"
    case .browser: "a Blazor WebAssembly application, which runs in the browser"
    case .test: "tests"
    case .tool: "a tool of the project's own people"
    case .library: "a library"
    }
  }
}

extension MSBuildProject {
  var assemblyName: String { properties.known("AssemblyName") ?? stem }

  /// The frameworks in the order in which they stand; `name` is the property that says so.
  var frameworks: (all: [TargetFramework], name: String) {
    for name in ["TargetFrameworks", "TargetFramework", "TargetFrameworkVersion"] {
      guard let text = properties.known(name) else { continue }
      if name == "TargetFrameworkVersion" {
        // `v4.7.2`: a project file of before 2017.
        let digits = text.filter(\.isNumber)
        return ([TargetFramework("net\(digits)")].compactMap { $0 }, name)
      }
      let all = text.split(separator: ";").compactMap { TargetFramework(String($0)) }
      if !all.isEmpty { return (all, name) }
    }
    return ([], "TargetFramework")
  }

  /// A project file of before 2017 names no SDK.
  var isLegacy: Bool { sdks.isEmpty && (hasPlace("TargetFrameworkVersion") || hasPlace("ProjectGuid")) }

  /// `{349C5851-65DF-11DA-9384-00065B846F21}`: a web application of the .NET Framework.
  private var isLegacyWeb: Bool {
    properties.known("ProjectTypeGuids")?.lowercased().contains("349c5851-65df-11da-9384-00065b846f21") ?? false
  }

  private func hasSDK(_ names: String...) -> Bool { sdks.contains { names.contains($0) } }

  var kind: DotnetKind {
    if isTest { return .test }
    if isTool { return .tool }
    let output = properties.known("OutputType")?.lowercased()
    if hasSDK("microsoft.net.sdk.blazorwebassembly")
      || packages.contains("microsoft.aspnetcore.components.webassembly.devserver")
    {
      return .browser
    }
    if isLegacyWeb { return .web }
    if output == "library" || output == "module" || output == "appcontainerexe" { return .library }
    if isDesktop || output == "winexe" { return .desktop }
    if hasSDK("microsoft.net.sdk.web") { return .web }
    let isExecutable = output == "exe"
    if hasSDK("microsoft.net.sdk.worker") { return .worker }
    guard isExecutable else { return .library }
    let framework = items("FrameworkReference").contains { $0.name.lowercased() == "microsoft.aspnetcore.app" }
    return framework ? .web : .console
  }

  private var isTest: Bool {
    if properties.isTrue("IsTestProject") || hasSDK("mstest.sdk") { return true }
    if properties.isFalse("IsTestProject") { return false }
    let packages = packages
    let frameworks: Set<String> = [
      "microsoft.net.test.sdk", "xunit", "xunit.v3", "nunit", "mstest", "mstest.testframework", "tunit", "expecto",
      "microsoft.testing.platform",
    ]
    if !packages.isDisjoint(with: frameworks) { return true }
    let last = stem.split(whereSeparator: { $0 == "." || $0 == "-" || $0 == "_" }).last?.lowercased() ?? ""
    return ["test", "tests", "unittests", "unittest", "integrationtests", "functionaltests", "specs", "testhost"]
      .contains(last)
      || last.hasSuffix("tests")
  }

  private var isTool: Bool {
    if properties.isTrue("IsAspireHost") || hasSDK("aspire.apphost.sdk") { return true }
    if packages.contains("aspire.hosting.apphost") || packages.contains("benchmarkdotnet") { return true }
    return hasSDK("microsoft.build.notargets", "microsoft.build.traversal", "godot.net.sdk")
      || stem.lowercased().hasSuffix("benchmarks")
  }

  private var isDesktop: Bool {
    properties.isTrue("UseWPF") || properties.isTrue("UseWindowsForms") || properties.isTrue("UseMaui")
      || properties.isTrue("UseWinUI") || hasSDK("microsoft.net.sdk.windowsdesktop")
  }

  /// What makes it a program of Windows, where something does: the property and its place.
  var windowsOnly: (what: String, at: SourceLocation)? {
    for name in ["UseWPF", "UseWindowsForms", "UseWinUI"] where properties.isTrue(name) {
      return (name, place(of: name))
    }
    if hasSDK("microsoft.net.sdk.windowsdesktop") {
      return ("the SDK Microsoft.NET.Sdk.WindowsDesktop", SourceLocation(path: path))
    }
    return nil
  }
}
