internal import PackCore
internal import Runner

extension Deployments {
  /// Makes the configuration and image of an earlier release the current ones again.
  ///
  /// - Parameter number: nil for the last one that became ready before the one that runs.
  /// - Returns: the number of the release that was gone back to, and of the new one that repeats it.
  public func rollback(_ name: String, to number: Int?) throws -> (from: Int, to: Int, release: Int) {
    let done = try locked(name, creating: false) { directory in
      var record = try record(directory)
      let outcomes = try ReleaseOutcomes.read(directory)
      let effective = record.effective(outcomes)
      let known = record.releases.filter { $0.number != effective.number && $0.spec != effective.spec }
      let target =
        number.map { wanted in known.first { $0.number == wanted } }
        ?? known.last { $0.number < effective.number && outcomes[$0.number] == .ready }
      guard let target else {
        throw DeployFailure.noRelease(number.map(String.init) ?? "that was ready", of: name, known.map(\.number))
      }
      guard FileSystem.exists(state.release(target.spec.image) / "machine.json") else {
        throw DeployFailure.releaseLost(state.release(target.spec.image))
      }
      try PortCheck(state: state).checkOthers(target.spec.publish, for: name)
      // What is being built would take its place.
      try endBuild(directory)
      try end(record, directory)
      record.isWanted = true
      record.add(
        target.spec.takingManaged(of: effective.spec), why: "rollback to \(target.number)",
        fallback: outcomes[effective.number] == .ready ? effective.number : nil, now: WallClock.now())
      try record.write(directory)
      do { try launch(record, directory) } catch let failure as Failure {
        try goBack(record, directory, after: failure)
        throw failure
      }
      note("rollback", name, ["from": .integer(Int64(effective.number)), "to": .integer(Int64(target.number))])
      return (effective.number, target.number, record.current)
    }
    guard let done else { throw unknown(name) }
    return done
  }
}
