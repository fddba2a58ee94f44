internal import CGuestWire
public import PackCore

/// A place that the program writes to and that may outlive the machine: a disk whose serial number is the volume's name,
/// or, in a machine without such a disk, memory of that size.
public struct GuestVolume: Hashable, Sendable {
  /// Lower-case letters, digits and dashes.
  public let name: String
  /// Bytes
  public let size: Int64
  public let mount: RootPath

  public init(name: String, size: Int64, mount: RootPath) {
    self.name = name
    self.size = size
    self.mount = mount
  }

  /// What a virtio disk can have.
  static let serialLength = 20
  public var serial: String { String(decoding: name.utf8.prefix(Self.serialLength), as: UTF8.self) }

  /// `name:bytes:/path`
  var record: [UInt8] { Array("\(name):\(size):/".utf8) + mount.bytes }

  static func check(_ volumes: [GuestVolume]) throws {
    guard volumes.count <= 16 else { throw KernelFailure.badConfiguration("there are more than 16 volumes") }
    var serials: [String: String] = [:]
    for volume in volumes {
      guard !volume.name.isEmpty, !volume.name.utf8.contains(UInt8(ascii: ":")), volume.size > 0 else {
        throw KernelFailure.badConfiguration("\"\(volume.name)\" is not the name of a volume")
      }
      if let other = serials.updateValue(volume.name, forKey: volume.serial) {
        throw KernelFailure.badConfiguration(
          "the volumes \(other) and \(volume.name) begin with the same \(serialLength) letters, by which a disk is known",
          hint: "give one of them another name (unik.yaml: run.volumes)")
      }
    }
  }

  var json: JSONValue {
    ["name": .string(name), "size": .integer(size), "mount": .string(mount.absolute), "serial": .string(serial)]
  }

  init(_ reader: JSONReader) throws {
    name = try reader.required("name").string()
    size = try reader.required("size").integer(in: 1 ... .max)
    let place = try reader.required("mount")
    guard let mount = RootPath(try place.string()) else { throw place.failure("not a path") }
    self.mount = mount
  }
}
