internal import PackCore
internal import Packs

/// Django's static files, collected while the image is built: only when the project serves them itself (whitenoise) and says
/// where they go (STATIC_ROOT). Offline; no database is asked.
struct PythonStatic {
  private let plan: PythonPlan
  init(_ plan: PythonPlan) { self.plan = plan }

  struct Collected {
    fileprivate var step: BuildStep
    fileprivate var decision: Decision
    /// What an earlier collectstatic left in the project.
    var excluded: [String]

    func add(to plan: inout BuildPlan) {
      plan.steps.append(step)
      plan.decisions.append(decision)
      plan.artifacts.append(
        .init(path: "${work}/static", role: .data, destination: plan.workingDirectory, layer: .application))
    }
  }

  /// nil when there is nothing to collect, or nobody to serve it.
  func step(_ made: BuildPlan) throws -> Collected? {
    let survey = plan.survey
    let wanted = plan.request.options["collectstatic"]?.bool
    guard wanted != false, plan.dependencies.has("django") else { return nil }
    let serves = plan.dependencies.has("whitenoise") && survey.usesWhiteNoise
    guard wanted == true || serves, let root = survey.staticRoots.first else { return nil }
    let directory = String(made.workingDirectory.description.dropFirst("app".utf8.count).drop { $0 == "/" })
    let prefix = directory.isEmpty ? "" : directory + "/"
    // The file that starts the program names the settings too.
    let named = survey.settings.keys.sorted().filter { $0.hasPrefix(prefix) }
    guard
      let path = named.first(where: { $0.hasSuffix("/wsgi.py") || $0.hasSuffix("/asgi.py") }) ?? named.first,
      let settings = survey.settings[path]
    else { return nil }
    let source = directory.isEmpty ? "${source}" : "${source}/\(directory)"
    var environment = (plan.request.config?["run"]?["env"]?.object ?? [:]).compactMapValues(\.string)
    environment["PYTHONPATH"] = "\(source):${work}/packages"
    environment["PYTHONHASHSEED"] = "0"
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    let step = BuildStep(
      id: "static",
      argv: [
        plan.interpreter.executable.description, "-s", "${pack}/lib/collectstatic.py", settings, source,
        "${work}/static",
      ],
      environment: environment, inputs: [".", "${work}/packages", "${pack}/lib/collectstatic.py"],
      outputs: [RootPath(literal: "static")], tools: plan.runtime.tools)
    return Collected(
      step: step,
      decision: Decision(
        what: "static", value: "collected", source: "\(root.path):\(root.line) (STATIC_ROOT); \(path) names \(settings)"
      ),
      excluded: root.name.map { [prefix + $0] } ?? [])
  }
}
