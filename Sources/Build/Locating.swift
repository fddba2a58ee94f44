internal import Config
internal import PackCore
internal import Packs

/// Which directory is the project: the one that was given, or one below it that `--app` names or that holds the only
/// program.
extension Pipeline {
  /// Runs `body` for the project that is meant. A directory below is looked for only when the given one is no program, or
  /// has none of that name: a workspace knows its members itself.
  func located<T>(_ body: (Pipeline) throws -> T) throws -> T {
    do {
      return try body(self)
    } catch let failure as Failure where Self.mayLieBelow(failure) {
      guard let (below, directory) = try requestBelow() else { throw explained(failure) }
      do {
        return try Pipeline(context: context, request: below, reporter: reporter, isolation: isolation).located(body)
      } catch var failure as Failure {
        // Places are said from where the person stands.
        if let path = failure.location?.path, !path.hasPrefix("/") { failure.location?.path = "\(directory)/\(path)" }
        throw failure
      }
    }
  }

  private static func mayLieBelow(_ failure: Failure) -> Bool {
    ["nothing_detected", PackErrorCode.noProgram, PackErrorCode.noSuchProgram].contains(failure.code)
  }

  /// A name that `--app` gave and nothing knows is said before anything else.
  private func explained(_ failure: Failure) -> Failure {
    guard let app = request.app, failure.code == "nothing_detected" else { return failure }
    var failure = failure
    let names = ((try? ProjectTree(request.project).names()) ?? []).filter(\.isDirectory).map(\.text)
    let near = Suggestion.nearest(to: app, in: names).map { "; did you mean \($0)?" } ?? ""
    failure.message = "--app \(app): there is no such directory, and no program of that name\(near)\n\(failure.message)"
    return failure
  }

  /// The request for the directory below; nil when there is none.
  private func requestBelow() throws -> (BuildRequest, RootPath)? {
    var request = request
    // A file that was named, and its options, are about this directory.
    guard request.configFile == nil else { return nil }
    let source: String
    let directory: RootPath
    if let app = request.app {
      guard let path = RootPath(app.hasPrefix("./") ? String(app.dropFirst(2)) : app), !path.isRoot,
        FileSystem.isDirectory(request.project / path)
      else { return nil }
      (directory, source) = (path, "--app")
    } else {
      let planning = try Planning(context: context, request: request, reporter: .silent, isolation: isolation)
      let project = try planning.project()
      let found = try planning.packHost.detectBelow(project.asked, in: project.catalog, requested: request.packName)
      guard
        let only = try found.only(
          below: project.asked, packs: project.catalog.packs, requested: request.packName ?? project.asked.pack)
      else { return nil }
      (directory, source) = (only.directory, "the only program below \(request.project.name)")
    }
    reporter.send(.decision(Decision(what: "project", value: directory.description, source: source)))
    request.output = request.outputDirectory
    request.project = request.project / directory
    if let trial = request.trial { request.trial?.origin = trial.origin / directory }
    request.below = request.below.appending(directory)
    request.app = nil
    return (request, directory)
  }
}
