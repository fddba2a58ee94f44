internal import Glibc
public import PackCore
public import Runner

/// What `packc restore` is asked for.
public struct RestoreRequest: Sendable {
  public var file: HostPath
  /// Nil for the backup's own.
  public var name: DeploymentName?
  /// Other names for volumes of the backup.
  public var renames: [VolumeName: VolumeName] = [:]
  /// A volume that is here already is used as it is.
  public var keepsVolumes = false
  /// The deployment may have files of this host as disks.
  public var takesFiles = false

  public init(file: HostPath) { self.file = file }
}

/// What was restored.
public struct RestoreReport: Sendable {
  public let name: String
  public let release: Int
  public let digest: Digest
  /// Made from the backup.
  public let volumes: [VolumeName]
  /// Were here already, and are as they were.
  public let kept: [VolumeName]
  /// Names of secrets that its program gets and that this host does not have.
  public let missingSecrets: [String]
  public let secrets: [String]

  public var json: JSONValue {
    [
      "name": .string(name), "release": .integer(Int64(release)), "digest": JSONValue(digest),
      "volumes": JSONValue(strings: volumes.map(\.description)), "kept": JSONValue(strings: kept.map(\.description)),
      "secret_names": JSONValue(strings: secrets), "missing_secrets": JSONValue(strings: missingSecrets),
    ]
  }
}

extension Deployments {
  /// Makes a deployment of a backup. It does not run yet. Until everything was read, compared and written beside its place
  /// nothing changes; the record comes last.
  public func restore(_ request: RestoreRequest) throws -> RestoreReport {
    let parcel = try Parcel.check(request.file)
    guard case .backup(let saved, let outcomes) = parcel.header.contents else {
      throw ParcelFailure.isBundle(request.file)
    }
    let name = request.name ?? parcel.header.name
    guard try Deployment.read("\(name)", state) == nil else { throw ParcelFailure.nameTaken("\(name)") }
    let plan = try RestorePlan(request, name, parcel.header, saved, VolumeStore(context))

    try state.create()
    let store = try VolumeStore(context)
    let (images, disks) = (try StateDirectory.workDirectory(in: state.root), try store.workDirectory())
    let place = Parcel.Place(releases: images.path, volumes: disks.path)
    guard try Parcel.read(request.file, to: place).digest == parcel.digest else {
      throw ParcelFailure.damaged(request.file, "it changed while it was read")
    }
    let record = saved.restored(as: plan.name, volumes: plan.names)
    _ = try locked("\(plan.name)", creating: true) { directory in
      guard try DeploymentRecord.read(directory) == nil else { throw ParcelFailure.nameTaken(record.name) }
      do { try put(record, outcomes, plan, place, store, directory) } catch {
        try? erase(directory)
        _ = try? ReleaseStore(state).collect()
        throw error
      }
    }
    withExtendedLifetime((images, disks)) {}
    note("restore", record.name, ["file": JSONValue(request.file), "digest": JSONValue(parcel.digest)])
    let known = Set((try? SecretStore(context).names()) ?? [])
    return RestoreReport(
      name: record.name, release: record.effective(outcomes).number, digest: parcel.digest,
      volumes: plan.made.map { plan.names[$0] ?? $0 }, kept: plan.kept,
      missingSecrets: record.secretNames.filter { !known.contains($0) }, secrets: record.secretNames)
  }

  private func put(
    _ record: DeploymentRecord, _ outcomes: ReleaseOutcomes, _ plan: RestorePlan, _ place: Parcel.Place,
    _ store: VolumeStore, _ directory: MachineDirectory
  ) throws {
    var made: [VolumeName] = []
    do {
      for old in plan.made {
        let name = plan.names[old] ?? old
        guard try store.adopt(place.volume(old), as: name) else { throw ParcelFailure.volumeTaken(old, name) }
        made.append(name)
      }
      let effective = record.effective(outcomes).number
      try outcomes.write(directory)
      var written = MachineState(.exited, release: effective, reason: "it was restored from a backup")
      written.isStopped = true
      written.readiness.end("it was not started yet")
      try written.write(directory)
      let lock = try FileLock.wait(state.releasesLock)
      try withExtendedLifetime(lock) {
        for image in Set(record.releases.map(\.spec.image)) {
          try ReleaseStore(state).add(ReleaseStore.Candidate(place.release(image)))
        }
        try record.write(directory)
      }
    } catch {
      for name in made { _ = try? store.destroy(name) }
      throw error
    }
  }
}

/// What a restore makes, and under which names.
private struct RestorePlan {
  let name: DeploymentName
  /// Names of volumes, in the backup and here, where they differ.
  let names: [VolumeName: VolumeName]
  /// The backup's names of the volumes that are made.
  let made: [VolumeName]
  /// Those that are here already.
  let kept: [VolumeName]

  init(
    _ request: RestoreRequest, _ name: DeploymentName, _ header: ParcelHeader, _ record: DeploymentRecord,
    _ store: VolumeStore
  ) throws {
    self.name = name
    names = request.renames
    let known = record.volumeNames
    if let unknown = names.keys.first(where: { !known.contains($0) }) {
      throw ParcelFailure.unknownVolume(unknown, known: known)
    }
    var (made, kept): ([VolumeName], [VolumeName]) = ([], [])
    for volume in header.volumes.map(\.name) {
      let here = names[volume] ?? volume
      guard FileSystem.exists(store.disk(here)) else {
        made.append(volume)
        continue
      }
      guard request.keepsVolumes else { throw ParcelFailure.volumeTaken(volume, here) }
      kept.append(here)
    }
    (self.made, self.kept) = (made, kept)
    let files = record.volumeFiles.map(\.file)
    guard files.isEmpty || request.takesFiles else { throw ParcelFailure.namesFiles(files) }
  }
}
