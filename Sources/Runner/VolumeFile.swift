internal import Glibc
internal import Kernel
public import PackCore

/// A declared volume of the image and the file of this host that is its disk: `--volume NAME=FILE`.
public struct AttachedVolume: Hashable, Sendable {
  public let name: String
  public let file: HostPath

  public init(name: String, file: HostPath) {
    self.name = name
    self.file = file
  }

  /// `NAME=FILE`, as it is typed.
  public static func parse(_ text: String) throws -> (name: String, file: String) {
    guard let cut = text.firstIndex(of: "="), cut != text.startIndex, text.index(after: cut) != text.endIndex else {
      throw RunFailure.badVolume(text, "it needs a name and a file")
    }
    return (String(text[..<cut]), String(text[text.index(after: cut)...]))
  }
}

/// Makes the disks of a machine's volumes.
struct VolumeFiles {
  let context: HostContext
  let reporter: Reporter

  /// A disk for each attached volume. A file that is not there yet is made, of the declared size, with an empty ext4.
  func disks(_ attached: [AttachedVolume], of declared: [GuestVolume]) throws -> [QEMUCommand.Disk] {
    for volume in attached where !declared.contains(where: { $0.name == volume.name }) {
      throw RunFailure.unknownVolume(volume.name, known: declared.map(\.name))
    }
    return try declared.compactMap { volume in
      guard let file = attached.last(where: { $0.name == volume.name })?.file else {
        reporter.note(
          "the volume \(volume.name) (\(volume.mount.absolute)) lies in memory and ends with the machine; "
            + "--volume \(volume.name)=FILE keeps it")
        return nil
      }
      if try FileSystem.target(file) == nil { try make(file, volume) }
      return QEMUCommand.Disk(file: file, serial: volume.serial, isReadOnly: try isReadOnly(file))
    }
  }

  private func make(_ file: HostPath, _ volume: GuestVolume) throws {
    guard try EmptyDisk(context: context).make(file, size: volume.size) else { return }
    reporter.note("made \(file) for the volume \(volume.name): an empty ext4 of \(volume.size >> 20) MiB")
  }

  /// erofs has no other way, and a file that is not ours to write gets none.
  private func isReadOnly(_ file: HostPath) throws -> Bool {
    guard access(file.description, R_OK) == 0 else { throw Failure.system("open the volume", file, errno: errno) }
    return access(file.description, W_OK) != 0
  }
}
