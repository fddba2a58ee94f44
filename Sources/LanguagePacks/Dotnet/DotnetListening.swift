internal import PackCore
internal import Packs

/// Ports, and what makes the server listen on all addresses.
struct DotnetListening {
  private let evidence: DotnetEvidence
  private let isWeb: Bool
  private let framework: TargetFramework
  private let request: PackRequest

  static let defaultPort = 8080

  init(_ program: MSBuildProject, _ framework: TargetFramework, request: PackRequest, _ files: ProjectFiles) {
    self.init(in: program.directory, isWeb: program.kind == .web, framework, request: request, files)
  }

  init(in directory: String, isWeb: Bool, _ framework: TargetFramework, request: PackRequest, _ files: ProjectFiles) {
    (evidence, self.isWeb) = (DotnetEvidence(in: directory, files), isWeb)
    (self.framework, self.request) = (framework, request)
  }

  func add(to plan: inout BuildPlan, _ notes: PackNotes) throws {
    let source = try evidence.source()
    // What the source opens itself is not moved by any setting.
    if !source.ports.isEmpty {
      for port in source.ports { add(port, to: &plan) }
      for port in source.ports where port.isLoopback {
        notes.warn(
          "\(port.source) listens on the loopback address only; nothing outside can reach it",
          hint: "listen on http://*:\(port.number), or leave the address out and let ASPNETCORE_URLS say it")
      }
    }
    guard isWeb else { return }
    let settings = source.ports.isEmpty ? try evidence.settings() : []
    for port in settings {
      add(port, to: &plan)
      guard let key = port.key, port.isLoopback else { continue }
      plan.environment[key] = "http://*:\(port.number)"
      plan.decisions.append(
        Decision(what: "address", value: "all", source: "\(port.source) says localhost; \(key) overrides it"))
    }
    guard source.ports.isEmpty, settings.isEmpty else { return }
    let port = request.declaredPort ?? Self.defaultPort
    plan.ports = ["\(port)/tcp"]
    plan.decisions.append(
      Decision(
        what: "port", value: String(port),
        source: request.declaredPort != nil
          ? "unik.yaml: run.ports" : "the default of .NET's images; nothing names another"))
    // Since .NET 8 ports alone are enough; before, whole addresses.
    if framework.major >= 8 {
      plan.environment["ASPNETCORE_HTTP_PORTS"] = String(port)
    } else {
      plan.environment["ASPNETCORE_URLS"] = "http://*:\(port)"
    }
  }

  private func add(_ port: DotnetEvidence.Port, to plan: inout BuildPlan) {
    plan.ports.append("\(port.number)/tcp")
    plan.decisions.append(Decision(what: "port", value: String(port.number), source: port.source))
  }
}
