public import OCI
public import PackCore

/// The images that a project's last builds made, in packc's store.
public struct ProjectImages: Sendable {
  private let project: HostPath
  private let history: BuildHistory
  private let store: ImageStore

  /// What a comparison takes.
  public typealias Side = (image: SingleImage, name: String, knowledge: ImageSnapshot.Knowledge)

  public init(project: HostPath, cache: HostPath) throws {
    self.project = project
    history = BuildHistory(project: project, cache: cache)
    store = try ImageStore(content: ContentStore(root: cache / "store"))
  }

  /// What the last build made.
  /// - Throws: `no_image` when there was none, `no_such_image` when the store has it no more.
  public func last() throws -> Side {
    guard let build = history.builds.first else { throw ImagesFailure.notBuilt(project) }
    return try open(build, name: build.name)
  }

  /// What the build before made, whose image was another.
  /// - Throws: `no_build_before`, `no_such_image`.
  public func before() throws -> Side {
    guard history.builds.count > 1 else { throw ImagesFailure.noBuildBefore(project) }
    return try open(history.builds[1], name: "the build before")
  }

  /// What the builds of this project know of an image, if they made it.
  public func knowledge(of digest: Digest) -> ImageSnapshot.Knowledge? {
    history.build(digest).map(Self.knowledge)
  }

  private static func knowledge(_ build: BuildHistory.Build) -> ImageSnapshot.Knowledge {
    ImageSnapshot.Knowledge(
      owners: build.owners, facts: try? FactTable(contract: JSONReader(build.contract)),
      project: String(build.name.prefix { $0 != ":" }))
  }

  private func open(_ build: BuildHistory.Build, name: String) throws -> Side {
    guard store.content.contains(build.manifest.digest) else { throw ImagesFailure.collected(name) }
    let source = StoreSource(store, descriptor: build.manifest, name: name)
    return (try SingleImage.open(source), name, Self.knowledge(build))
  }
}
