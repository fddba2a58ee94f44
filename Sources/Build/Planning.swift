internal import Config
internal import PackCore
internal import Packs

/// From a directory to a plan: scan, configuration, packs, choice, plan. Runs packs, but none of the project's steps.
struct Planning {
  let context: HostContext
  let request: BuildRequest
  let reporter: Reporter
  let cache: HostPath
  let installation: Installation

  /// What is known before any pack has been started.
  struct Project {
    let scan: ProjectScan
    let config: UnikFile?
  }

  init(context: HostContext, request: BuildRequest, reporter: Reporter) throws {
    self.context = context
    self.request = request
    self.reporter = reporter
    cache = try context.cacheDirectory()
    installation = try Installation.find(from: context.executable)
  }

  func scan() throws -> ProjectScan {
    let scan = try ProjectScan(root: request.project)
    for path in scan.leftOut {
      reporter.warn("\(path) is neither a file nor a directory nor a link, and is left out")
    }
    return scan
  }

  func project(_ scan: ProjectScan) throws -> Project {
    let path = request.configFile ?? request.project / "unik.yaml"
    guard let bytes = try FileSystem.readIfPresent(path, limit: 1 << 20) else {
      if let file = request.configFile {
        throw Failure(
          "no_config", "--file: there is no \(file)", hint: "give an existing unik.yaml, or none", exit: .badInput)
      }
      return Project(scan: scan, config: nil)
    }
    let shown = request.configFile == nil ? "unik.yaml" : path.description
    return Project(scan: scan, config: try UnikFile.parse(bytes, path: shown))
  }
}
