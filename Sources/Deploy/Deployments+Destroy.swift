public import PackCore
public import Runner

/// What became of one thing that belongs to a deployment.
public struct DestroyLine: Hashable, Sendable {
  public enum Fate: String, Sendable {
    case deleted, kept
    case notFound = "not found"
    case failed
  }
  /// `machine`, `ports`, `volume data`, `logs`, `release records`
  public let resource: String
  public let fate: Fate
  public let detail: String?
}

extension Deployments {
  /// Removes a deployment; one that is not there is an answer, too. Volumes stay unless they are to go as well.
  ///
  /// - Parameter backup: written first; nothing is removed without it.
  public func destroy(_ name: String, volumes: Bool, backup: HostPath? = nil) throws -> [DestroyLine] {
    try locked(name, creating: false) { directory in try destroy(directory, volumes: volumes, backup: backup) }
      ?? absent(name, volumes: volumes)
  }

  /// Of a deployment that is not there; its backups may be.
  private func absent(_ name: String, volumes: Bool) -> [DestroyLine] {
    Self.resources.map { DestroyLine(resource: $0, fate: .notFound, detail: nil) }
      + earlierBackups(of: name, removes: volumes)
  }

  /// Files that are the disks of a deployment's volumes.
  public func volumes(of name: String) throws -> [AttachedVolume] {
    try DeploymentRecord.read(state.machine(name))?.volumeFiles ?? []
  }

  /// Volumes that packc keeps and one of the deployment's releases names, sorted.
  public func keptVolumes(of name: String) throws -> [VolumeName] {
    try DeploymentRecord.read(state.machine(name))?.volumeNames ?? []
  }

  /// Which deployments name a volume, whether or not they run.
  ///
  /// - Throws: what is wrong with a deployment that cannot be read: it may be one of them.
  public func users(of volume: VolumeName) throws -> [String] {
    try all().map(\.name).filter { try keptVolumes(of: $0).contains(volume) }
  }

  private static let resources = ["machine", "ports", "logs", "release records"]

  private func destroy(_ directory: MachineDirectory, volumes: Bool, backup: HostPath?) throws -> [DestroyLine] {
    let name = directory.name
    let build = try destroyBuild(directory)
    guard let record = try DeploymentRecord.read(directory) else {
      // One that was being made, or removed, when packc was killed; or whose first release was not built yet.
      if build != nil { note("destroy", name, ["volumes": "kept"]) }
      try erase(directory)
      _ = try? ReleaseStore(state).collect()
      return [build].compactMap { $0 } + absent(name, volumes: volumes)
    }
    let release = record.effective(try ReleaseOutcomes.read(directory))
    let attached = try self.volumes(of: name)
    let kept = try keptVolumes(of: name)
    let writer = try backup.map { try ParcelWriter($0) }
    let hadBalancer = try endBalancer(directory)
    let wasAlive = try end(record, directory, isLast: backup == nil)
    let saved: BackupReport?
    do {
      saved = try writer.flatMap { writer in try backup.map { try write(record, directory, writer, to: $0) } }
    } catch {
      if wasAlive { try? launch(record, directory) }
      throw error
    }
    var lines =
      [build].compactMap { $0 } + [
        DestroyLine(resource: "machine", fate: .deleted, detail: wasAlive ? "it was stopped" : "it did not run")
      ]
    let ports = release.spec.publish.map(\.description).joined(separator: ", ")
    lines.append(
      DestroyLine(resource: "ports", fate: ports.isEmpty ? .notFound : .deleted, detail: ports.isEmpty ? nil : ports))
    if hadBalancer { lines.append(DestroyLine(resource: "balancer", fate: .deleted, detail: nil)) }
    for volume in attached { lines.append(destroy(volume, removes: volumes, isSaved: backup == nil)) }
    for volume in kept { lines.append(destroy(volume, of: name, removes: volumes)) }
    lines += earlierBackups(of: name, removes: volumes)
    if let saved { lines.append(DestroyLine(resource: "backup", fate: .kept, detail: "\(saved.file)")) }
    note("destroy", name, ["volumes": .string(volumes ? "deleted" : "kept")])
    try erase(directory)
    lines.append(DestroyLine(resource: "logs", fate: .deleted, detail: nil))
    let count = record.releases.count
    // A deployment that cannot be read may need any of them.
    let removed = (try? ReleaseStore(state).collect()) ?? 0
    lines.append(
      DestroyLine(
        resource: "release records", fate: .deleted,
        detail: "\(count) release\(count == 1 ? "" : "s"), \(removed) image\(removed == 1 ? "" : "s")"
      ))
    return lines
  }

