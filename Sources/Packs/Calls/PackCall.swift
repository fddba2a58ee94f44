internal import Glibc
internal import PackCore

/// One run of a pack's executable: request in, response out, nothing left behind.
///
/// With bubblewrap it runs as steps do: the project read-only at /packc/source, so that no answer depends on where the
/// project lies, nothing to write but what the call gives, no network unless the manifest asks for it, and a process
/// namespace whose end is the end of everything in it. With Landlock it is held to the same, at the host's paths.
struct PackCall {
  let request: CallRequest
  let context: HostContext
  let cache: HostPath
  let reporter: Reporter
  let isolation: Isolation
  /// Seconds between SIGTERM and SIGKILL. A sandbox ends at once.
  let grace: Double
  private var pack: Pack { request.pack }
  private var phase: PackPhase { request.phase }

  init(
    _ pack: Pack, _ phase: PackPhase, _ project: PackProject, context: HostContext, cache: HostPath,
    reporter: Reporter, isolation: Isolation, extra: [String: JSONValue] = [:], outputs: [PackOutput] = [],
    timeLimit: Double? = nil, grace: Double = 5
  ) {
    request = CallRequest(
      pack: pack, phase: phase, project: project, timeLimit: timeLimit ?? phase.timeLimit, extra: extra,
      outputs: outputs)
    self.context = context
    self.cache = cache
    self.reporter = reporter
    self.isolation = isolation
    self.grace = grace
  }

  /// Ends with status ok or not_applicable; an error that the pack reports is thrown as its failure.
  func run() throws -> PackResponse {
    let directories = try CallDirectories(phase: phase, pack: pack.name, cache: cache)
    defer { withExtendedLifetime(directories) {} }
    let paths =
      isolation.bubblewrap == nil
      ? CallPaths(pack, project: request.project.directory, directories) : CallPaths.sandboxed(pack)
    let translation = PathTranslation(seen: paths.project.description, project: request.project.directory)
    let id = CallRequest.newID()
    let events = try EventPipe(translation.reporter(reporter))
    let limit = request.timeLimit * Crowding.factor()
    let result = try ProcessRunner().run(command(id, paths, directories, events: events.childEnd, limit: limit))
    events.finish()
    let log = translation.text(Self.tail(result))
    if result.timedOut { throw PacksFailure.timedOut(pack, phase, limit: request.timeLimit, log: log) }
    let end = try end(of: result)
    let verdict: ResponseJudge.Verdict
    do throws(ResponseJudge.Violation) {
      verdict = try ResponseJudge(phase: phase, requestID: id).judge(end, directories.response)
    } catch {
      throw error.kind == .end
        ? PacksFailure.crashed(pack, phase, end, log: log)
        : PacksFailure.violation(pack, phase, translation.text(error.text), log: log)
    }
    return try accept(verdict, translation, log: log)
  }

  // MARK: Process

  private func command(_ id: String, _ paths: CallPaths, _ directories: CallDirectories, events: Int32, limit: Double)
    throws -> Command
  {
    var argv = [paths.executable.description, phase.rawValue]
    if let bubblewrap = isolation.bubblewrap {
      argv = try bubblewrap.wrap(
        argv, directory: paths.project, network: pack.manifest.needsNetwork,
        mounts: CallPaths.mounts(pack, directories, request.outputs), searchPath: context.searchPath,
        readable: context.visible(pack.manifest.environmentPassthrough), user: user())
    }
    let input = CanonicalJSON.encode(.object(try request.document(id: id, paths))) + [0x0a]
    var command = Command(
      argv, environment: request.environment(context, paths), directory: request.project.directory,
      input: .bytes(input), keep: 8 << 10, descriptors: [(ours: events, child: PackProtocol.eventsDescriptor)],
      timeout: limit, grace: grace)
    command.confinement = try isolation.landlock?.rules(
      readable: [request.project.directory, pack.directory] + (pack.libexec.map { [$0] } ?? [])
        + request.outputs.map(\.path),
      writable: [directories.home, directories.temporary, directories.work, directories.answer, directories.scratch],
      network: pack.manifest.needsNetwork, searchPath: context.searchPath,
      tools: context.visible(pack.manifest.environmentPassthrough))
    return command
  }

  /// Root builds a project that is closed to all but its owner (a checkout of mode 0700 in a container).
  private func user() throws -> Bubblewrap.User {
    guard geteuid() == 0, let status = try FileSystem.target(request.project.directory) else { return .own }
    return status.uid != 0 && status.mode & 0o005 != 0o005 ? .reader : .own
  }

  /// How the pack ended, where bubblewrap stands between: it ends with 128 and the number of a signal, and with 1 and a
  /// line of its own when it could not even start the pack.
  private func end(of result: CommandResult) throws -> CommandResult.End {
    guard isolation.bubblewrap != nil, case .exited(let code) = result.end else { return result.end }
    if code == 1, result.errorOutput.starts(with: "bwrap: ".utf8) {
      throw PacksFailure.sandbox(pack, phase, log: Self.tail(result))
    }
    return (129..<193).contains(code) ? .signalled(code - 128) : result.end
  }

  /// The last lines of both streams.
  static func tail(_ result: CommandResult) -> String {
    [result.output, result.errorOutput].map { String(decoding: $0, as: UTF8.self) }
      .flatMap { $0.split(separator: "\n").suffix(20) }.map { "    " + printable($0.prefix(500)) }
      .joined(separator: "\n")
  }

  /// Escape sequences of a pack do not reach the terminal.
  private static func printable(_ text: Substring) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7f ? " " : $0 }))
  }

  // MARK: Answer

  private func accept(_ verdict: ResponseJudge.Verdict, _ translation: PathTranslation, log: String) throws
    -> PackResponse
  {
    guard let written = verdict.response else {
      guard verdict.exit == .notApplicable else { throw PacksFailure.silent(pack, phase, verdict.exit, log: log) }
      return try PackResponse(
        JSONReader([
          "protocol": .string(PackProtocol.version), "request_id": "", "status": JSONValue("not_applicable"),
        ]))
    }
    let response = try PackResponse(JSONReader(translation.response(written.document.value, phase)))
    for diagnostic in response.diagnostics {
      if diagnostic.isWarning {
        reporter.warn(diagnostic.message, hint: diagnostic.hint)
      } else {
        reporter.note(diagnostic.message)
      }
    }
    if let problem = response.problem { throw PacksFailure.reported(problem, by: pack, phase, verdict.exit) }
    return response
  }
}
