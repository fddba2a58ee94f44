internal import Kernel
internal import PackCore
public import Runner

/// A change of one setting of a deployment: a release like any other, by the same rules as a new one of the program.
extension Deployments {
  /// Makes a release of what `edit` leaves of the current one. One that runs is replaced, and comes back by itself when the
  /// new one does not become ready; one that does not run has the change at its next start.
  ///
  /// - Parameters:
  ///   - confirms: drift is meant.
  ///   - asks: before one that runs is replaced; nil when nobody can be asked.
  public func change(
    _ name: String, why: String, confirms: Bool, asks: (@Sendable (_ changes: [String]) -> Bool)?,
    edit: (inout DeploymentSpec, ReleaseStore.Candidate) throws -> Void
  ) throws -> DeployResult {
    let result = try locked(name, creating: false) { directory in
      var record = try record(directory)
      let outcomes = try ReleaseOutcomes.read(directory)
      let effective = record.effective(outcomes)
      let image = try ReleaseStore.Candidate(state.release(effective.spec.image))
      var spec = effective.spec
      try edit(&spec, image)
      guard spec != effective.spec else {
        return DeployResult(action: .unchanged, name: name, release: effective.number, operation: nil, changes: [])
      }
      let difference = ReleaseChange(spec, image: image).differences(from: ReleaseChange(effective.spec, image: image))
      if !difference.drift.isEmpty, !confirms { throw DeployFailure.drift(name, difference.drift) }
      let changes = difference.drift + difference.other
      let isAlive = try MachineProcesses(directory: directory, id: record.id).supervisorLives()
      if isAlive {
        guard let asks else { throw DeployFailure.needsAnswer(name, changes) }
        guard asks(changes) else { throw DeployFailure.declined(name) }
        try end(record, directory)
      }
      record.add(
        spec, why: why, fallback: outcomes[effective.number] == .ready ? effective.number : nil, now: WallClock.now())
      try record.write(directory)
      if isAlive {
        do { try launch(record, directory) } catch let failure as Failure {
          try goBack(record, directory, after: failure)
          throw failure
        }
      }
      let id = note(
        why, name, ["release": .integer(Int64(record.current)), "changes": JSONValue(strings: changes)])
      return DeployResult(
        action: isAlive ? .upgraded : .changed, name: name, release: record.current, operation: id, changes: changes)
    }
    guard let result else { throw unknown(name) }
    return result
  }

  /// Gives the deployment a volume that is there, where its image declares one.
  ///
  /// - Throws: `volume_in_use` for one that another machine has now.
  public func attach(
    _ volume: VolumeReference, to name: String, confirms: Bool, asks: (@Sendable (_ changes: [String]) -> Bool)?
  ) throws -> DeployResult {
    let found = try VolumeStore(context).find(volume.name)
    guard try replicas(of: name).isEmpty else { throw DeployFailure.sharedVolumes(name) }
    return try change(name, why: "volume attach", confirms: confirms, asks: asks) { spec, image in
      let place = try volume.place(in: image.machine.volumes)
      guard !spec.keptVolumes.contains(volume) else { return }
      if let user = found.user, !spec.keptVolumes.contains(where: { $0.name == volume.name }) {
        throw VolumeStore.inUse(volume.name, by: user)
      }
      // One disk has one place, and one place one disk.
      spec.keptVolumes.removeAll { $0.name == volume.name || $0.mount == volume.mount }
      spec.volumes.removeAll { $0.name == place.name }
      spec.keptVolumes.append(volume)
    }
  }

  /// Takes a volume from the deployment; its data stays.
  ///
  /// - Throws: `not_attached`.
  public func detach(
    _ volume: VolumeName, from name: String, confirms: Bool, asks: (@Sendable (_ changes: [String]) -> Bool)?
  ) throws -> DeployResult {
    try change(name, why: "volume detach", confirms: confirms, asks: asks) { spec, _ in
      guard spec.keptVolumes.contains(where: { $0.name == volume }) else {
        throw DeployFailure.notAttached(volume, name, spec.keptVolumes.map(\.description))
      }
      spec.keptVolumes.removeAll { $0.name == volume }
    }
  }
}
