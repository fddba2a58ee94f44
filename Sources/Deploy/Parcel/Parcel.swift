internal import Glibc
internal import Kernel
internal import OCI
public import PackCore
internal import Runner

/// A backup or bundle that was read to its end and found whole.
///
///     packc.json
///     releases/HEX/machine.json, then the files that it names, sorted     for each image
///     volumes/NAME/OFFSET                                                 for each piece of a disk that is not zeros
///     sha256                                                              of all bytes before it
public struct Parcel: Sendable {
  public let header: ParcelHeader
  /// Of everything in it.
  public let digest: Digest

  /// Where its parts are put: `releases/HEX/…`, and `volumes/NAME/disk` somewhere else.
  struct Place {
    let releases: HostPath
    let volumes: HostPath

    func release(_ digest: Digest) -> HostPath { releases / digest.hex }
    func volume(_ name: VolumeName) -> HostPath { volumes / name.description }
  }

  /// The member that has a disk's bytes from `offset` on.
  static func piece(_ volume: VolumeName, at offset: Int64) -> String {
    let digits = String(offset, radix: 16)
    return "volumes/\(volume)/" + String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }

  /// True when the file begins as a backup or a bundle does.
  public static func begins(_ path: HostPath) -> Bool { ParcelReader.begins(path) }

  /// Reads everything and checks it, and changes nothing.
  ///
  /// - Throws: `bad_parcel`, `parcel_newer`.
  public static func check(_ path: HostPath) throws -> Parcel { try read(path, to: nil) }

  /// The same; the parts are written on the way.
  static func read(_ path: HostPath, to place: Place?) throws -> Parcel {
    guard begins(path) else { throw ParcelFailure.notOurs(path) }
    let reader = try ParcelReader(path)
    do {
      var reading = ParcelReading(reader: reader, place: place)
      return try reading.all()
    } catch let failure as Failure where failure.exit == .badInput || failure.exit == .usage {
      // A document of it says where in itself it is wrong; the file is what people know.
      guard !["bad_parcel", "parcel_newer"].contains(failure.code) else { throw failure }
      throw ParcelFailure.damaged(path, failure.location.map { "\($0): \(failure.message)" } ?? failure.message)
    }
  }
}

/// One reading of a parcel: its members must be exactly those that its documents name, in their order.
private struct ParcelReading {
  let reader: ParcelReader
  let place: Parcel.Place?
  private var member: PlainMember?

  init(reader: ParcelReader, place: Parcel.Place?) {
    self.reader = reader
    self.place = place
  }

  mutating func all() throws -> Parcel {
    member = try reader.next()
    let header = try header()
    for digest in header.releases { try release(digest) }
    for volume in header.volumes { try self.volume(volume) }
    guard member == nil, let digest = reader.digest else {
      throw reader.failure("\(member?.path ?? "something") does not belong to it")
    }
    return Parcel(header: header, digest: digest)
  }

  private func expect(_ path: String) throws {
    guard member?.path == path else {
      throw reader.failure("\(path) is expected, and there is \(member?.path ?? "the end")")
    }
  }

  private mutating func document(_ path: String, limit: Int) throws -> [UInt8] {
    try expect(path)
    let bytes = try reader.content(limit: limit)
    member = try reader.next()
    return bytes
  }

  private mutating func header() throws -> ParcelHeader {
    let bytes = try document(ParcelHeader.fileName, limit: ParcelHeader.limit)
    let document = JSONReader(try JSONParser.parse(bytes, name: ParcelHeader.fileName))
    let schema = try document.required("schema").integer(in: 1 ... .max)
    guard schema <= ParcelHeader.schema else { throw ParcelFailure.newer(reader.path, schema) }
    return try ParcelHeader(json: document)
  }

  // MARK: - Images

  private mutating func release(_ digest: Digest) throws {
    let folder = "releases/\(digest.hex)"
    let bytes = try document("\(folder)/machine.json", limit: 1 << 20)
    guard Digest(of: bytes) == digest else { throw reader.failure("\(folder)/machine.json is another one") }
    let machine = try MachineDescription(json: try JSONParser.parse(bytes, name: "\(folder)/machine.json"))
    let parts = try ReleaseParts(machine)
    if let place {
      try FileSystem.createDirectory(place.release(digest), mode: 0o700)
      try FileSystem.writeAtomically(bytes, to: place.release(digest) / "machine.json", mode: 0o600)
    }
    for part in parts.files {
      try expect("\(folder)/\(part.name)")
      guard member?.size == part.size else { throw reader.failure("\(folder)/\(part.name) has another size") }
      try file(part, in: folder, at: place.map { $0.release(digest) / part.name })
      member = try reader.next()
    }
  }

  private func file(_ part: ReleaseParts.Part, in folder: String, at path: HostPath?) throws {
    var hash = SHA256()
    if let path {
      let file = try Descriptor.open(path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
      try reader.read {
        hash.update($0)
        try file.write($0)
      }
      try file.sync()
      try file.close()
    } else {
      try reader.read { hash.update($0) }
    }
    let isWhole = try part.isWhole(hash.finish(), path)
    guard isWhole else { throw reader.failure("\(folder)/\(part.name) is not what its machine.json names") }
  }

  // MARK: - Disks

  private mutating func volume(_ volume: ParcelHeader.Volume) throws {
    let folder = "volumes/\(volume.name)/"
    var disk: SparseFile?
    if let place {
      try FileSystem.createDirectory(place.volume(volume.name), mode: 0o700)
      disk = try SparseFile(creating: place.volume(volume.name) / "disk", size: volume.size)
    }
    var position: Int64 = 0
    while let piece = member, piece.path.hasPrefix(folder) {
      guard let offset = Int64(piece.path.dropFirst(folder.utf8.count), radix: 16), offset >= position,
        piece.path == Parcel.piece(volume.name, at: offset), (1...Int64(SparseFile.window)).contains(piece.size),
        offset <= volume.size - piece.size
      else { throw reader.failure("\(piece.path) lies outside its disk") }
      position = offset
      try reader.read {
        try disk?.write($0, at: position)
        position += Int64($0.count)
      }
      member = try reader.next()
    }
    try disk?.sync()
  }
}

/// The files of an image beside its `machine.json`, sorted by name.
struct ReleaseParts {
  struct Part {
    let name: String
    let size: Int64
    /// Nil for a root disk, which has a tree of digests in itself.
    let digest: Digest?
    let root: RootDisk?

    /// - Parameters:
    ///   - found: the digest of the bytes.
    ///   - path: where they lie now; a root disk that lies nowhere is not looked at.
    func isWhole(_ found: Digest, _ path: HostPath?) throws -> Bool {
      if let digest { return digest == found }
      guard let root, let path else { return true }
      return try root.damage(of: path) == nil
    }
  }
  let files: [Part]

  init(_ machine: MachineDescription) throws {
    var files = [machine.kernel, machine.initrd, machine.cmdline].map {
      Part(name: $0.name, size: $0.size, digest: $0.digest, root: nil)
    }
    if let root = machine.root { files.append(Part(name: root.name, size: root.size, digest: nil, root: root)) }
    self.files = files.sorted { $0.name < $1.name }
    guard Set(files.map(\.name) + ["machine.json"]).count == files.count + 1 else {
      throw Failure("bad_parcel", "two files of an image have one name", exit: .badInput)
    }
  }
}
