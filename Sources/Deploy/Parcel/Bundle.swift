internal import Kernel
public import PackCore
internal import Runner

/// One file with an image for machines and the settings of a deployment: all that another host needs beside packc and QEMU.
/// The same image and settings give the same bytes.
public struct Bundle: Sendable {
  public let name: DeploymentName
  public let spec: DeploymentSpec
  /// A directory with `kernel`, `initrd`, `machine.json` and so on.
  public let image: HostPath

  public struct Report: Sendable {
    public let file: HostPath
    /// Bytes of the file.
    public let size: Int64
    public let digest: Digest
    public let name: DeploymentName
    /// What the settings named and a bundle does not have.
    public let leftOut: [String]

    public var json: JSONValue {
      [
        "file": JSONValue(file), "size": .integer(size), "digest": JSONValue(digest), "name": .string("\(name)"),
        "left_out": JSONValue(strings: leftOut),
      ]
    }
  }

  /// Variables, volumes and secrets belong to the host that they were given on, and are left out; a file that is there
  /// already is replaced.
  public static func write(
    _ name: DeploymentName, _ spec: DeploymentSpec, _ image: HostPath, to file: HostPath
  ) throws -> Report {
    var general = spec
    general.source = nil
    (general.environment, general.managed, general.secrets) = ([:], [], [])
    (general.volumes, general.keptVolumes) = ([], [])
    let leftOut =
      spec.environment.keys.sorted().map { "the variable \($0)" } + spec.secrets.map { "the secret \($0.name)" }
      + spec.volumes.map { "the volume \($0.name)" } + spec.keptVolumes.map { "the volume \($0.name)" }
    let writer = try ParcelWriter(file, replaces: true)
    try writer.add(ParcelHeader.fileName, CanonicalJSON.encodePretty(ParcelHeader(name, general).json))
    try writer.add(release: spec.image, from: image)
    let digest = try writer.commit(mode: 0o644)
    return Report(
      file: file, size: try FileSystem.target(file)?.size ?? 0, digest: digest, name: name, leftOut: leftOut)
  }

  /// Checks all of a bundle and puts its image into `directory`.
  ///
  /// - Throws: `bad_parcel`, `parcel_newer`.
  public static func unpack(_ file: HostPath, to directory: HostPath) throws -> Bundle {
    let parcel = try Parcel.read(file, to: Parcel.Place(releases: directory, volumes: directory))
    guard case .bundle(let spec) = parcel.header.contents else { throw ParcelFailure.isBackup(file) }
    return Bundle(name: parcel.header.name, spec: spec, image: directory / spec.image.hex)
  }
}
