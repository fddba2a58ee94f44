internal import Glibc
internal import Kernel
internal import PackCore
internal import Runner

/// `--volume NAME:/path` (a kept volume) and `--volume NAME=FILE` (any file).
enum VolumeFlags {
  static let flag = Flag(
    "volume", value: "NAME:/PATH|NAME=FILE", repeats: true,
    help: "the disk of a declared volume: a kept volume by its path, or a file; made when missing")

  static func read(_ invocation: Invocation, into request: inout RunRequest) throws {
    var declared: [GuestVolume]?
    for text in invocation.strings("volume") {
      guard let reference = try VolumeReference(parsing: text) else {
        let (name, file) = try AttachedVolume.parse(text)
        request.volumes.append(AttachedVolume(name: name, file: invocation.typedPath(file)))
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
