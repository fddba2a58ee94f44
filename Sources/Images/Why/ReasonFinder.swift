internal import ELF
internal import Glibc
public import OCI
public import PackCore

/// Looks for the reason of one file: in the image itself, in what is known of its owners, and in the build's own account.
public struct ReasonFinder {
  let image: SingleImage
  let knowledge: ImageSnapshot.Knowledge
  /// `build.json` of the build that made the image.
  let build: JSONValue?
  let temporary: HostPath

  /// ELF files larger than this are not asked what they need. Bytes.
  private static let sizeLimit: Int64 = 1 << 30

  public init(
    image: SingleImage, knowledge: ImageSnapshot.Knowledge, build: JSONValue?, temporary: HostPath
  ) {
    self.image = image
    self.knowledge = knowledge
    self.build = build
    self.temporary = temporary
  }

  /// - Parameter text: a path in the image, with or without the slash in front.
  /// - Throws: `no_such_file` with names that are near.
  public func find(_ text: String) throws -> FileReason {
    let snapshot = try ImageSnapshot.read(image, name: image.source.name, knowledge: knowledge)
    guard let asked = RootPath(text.hasPrefix("/") ? String(text.dropFirst()) : text), !asked.isRoot,
      let file = snapshot.files[Self.resolved(asked, in: snapshot.files)]
    else { throw missing(text, snapshot) }
    let path = file.entry.path
    let origin = origins[path.absolute]
    return FileReason(
      path: path, layer: snapshot.layers[file.layer].title, layerDigest: snapshot.layers[file.layer].descriptor.digest,
      file: file, owner: snapshot.owners[path], origin: origin, step: origin.flatMap(step),
      neededBy: try users(of: path, in: snapshot))
  }

  /// `/lib/x` is `/usr/lib/x` where `/lib` is a link (usr-merge); the last component stays what it is.
  private static func resolved(_ path: RootPath, in files: ImageFiles) -> RootPath {
    var path = path
    for _ in 0..<8 {
      guard files[path] == nil, let first = path.bytes.split(separator: 0x2f).first,
        let top = RootPath(bytes: first), let link = files[top], case .link(let target) = link.entry.kind,
        let below = RootPath(bytes: path.bytes.dropFirst(first.count + 1)), let base = RootPath(bytes: target)
      else { return path }
      path = base.appending(below)
    }
    return path
  }

  private func missing(_ text: String, _ snapshot: ImageSnapshot) -> Failure {
    let name = text.split(separator: "/").last.map(String.init) ?? text
    let near = snapshot.files.files.map(\.entry.path.absolute).filter { $0.hasSuffix("/\(name)") || $0.contains(name) }
    return Failure(
      "no_such_file", "\(image.source.name) has no \(text)",
      hint: near.isEmpty
        ? "`packc image inspect` lists the largest files; build.json all of them"
        : "did you mean \(near.prefix(3).joined(separator: " or "))?", exit: .badInput)
  }

  // MARK: - The build's account

  private var origins: [String: String] {
    Dictionary(
      (build?["files"]?.array ?? []).compactMap { file in
        file["path"]?.string.flatMap { path in file["origin"]?.string.map { (path, $0) } }
      }, uniquingKeysWith: { first, _ in first })
  }

  /// The step whose outputs hold an artifact.
  private func step(_ origin: String) -> String? {
    guard origin.hasPrefix("artifact:${work}/"),
      let path = RootPath(String(origin.dropFirst("artifact:${work}/".count)))
    else { return nil }
    return (build?["plan"]?["steps"]?.array ?? []).last { step in
      (step["outputs"]?.array ?? []).contains { output in
        output.string.flatMap { RootPath($0) }.map { path.isInside($0) } ?? false
      }
    }?["id"]?.string
  }

  // MARK: - Who needs it

  /// By the names that programs and libraries carry: a file's own, and those of the links that lead to it.
  private func users(of path: RootPath, in snapshot: ImageSnapshot) throws -> [String] {
    let names = Set([path.name] + links(to: path, in: snapshot.files))
    guard names.contains(where: { $0.contains(".so") }) else { return [] }
    let place = try WorkDirectory(in: temporary, prefix: "why")
    var users: [String] = []
    let reader = LayerReader(image.source)
    for layer in image.layers {
      try reader.read(layer.descriptor, diffID: layer.diffID) { entry, content in
        guard entry.kind == .file, entry.size > 64, entry.size < Self.sizeLimit, entry.path != path else { return }
        let file = place.path / "object"
        guard try isELF(content, unpackedTo: file), let object = try? ELFFile(file) else { return }
        let interpreter = object.interpreter.flatMap { $0.split(separator: "/").last.map(String.init) }
        if object.needed.contains(where: names.contains) || interpreter.map(names.contains) == true {
          users.append(entry.path.absolute)
        }
      }
    }
    return withExtendedLifetime(place) { users.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }
  }

  private func isELF(_ content: LayerReader.Content, unpackedTo file: HostPath) throws -> Bool {
    var out: FileSink?
    var isFirst = true
    try content.read { bytes in
      if isFirst, bytes.starts(with: [0x7f, 0x45, 0x4c, 0x46]) { out = try FileSink(file) }
      isFirst = false
      try out?.write(bytes)
    }
    return out != nil
  }

  /// A descriptor that an optional can hold.
  private final class FileSink {
    private let file: Descriptor
    init(_ path: HostPath) throws { file = try Descriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC) }
    func write(_ bytes: UnsafeRawBufferPointer) throws { try file.write(bytes) }
  }

  private func links(to path: RootPath, in files: ImageFiles) -> [String] {
    files.files.compactMap { file in
      guard case .link(let target) = file.entry.kind, let last = target.split(separator: 0x2f).last,
        last.elementsEqual(path.name.utf8)
      else { return nil }
      return file.entry.path.name
    }
  }
}
