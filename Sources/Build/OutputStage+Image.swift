internal import Contract
internal import Kernel
internal import OCI
internal import Packs
internal import PackCore

extension OutputStage {
  /// The OCI layout, with what is known of the image as labels (Docker drops annotations) and annotations.
  /// - Parameter directory: where it is written now; `output` is where it will lie.
  mutating func writeImage(
    _ parts: Parts, _ unikernel: Unikernel?, _ owners: OwnerRules, in directory: HostPath
  ) throws -> WrittenImage? {
    let layout = output / "image"
    guard request.makesImage else {
      try FileSystem.removeTree(directory / "image")
      return nil
    }
    let labels = labels(parts, unikernel)
    let description = ImageDescription(
      platform: request.platform, entrypoint: parts.settings.argv, environment: parts.settings.environment,
      user: "\(BaseFiles.user):\(BaseFiles.user)", workingDirectory: parts.settings.workingDirectory.absolute,
      exposedPorts: Set(parts.settings.ports), labels: labels, annotations: labels, stopSignal: "SIGTERM",
      epoch: planning.epoch)
    let machines = try unikernel.map { try machineImages($0, labels) } ?? []
    let written = try ImageBuilder.write(
      image: description, layers: parts.layers, store: store, layout: directory / "image",
      tag: request.tag ?? parts.identity.name, shownAs: layout, beside: machines
    ) { image in
      let rules = owners.isEmpty ? [] : [try OwnerArtifact.assemble(owners, subject: image, store: store)]
      return try symbols(parts.assembled.programs, of: image) + rules + statements(parts, of: image)
    }
    addFiles([layout / "oci-layout", layout / "index.json"])
    let blobs = [written.manifest.digest, written.config.digest] + parts.layers.map(\.digest)
    let more = Set((written.referrers + machines.map(\.image)).flatMap(\.blobs).map(\.digest)).sorted()
    addFiles((blobs + more).map { layout / "blobs/sha256" / $0.hex })
    return written
  }

  private func machineImages(
    _ unikernel: Unikernel, _ labels: [String: String]
  ) throws -> [(suffix: String, image: ImageBuilder.Assembled)] {
    // The tools that these are for start a Linux.
    guard let kernel, unikernel.image.machine.guest == .linux else { return [] }
    return try MachineImages(
      unikernel: unikernel.diskless, kernel: kernel.kernel.file, platform: request.platform, labels: labels,
      epoch: planning.epoch, cache: LayerCache(directory: planning.cache / "layers", store: store), store: store
    ).assemble()
  }

  /// Nothing of the host, the directory or the clock: each of these is part of the image's digest.
  private func labels(_ parts: Parts, _ unikernel: Unikernel?) -> [String: String] {
    var labels = settled.plan.labels.merging(parts.contract.labels) { $1 }
    labels["dev.packc.version"] = PackcVersion.current
    labels["dev.packc.mode"] = request.mode.rawValue
    labels["dev.packc.pack"] = "\(pack.name)@\(pack.version)"
    if !parts.settings.writable.isEmpty {
      labels["dev.packc.writable"] = parts.settings.writable.map(\.absolute).joined(separator: ":")
    }
    if parts.identity.nameIsStated { labels["org.opencontainers.image.title"] = parts.identity.name }
    labels["org.opencontainers.image.version"] = parts.identity.version
    labels["org.opencontainers.image.revision"] = parts.identity.revision
    if let unikernel {
      labels["dev.packc.kernel.digest"] = unikernel.image.machine.kernel.digest.description
      labels["dev.packc.kernel.release"] = unikernel.image.machine.release
      labels["dev.packc.initrd.digest"] = unikernel.image.machine.initrd.digest.description
      labels["dev.packc.root.verity"] = unikernel.image.machine.root?.rootHash.description
    }
    return labels
  }

  /// The document of `packc build --json`; its keys are `docs/schema/build.schema.json`.
  func answer(_ parts: Parts, _ image: WrittenImage?, _ unikernel: Unikernel?) -> JSONValue {
    [
      "name": .string(parts.identity.name), "mode": .string(request.mode.rawValue), "pack": pack.json,
      "image": image.map { self.json($0, parts) } ?? .null, "unikernel": unikernel?.json ?? .null,
      "contract": ["digest": JSONValue(parts.contract.digest), "verdict": .string(Verdict.none.rawValue)],
      "gates": parts.gates.json, "steps": .array(executor.outcomes.map(\.json)),
      "decisions": .array(allDecisions(parts).map(\.json)),
    ]
  }

  private func json(_ image: WrittenImage, _ parts: Parts) -> JSONValue {
    JSONValue(compact: [
      "name": storeName(parts).map(JSONValue.string),
      "layout": JSONValue(output / "image"), "ref": .string(image.ref), "digest": JSONValue(image.manifest.digest),
      "manifest": JSONValue(image.manifest.digest), "config": JSONValue(image.config.digest),
      "layers": .array(
        parts.layers.map {
          [
            "role": .string($0.role.rawValue), "digest": JSONValue($0.digest), "diff_id": JSONValue($0.diffID),
            "size": .integer($0.size),
          ]
        }),
      "symbols": image.symbols,
      "machines": image.beside.isEmpty
        ? nil
        : .array(
          image.beside.map {
            ["ref": .string("oci:\(output / "image"):\($0.tag)"), "digest": JSONValue($0.digest)]
          }),
    ])
  }

  private func allDecisions(_ parts: Parts) -> [Decision] {
    decisions + settled.plan.decisions + parts.settings.decisions + parts.identity.decisions
      + [kernel?.decision].compactMap { $0 }
  }
}