  /// Ends what is being built; nil when nothing is, or was.
  private func destroyBuild(_ directory: MachineDirectory) throws -> DestroyLine? {
    guard FileSystem.exists(directory.build) else { return nil }
    let wasAlive = try endBuild(directory)
    return DestroyLine(resource: "build", fate: .deleted, detail: wasAlive ? "it was ended" : "it had ended")
  }

  /// - Parameter isSaved: false for one whose data would have to be in a backup, and is not.
  private func destroy(_ volume: AttachedVolume, removes: Bool, isSaved: Bool) -> DestroyLine {
    let resource = "volume \(volume.name)"
    do {
      guard try FileSystem.status(volume.file) != nil else {
        return DestroyLine(resource: resource, fate: .notFound, detail: "\(volume.file)")
      }
      guard removes else { return DestroyLine(resource: resource, fate: .kept, detail: "\(volume.file)") }
      guard isSaved else {
        return DestroyLine(resource: resource, fate: .kept, detail: "\(volume.file): no backup has it")
      }
      try FileSystem.removeFile(volume.file)
      return DestroyLine(resource: resource, fate: .deleted, detail: "\(volume.file)")
    } catch {
      return DestroyLine(resource: resource, fate: .failed, detail: (error as? Failure)?.message)
    }
  }

  /// One that another deployment names, too, is kept.
  private func destroy(_ volume: VolumeName, of name: String, removes: Bool) -> DestroyLine {
    let resource = "volume \(volume)"
    do {
      let store = try VolumeStore(context)
      guard FileSystem.exists(store.disk(volume)) else {
        return DestroyLine(resource: resource, fate: .notFound, detail: nil)
      }
      guard removes else {
        return DestroyLine(resource: resource, fate: .kept, detail: "`packc volume destroy \(volume)` removes it")
      }
      let others = try users(of: volume).filter { $0 != name }
      guard others.isEmpty else {
        return DestroyLine(
          resource: resource, fate: .kept, detail: "the deployment \(others.joined(separator: ", ")) names it, too")
      }
      return DestroyLine(resource: resource, fate: try store.destroy(volume) ? .deleted : .notFound, detail: nil)
    } catch {
      return DestroyLine(resource: resource, fate: .failed, detail: (error as? Failure)?.message ?? "\(error)")
    }
  }

  /// Those from before upgrades: they hold the volumes' data, and go with it.
  private func earlierBackups(of name: String, removes: Bool) -> [DestroyLine] {
    let place = state.backups(name)
    guard FileSystem.isDirectory(place) else { return [] }
    do {
      if removes { try FileSystem.removeTree(place) }
      return [DestroyLine(resource: "earlier backups", fate: removes ? .deleted : .kept, detail: "\(place)")]
    } catch {
      return [DestroyLine(resource: "earlier backups", fate: .failed, detail: (error as? Failure)?.message)]
    }
  }

  /// Removes the directory: what makes it a deployment goes last but for the lock, which is ours.
  func erase(_ directory: MachineDirectory) throws {
    let last = ["machine.json", "lock"]
    for bytes in try DirectoryWalk.names(in: directory.path) {
      guard !last.contains(String(decoding: bytes, as: UTF8.self)) else { continue }
      try FileSystem.removeTree(directory.path / HostPath(bytes: bytes))
    }
    for name in last { try FileSystem.removeFile(directory.path / name) }
    try FileSystem.removeTree(directory.path)
  }
}
