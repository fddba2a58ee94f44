internal import Glibc
internal import Kernel
internal import PackCore
internal import Runner

/// `--volume NAME:/path` (a kept volume) and `--volume NAME=FILE` (any file).
enum VolumeFlags {
  static let flag = Flag(
    "volume", value: "NAME:/PATH|NAME=FILE", repeats: true,
    help: "the disk of a declared volume: a kept volume by its path, or a file; made when missing")

  enum Choice {
    case kept(VolumeReference)
    case file(AttachedVolume)
  }

  static func read(_ invocation: Invocation) throws -> [Choice] {
    try invocation.strings("volume").map { text in
      if let reference = try VolumeReference(parsing: text) { return .kept(reference) }
      let (name, file) = try AttachedVolume.parse(text)
      return .file(AttachedVolume(name: name, file: invocation.typedPath(file)))
    }
  }

  /// For a machine that is started now: kept volumes are locked.
  static func attach(_ invocation: Invocation, to request: inout RunRequest) throws {
    var declared: [GuestVolume]?
    for choice in try read(invocation) {
      guard case .kept(let reference) = choice else {
        if case .file(let volume) = choice { request.volumes.append(volume) }
        continue
      }
      let known = try declared ?? UnikernelImage.open(request.image).machine.volumes
      declared = known
      let (volume, lock) = try VolumeStore(invocation.context).attach(
        reference, to: known, user: "packc run (process \(getpid()))", reporter: invocation.reporter)
      request.volumes.append(volume)
      request.locks.append(lock)
    }
  }
}
