internal import Kernel
public import PackCore
internal import Runner

/// What a backup has.
public struct BackupReport: Sendable {
  public let file: HostPath
  /// Bytes of the file.
  public let size: Int64
  public let digest: Digest
  /// Numbers of the releases, whose images are in it.
  public let releases: [Int]
  public let volumes: [ParcelHeader.Volume]
  /// Only their names are in it.
  public let secrets: [String]
  /// Disks that packc does not keep, and that are not in it.
  public let leftOut: [HostPath]
  /// It ran, was stopped for this, and was started again.
  public var wasStopped = false

  public var json: JSONValue {
    [
      "file": JSONValue(file), "size": .integer(size), "digest": JSONValue(digest),
      "releases": .array(releases.map { .integer(Int64($0)) }),
      "volumes": JSONValue(strings: volumes.map { "\($0.name)" }),
      "secret_names": JSONValue(strings: secrets), "left_out": JSONValue(strings: leftOut.map(\.description)),
      "stopped": .bool(wasStopped),
    ]
  }
}

extension Deployments {
  /// Writes the deployment's record, the images of its releases and its volumes into one file. Volumes are copied only while
  /// nothing can write to them.
  ///
  /// - Parameter stops: one that runs and has volumes is stopped meanwhile; else it is refused.
  public func backup(_ name: String, to file: HostPath, stops: Bool) throws -> BackupReport {
    let report = try locked(name, creating: false) { directory in
      let record = try record(directory)
      let writer = try ParcelWriter(file)
      let processes = MachineProcesses(directory: directory, id: record.id)
      let isAlive = try processes.supervisorLives() || !processes.marked().isEmpty
      let hasDisks = try record.volumeNames.contains { FileSystem.exists(try VolumeStore(context).disk($0)) }
      guard isAlive, hasDisks else { return try write(record, directory, writer, to: file) }
      guard stops else { throw ParcelFailure.runs(name) }
      try end(record, directory)
      let written = Result { try write(record, directory, writer, to: file) }
      try launch(record, directory)
      var report = try written.get()
      report.wasStopped = true
      return report
    }
    guard let report else { throw unknown(name) }
    note("backup", name, ["file": JSONValue(file), "digest": JSONValue(report.digest)])
    return report
  }

  /// Under the deployment's lock, while its machine does not run.
  func write(
    _ record: DeploymentRecord, _ directory: MachineDirectory, _ writer: ParcelWriter, to file: HostPath
  ) throws -> BackupReport {
    let store = try VolumeStore(context)
    // Also `packc run` may have one.
    let held = try record.volumeNames.filter { FileSystem.exists(store.disk($0)) }.map {
      (name: $0, lock: try store.hold($0, user: "packc backup \(record.name)"))
    }
    let header = try ParcelHeader(
      record, try ReleaseOutcomes.read(directory),
      volumes: held.map { .init(name: $0.name, size: try SparseFile($0.lock.disk).size) })
    let digest = try withExtendedLifetime(held) {
      try writer.add(ParcelHeader.fileName, CanonicalJSON.encodePretty(header.json))
      for image in header.releases { try writer.add(release: image, from: state.release(image)) }
      for volume in held { try writer.add(volume: volume.name, from: volume.lock.disk) }
      return try writer.commit()
    }
    return BackupReport(
      file: file, size: try FileSystem.target(file)?.size ?? 0, digest: digest,
      releases: record.releases.map(\.number), volumes: header.volumes, secrets: record.secretNames,
      leftOut: record.volumeFiles.map(\.file))
  }
}

extension Deployments {
  /// Backups from before upgrades that are kept of one deployment.
  static let keptBackups = 3

  /// Before another release takes the volumes over: the release that there is, and its volumes, in the state directory.
  ///
  /// - Returns: nil without volumes: then going back needs no more than the releases that are kept.
  func backUp(
    _ record: DeploymentRecord, before number: Int, _ directory: MachineDirectory, wasAlive: Bool
  ) throws -> HostPath? {
    let reduced = record.reduced(to: record.effective(try ReleaseOutcomes.read(directory)))
    let store = try VolumeStore(context)
    guard reduced.volumeNames.contains(where: { FileSystem.exists(store.disk($0)) }) else { return nil }
    let place = state.backups(record.name)
    let file = place / "before-release-\(number).tar"
    do {
      try FileSystem.createDirectory(place.parent, mode: 0o700)
      try FileSystem.createDirectory(place, mode: 0o700)
      // Of an upgrade that did not come to its end.
      try FileSystem.removeFile(file)
      _ = try write(reduced, directory, ParcelWriter(file), to: file)
    } catch {
      if wasAlive { try? launch(record, directory) }
      throw ParcelFailure.noBackup(record.name, error)
    }
    try removeOldest(in: place)
    return file
  }

  private func removeOldest(in place: HostPath) throws {
    let numbered = try DirectoryWalk.names(in: place).compactMap { bytes -> (number: Int, path: HostPath)? in
      let name = String(decoding: bytes, as: UTF8.self)
      guard let number = Int(name.split(separator: "-").last?.split(separator: ".").first ?? "") else { return nil }
      return (number, place / name)
    }
    for old in numbered.sorted(by: { $0.number > $1.number }).dropFirst(Self.keptBackups) {
      try FileSystem.removeFile(old.path)
    }
  }
}

extension ParcelWriter {
  /// An image with everything that its `machine.json` names.
  func add(release digest: Digest, from directory: HostPath) throws {
    let description = directory / "machine.json"
    guard FileSystem.exists(description) else { throw DeployFailure.releaseLost(directory) }
    let bytes = try FileSystem.read(description, limit: 1 << 20)
    guard Digest(of: bytes) == digest else { throw ParcelFailure.fileDamaged(description) }
    let machine = try MachineDescription(json: try JSONParser.parse(bytes, name: "\(description)"))
    try add("releases/\(digest.hex)/machine.json", bytes)
    for part in try ReleaseParts(machine).files {
      let path = directory / part.name
      let file = try Descriptor.open(path)
      guard try FileStatus(file.status()).size == part.size else { throw ParcelFailure.fileDamaged(path) }
      var hash = SHA256()
      try add("releases/\(digest.hex)/\(part.name)", size: part.size) { put in
        try file.eachChunk {
          hash.update($0)
          try put($0)
        }
      }
      guard try part.isWhole(hash.finish(), path) else { throw ParcelFailure.fileDamaged(path) }
    }
  }

  func add(volume name: VolumeName, from disk: HostPath) throws {
    try SparseFile(disk).eachPiece { offset, bytes in
      try add(Parcel.piece(name, at: offset), size: Int64(bytes.count)) { try $0(bytes) }
    }
  }
}
