internal import Glibc
internal import PackCore

/// What packc remembers of one project between builds, by the digest of its path:
///
///     <cache>/projects/<digest>/lock      one build of a project at a time
///                              /record    the last build (BuildRecord)
///                              /digests   digests of its files (FileDigests)
///                              /steps     the parts of each step's last key
///                              /owners    who owns the last image's files (OwnerRecord)
///                              /facts     what the pack said of the source (SourceFactsCache)
///                              /builds    the last images (BuildHistory)
final class ProjectState {
  let directory: HostPath
  private let lock: Descriptor

  init(project: HostPath, cache: HostPath) throws {
    directory = cache / "projects" / Digest(of: project.bytes).hex
    try FileSystem.createDirectory(directory)
    lock = try Descriptor.open(directory / "lock", O_RDWR | O_CREAT)
  }

  /// Waits for another build of the same project.
  func acquire(_ reporter: Reporter) throws {
    if flock(lock.raw, LOCK_EX | LOCK_NB) == 0 { return }
    reporter.note("another build of this project is running; waiting for it")
    while flock(lock.raw, LOCK_EX | LOCK_NB) != 0 {
      try Interruption.check()
      usleep(50_000)
    }
  }

  var record: HostPath { directory / "record" }
  var digests: HostPath { directory / "digests" }
  var owners: HostPath { directory / "owners" }
  var facts: HostPath { directory / "facts" }

  func lastStepKeys() -> [String: [String: Digest]] {
    guard let bytes = try? FileSystem.readIfPresent(directory / "steps", limit: 1 << 20),
      let steps = (try? JSONParser.parse(bytes))?.object
    else { return [:] }
    return steps.mapValues { parts in (parts.object ?? [:]).compactMapValues(\.digest) }
  }

  func save(stepKeys: [String: [String: Digest]]) throws {
    let json = JSONValue.object(stepKeys.mapValues { .object($0.mapValues { JSONValue($0) }) })
    try CacheRecord.replace(directory / "steps", by: CanonicalJSON.encode(json))
  }
}
