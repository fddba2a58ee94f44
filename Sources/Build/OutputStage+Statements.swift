internal import Contract
internal import Images
internal import Kernel
internal import OCI
internal import PackCore
internal import Packs

extension OutputStage {
  /// What the build says of its image, unsigned, beside it: facts, what it is made of, and how it was made. `packc image
  /// attest` signs them.
  func statements(_ parts: Parts, of image: BlobDescriptor) throws -> [ImageBuilder.Assembled] {
    let subject = Statement.Subject(name: "", digest: image.digest)
    let statements = [
      parts.contract.statement(about: image.digest),
      Statement(
        subjects: [subject], predicateType: Statement.Predicate.cycloneDX, predicate: parts.bill.cycloneDX),
      Statement(subjects: [subject], predicateType: Statement.Predicate.provenance, predicate: try provenance(parts)),
    ]
    return try statements.map { statement in
      try StatementArtifact.assemble(
        CanonicalJSON.encode(statement.json), predicateType: statement.predicateType, subject: image, store: store)
    }
  }

  func bill(
    _ root: RootFilesystem, _ owners: FileOwners, _ identity: ProjectIdentity, _ contract: ContractDocument,
    _ components: [SoftwareComponent]
  ) throws -> BillOfMaterials {
    let jars = try locked(root, owners, components)
    // What nobody owns is known by its bytes.
    let files = try root.entries.filter(\.isRegular).map { entry in
      let owner = jars[entry.path]?.locked ?? owners[entry.path]
      return BillOfMaterials.File(
        path: entry.path, owner: owner, digest: owner == nil ? try digest(of: root.holder(of: entry)) : nil)
    }
    var licenses = owners.licenses
    for (named, locked) in jars.sorted(by: { $0.key < $1.key }).map(\.value) where licenses[locked] == nil {
      licenses[locked] = licenses[named]
    }
    // The host's copyright files are of its own packages, and not of those that packc.lock names.
    let system = runtime == nil ? HostPackages().licenses(of: owners.shares.compactMap(\.owner)) : [:]
    return BillOfMaterials(
      name: identity.statedName, version: identity.version ?? "", subject: contract.subject, epoch: planning.epoch,
      toolVersion: PackcVersion.current, files: files, licenses: licenses.merging(system) { $1 },
      known: components + owners.packed + standardLibraries)
  }

  /// Jars that say nothing of themselves but their file's name, and whose bytes the lock knows: by path, what the name
  /// says and what the lock says.
  private func locked(
    _ root: RootFilesystem, _ owners: FileOwners, _ components: [SoftwareComponent]
  ) throws -> [RootPath: (named: FileOwner, locked: FileOwner)] {
    let known = Dictionary(
      components.filter { $0.purl.hasPrefix("pkg:maven/") }.compactMap { component in
        component.hashes["SHA-256"].map { ($0, component) }
      }
    ) { first, _ in first }
    guard !known.isEmpty else { return [:] }
    var found: [RootPath: (named: FileOwner, locked: FileOwner)] = [:]
    for entry in root.entries where entry.isRegular {
      guard let owner = owners[entry.path], owner.kind == .java, owner.purl == nil,
        let component = try digest(of: root.holder(of: entry)).flatMap({ known[$0.hex] })
      else { continue }
      let locked = FileOwner(kind: .java, name: component.name, version: component.version)
      if locked.purl == component.purl { found[entry.path] = (owner, locked) }
    }
    return found
  }

  /// What a compiler puts into each of its programs, and scanners look for under this name.
  private var standardLibraries: [SoftwareComponent] {
    settled.plan.toolchains.filter { $0.name == "go" && !$0.version.isEmpty }.map {
      SoftwareComponent(name: "stdlib", version: $0.version, purl: "pkg:golang/stdlib@\($0.version)")
    }
  }

  private func digest(of entry: RootFilesystem.Entry) throws -> Digest? {
    switch entry.content {
    case .host(let path, let status): try digests.digest(of: path, status: status)
    case .bytes(let bytes): Digest(of: bytes)
    case .directory, .link, .hardLink: nil
    }
  }

  /// SLSA v1, Build L1 and no more: packc runs in the tenant's own step, so the tenant could have written this, too.
  func provenance(_ parts: Parts) throws -> JSONValue {
    try [
      "buildDefinition": [
        "buildType": "https://packc.dev/build/v1",
        "externalParameters": JSONValue(compact: [
          "mode": .string(request.mode.rawValue), "platform": JSONValue(request.platform),
          "compression": .string(request.compression), "app": request.app.map(JSONValue.string),
        ]),
        "internalParameters": [
          "pack": ["name": .string(pack.name), "version": .string(pack.version)],
          "sandbox": .string(planning.isolation.kind.rawValue), "epoch": .integer(planning.epoch),
          "steps": .array(
            settled.plan.steps.map { ["id": .string($0.id), "network": .bool($0.network)] }),
        ],
        "resolvedDependencies": .array(materials(parts)),
      ],
      "runDetails": [
        "builder": [
          "id": "https://packc.dev/packc", "version": ["packc": .string(PackcVersion.current)],
        ]
      ],
    ]
  }

  /// The files in which the languages' own tools pin what they fetch.
  private static let lockNames: Set<String> = [
    "go.sum", "Cargo.lock", "package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "poetry.lock",
    "uv.lock", "pdm.lock", "Pipfile.lock", "pylock.toml", "requirements.txt", "gradle.lockfile", "packages.lock.json",
  ]

  private func lockFiles() throws -> [JSONValue] {
    try scan.entries.filter { $0.status.kind == .file && Self.lockNames.contains($0.path.name) }.map { entry in
      let digest = try digests.digest(of: scan.root / entry.path, status: entry.status)
      return ["name": .string("lock:\(entry.path)"), "digest": ["sha256": .string(digest.hex)]]
    }
  }

  private func materials(_ parts: Parts) throws -> [JSONValue] {
    func material(_ name: String, _ digest: Digest, version: String? = nil) -> JSONValue {
      JSONValue(compact: [
        "name": .string(name), "digest": ["sha256": .string(digest.hex)],
        "annotations": version.map { ["version": .string($0)] },
      ])
    }
    let lock = settled.lock
    var found = lock.packs.map { material("pack:\($0.key)", $0.value.digest, version: $0.value.version) }
    found += lock.toolchains.map { material("toolchain:\($0.key)", $0.value.digest, version: $0.value.version) }
    found += lock.runtime.map { material("debian:\($0.name)", $0.sha256, version: $0.version) }
    if let kernel { found.append(material("kernel:\(kernel.kernel.manifest.name)", kernel.pin.digest)) }
    if let kernel { found.append(material("guest-init", kernel.initPin.digest)) }
    if let checkout = parts.identity.checkout {
      // A tree that differs from its commit is not that commit: what it is, its files' digests would have to say.
      found.append([
        "name": "source", "digest": ["gitCommit": .string(checkout.commit)],
        "annotations": ["dirty": .bool(checkout.isDirty)],
      ])
    }
    found += try lockFiles()
    return found.sorted {
      ($0["name"]?.string ?? "").utf8.lexicographicallyPrecedes(($1["name"]?.string ?? "").utf8)
    }
  }
}
