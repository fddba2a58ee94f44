internal import Config
internal import Deploy
internal import Kernel
internal import PackCore
internal import Runner

/// `packc volume …`: disks that outlive machines.
enum VolumeCommand {
  static let create = CommandDefinition(
    "volume create", summary: "make a volume: a disk that outlives machines", operands: "NAME", count: 1...1,
    flags: [Flag("size", value: "SIZE", help: "of its file system, like 10Gi (default: 1Gi)")],
    details: """
      It is a sparse file with an empty ext4: what it takes of the host's disk grows with what is written. `packc run
      --volume NAME:/path` gives it to a machine whose image declares a volume at /path (unik.yaml: run.volumes).
      """
  ) { invocation in
    let name = try VolumeName(invocation.operands[0])
    let volume = try VolumeStore(invocation.context).create(name, size: size(invocation))
    try invocation.output.write(volume.json) { "made \(volume.name), \(ByteSize(bytes: volume.size))\n" }
    return .done
  }

  static let list = CommandDefinition("volume list", summary: "show the volumes, their sizes and users") { invocation in
    let volumes = try VolumeStore(invocation.context).list()
    try invocation.output.write(["volumes": .array(volumes.map(\.json))]) {
      volumes.isEmpty ? "no volume yet; `packc volume create NAME --size 1Gi` makes one\n" : table(volumes)
    }
    return .done
  }

  static let show = CommandDefinition(
    "volume show", summary: "show one volume: its file, size and user", operands: "NAME", count: 1...1, completes: names
  ) { invocation in
    let volume = try VolumeStore(invocation.context).find(VolumeName(invocation.operands[0]))
    try invocation.output.write(volume.json) {
      """
      name    \(volume.name)
      file    \(volume.disk)
      size    \(ByteSize(bytes: volume.size))
      used    \((volume.used + 1 << 20 - 1) >> 20)Mi of this host's disk
      in use  \(volume.user.map { "by \($0)" } ?? "no")

      """
    }
    return .done
  }

  static let destroy = CommandDefinition(
    "volume destroy", summary: "take volumes and their data away", operands: "NAME…", count: 1...256,
    flags: [Flag("yes", help: "the data may go")],
    details: """
      Takes a volume's data away, as only `packc destroy --volumes` does beside it. One that is in use, or that a deployment names, stays, and the exit code is 1; one that is not
      there is said so and is no failure.
      """, completes: names
  ) { invocation in
    let names = try invocation.operands.map { try VolumeName($0) }
    guard invocation.has("yes") else { throw VolumeStore.unconfirmed(names) }
    let store = try VolumeStore(invocation.context)
    let deployments = try Deployments(invocation.context)
    let rows = names.map { name -> (name: String, result: String, reason: Failure?) in
      do {
        let users = try deployments.users(of: name)
        guard users.isEmpty else { throw VolumeStore.named(name, by: users) }
        return (name.description, try store.destroy(name) ? "deleted" : "not_found", nil)
      } catch {
        return (name.description, "failed", error as? Failure ?? Failure("internal", "\(error)"))
      }
    }
    try invocation.output.write([
      "volumes": .array(
        rows.map { row in
          .object(
            ["name": .string(row.name), "result": .string(row.result)].merging(
              row.reason.map { ["error": $0.json] } ?? [:]
            ) { $1 })
        })
    ]) {
      rows.map { row in
        "\(row.name): \(row.result == "not_found" ? "not found" : row.result)"
          + (row.reason.map { " (\($0.message))" } ?? "") + "\n"
      }.joined()
    }
    return rows.contains { $0.reason != nil } ? .failed : .done
  }

  private static let names: @Sendable (HostContext) -> [String] = { context in
    (try? VolumeStore(context).list().map(\.name)) ?? []
  }

  private static func size(_ invocation: Invocation) throws -> Int64 {
    guard let text = invocation.string("size") else { return 1 << 30 }
    guard let size = ByteSize(text) else {
      throw Failure(
        "wrong_usage", "--size \(text): expected a size", hint: "write it like 512Mi or 10Gi", exit: .usage)
    }
    return size.bytes
  }

  private static func table(_ volumes: [VolumeStore.Volume]) -> String {
    TextTable.lines(
      [["NAME", "SIZE", "USED", "IN USE BY"]]
        + volumes.map {
          [$0.name, "\(ByteSize(bytes: $0.size))", "\(($0.used + 1 << 20 - 1) >> 20)Mi", $0.user ?? "-"]
        })
  }
}
