public import Config
internal import PackCore

/// What is known of a project without building it.
public struct LastBuild: Sendable {
  /// What the last build called it, whether or not that still holds.
  public let name: String?
  /// The last build's answer; nil when something has changed since.
  public let result: BuildResult?
}

extension Pipeline {
  /// The project's `unik.yaml`, if it has one, checked as a build checks it.
  public func configuration() throws -> UnikFile? {
    let planning = try Planning(context: context, request: request, reporter: .silent, isolation: isolation)
    try planning.checkDirectory()
    return try planning.readConfig()
  }

  /// Looks whether there is something to build, and waits for nobody.
  public func lastBuild() throws -> LastBuild {
    let planning = try Planning(context: context, request: request, reporter: .silent, isolation: isolation)
    let state = try ProjectState(project: request.project, cache: planning.cache)
    guard let record = BuildRecord.read(state.record) else { return LastBuild(name: nil, result: nil) }
    let result = request.useCache ? unchanged(try planning.scan(), planning, state) : nil
    return LastBuild(name: record.result["name"]?.string, result: result)
  }
}
