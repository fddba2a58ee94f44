internal import Kernel
internal import PackCore
internal import Runner

/// The errors of deployments, each code in one place.
enum DeployFailure {
  static func badName(_ text: String) -> Failure {
    Failure(
      "bad_name", "\"\(text)\" is no name for a deployment",
      hint: "use up to 63 lower-case letters, digits and hyphens, such as shop-2 (--name)", exit: .usage)
  }
  static func unknown(_ name: String, known: [String]) -> Failure {
    let near = Suggestion.nearest(to: name, in: known)
    return Failure(
      "no_deployment", "there is no deployment \"\(name)\"",
      hint: near.map { "did you mean \($0)?" } ?? "`packc list` shows those that there are; `packc deploy` makes one")
  }
  static func newer(_ path: HostPath, _ schema: Int64) -> Failure {
    Failure(
      "state_newer", "\(path) was written by a newer packc (schema \(schema)); it was left as it is",
      hint: "use that packc, or another XDG_STATE_HOME", exit: .badInput)
  }
  static func damaged(_ path: HostPath, _ cause: String) -> Failure {
    Failure(
      "state_damaged", "\(path) cannot be read; nothing was changed",
      hint: "put it right, or move its directory away and deploy again", exit: .badInput, cause: cause)
  }
  static func drift(_ name: String, _ changes: [String]) -> Failure {
    Failure(
      "drift",
      "the deployment \(name) would change in ways that others may rely on"
        + changes.map { "\n  - \($0)" }.joined(),
      hint: "the flags of earlier deploys are not remembered: repeat them (-e, --volume, -p; `packc env set` keeps "
        + "variables); --confirm if the change is meant; --name for a deployment of its own", exit: .drift,
      details: ["changes": JSONValue(strings: changes)])
  }
  static func needsAnswer(_ name: String, _ changes: [String]) -> Failure {
    Failure(
      "needs_answer", "\(name) runs, and would be replaced" + changes.map { "\n  - \($0)" }.joined(),
      hint: "repeat with --yes; nobody is at a terminal to be asked", exit: .usage,
      details: ["changes": JSONValue(strings: changes)])
  }
  static func declined(_ name: String) -> Failure {
    Failure("declined", "\(name) was left as it is", hint: "answer y, or give --yes", exit: .failed)
  }
  static func portOfOurs(_ port: PublishedPort, _ owner: String) -> Failure {
    Failure(
      "port_taken",
      "port \(port.address):\(port.hostPort)/\(port.guest.transport.rawValue) belongs to the deployment \(owner)",
      hint: "`packc stop \(owner)`, or choose another port: --publish "
        + "\(port.hostPort == 65535 ? 8080 : port.hostPort + 1):\(port.guest.number)", exit: .failed,
      details: ["owner": .string(owner)])
  }
  static func supervisorDied(_ log: String) -> Failure {
    Failure(
      "supervisor_failed", "the machine's supervisor ended before it was ready to work",
      hint: "is there memory left on this host?", cause: log.isEmpty ? nil : log)
  }
  static func guest(_ kind: String) -> Failure {
    Failure(
      "unsupported_guest",
      "the image's kernel is \(kind), whose programs cannot be deployed: they have no way to be supervised",
      hint: "run it in the foreground with `packc run`, or build it with a Linux kernel (`packc kernel list`)",
      exit: .badInput)
  }
  static func notBuilt(_ name: String, _ build: PendingBuild) -> Failure {
    Failure(
      "not_built_yet",
      build.failure == nil
        ? "the first release of \(name) is still being built" : "the first release of \(name) was not built",
      hint: "`packc status \(name)` shows the build; `packc destroy \(name)` ends it",
      exit: build.failure == nil ? .tryAgain : .failed)
  }
  static func buildKilled(_ name: String, _ build: PendingBuild, isSameBoot: Bool) -> Failure {
    Failure(
      "build_killed",
      isSameBoot ? "its build was killed" : "the host was started anew while it was built", hint: build.again(name))
  }
  static func buildStopped(_ name: String, _ build: PendingBuild) -> Failure {
    Failure("build_stopped", "its build was stopped", hint: build.again(name))
  }
  static func replaced(_ name: String, _ operation: String) -> Failure {
    Failure(
      "replaced", "the operation \(operation) was ended by another one on \(name)",
      hint: "`packc status \(name)` shows what is there now")
  }
  static func noBalancer(_ name: String) -> Failure {
    Failure(
      "tool_missing",
      "haproxy is not installed: nothing balances between the replicas of \(name), each has its own port",
      hint: "apt-get install haproxy, then scale it again", exit: .unavailable)
  }
  static func balancerEnded(_ name: String, _ cause: String) -> Failure {
    Failure(
      "balancer_failed", "haproxy could not be started before the replicas of \(name)",
      hint: "`packc status \(name)` shows it; each replica has its own port", cause: cause.isEmpty ? nil : cause)
  }
  static func nothingToBalance(_ name: String) -> Failure {
    Failure(
      "nothing_to_balance", "\(name) publishes no port of TCP", hint: "publish one: packc deploy --publish 8080:8080",
      exit: .usage)
  }
  static func badBalance(_ text: String) -> Failure {
    Failure(
      "bad_balance", "\"\(text)\" is no port of this host", hint: "write --balance 8000, or --balance 0.0.0.0:8000",
      exit: .usage)
  }
  static func supervised(_ name: String) -> Failure {
    Failure(
      "supervised", "\(name) has a supervisor already", hint: "`packc status \(name)` shows it", exit: .tryAgain)
  }
  static func survives(_ name: String, _ processes: [ProcessIdentity]) -> Failure {
    let list = processes.map { String($0.pid) }.joined(separator: ", ")
    return Failure(
      "not_ended", "\(name) could not be ended: process \(list) is still there",
      hint: "look at it with `ps -o pid,stat,wchan,args -p \(list)`; a process in state D waits for a disk")
  }
  static func noRelease(_ text: String, of name: String, _ known: [Int]) -> Failure {
    Failure(
      "no_release", "there is no release \(text) to go back to",
      hint: known.isEmpty
        ? "`packc release list \(name)` shows what there is"
        : "there is \(known.map(String.init).joined(separator: ", ")): `packc rollback \(name) \(known[known.count - 1])`"
    )
  }
  static func releaseLost(_ directory: HostPath) -> Failure {
    Failure(
      "release_lost", "the release's files are gone: \(directory)", hint: "deploy the project again", exit: .badInput)
  }
  static func healthPort(_ port: UInt16) -> Failure {
    Failure(
      "bad_health", "the health check is on port \(port), which is not published",
      hint: "publish it (--publish \(port):\(port)), or check another one", exit: .usage)
  }
  static func sharedVolumes(_ name: String) -> Failure {
    Failure(
      "shared_volumes", "\(name) has volumes, and two machines cannot have one disk at once",
      hint: "scale a deployment without volumes", exit: .usage)
  }
  static func notAttached(_ volume: VolumeName, _ name: String, _ attached: [String]) -> Failure {
    Failure(
      "not_attached", "the deployment \(name) has no volume \(volume)",
      hint: attached.isEmpty ? "it has none" : "it has \(attached.joined(separator: ", "))", exit: .usage)
  }
  static func nameTaken(_ name: String, by replica: String) -> Failure {
    Failure(
      "name_taken", "the deployment \(name) is no replica of \(replica)",
      hint: "destroy it, or deploy under another name (--name)")
  }
  static func noPortLeft(_ port: PublishedPort, _ name: String) -> Failure {
    Failure(
      "no_port_left", "there is no port above \(port.hostPort) for the replica \(name)",
      hint: "publish a lower one", exit: .usage)
  }
  static func badHealth(_ text: String) -> Failure {
    Failure(
      "bad_health", "\"\(text)\" is no health check", hint: "write http:/healthz, http:8080/healthz or tcp:8080",
      exit: .usage)
  }
  static func badRestart(_ text: String) -> Failure {
    Failure("bad_restart", "\"\(text)\" is no restart policy", hint: "write never, on-failure or always", exit: .usage)
  }
}
