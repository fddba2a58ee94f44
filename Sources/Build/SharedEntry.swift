internal import Glibc
internal import PackCore

/// The outputs of one step as they travel between machines: a list of what is there, and one file with the contents of all
/// files, one after the other in the order of the list.
///
///     {"content": "sha256:…", "files": [{"mode": 493, "path": "out"},
///      {"mode": 420, "path": "out/a", "size": 12}, {"link": "a", "path": "out/b"}], "format": 1, "key": "sha256:…"}
///
/// Neither owners nor times nor any path of the machine are in it.
struct SharedEntry {
  static let format: Int64 = 1
  static let payloadType = "application/vnd.packc.step-result+json"

  /// What bounds an entry, whoever wrote it.
  enum Limit {
    /// Bytes of the list.
    static let document = 16 << 20
    /// The same in its envelope.
    static let entry = 2 * document
    static let files = 200_000
    /// Bytes of all contents.
    static let content: Int64 = 8 << 30
  }

  /// Why an entry is not used, or not made.
  struct Problem: Error { let text: String }

  struct File {
    enum Kind {
      case directory
      case file(size: Int64)
      case link(String)
    }
    let path: RootPath
    let kind: Kind
    /// Permission bits, 0o777; 0 for links.
    let mode: UInt32
  }

  /// The step's key, in which nothing of the machine is but the contents of its tools.
  let key: Digest
  /// Of all contents.
  let content: Digest
  let files: [File]

  /// Of all contents. Bytes.
  var size: Int64 { files.reduce(0) { if case .file(let size) = $1.kind { $0 + size } else { $0 } } }

  var document: [UInt8] {
    CanonicalJSON.encode([
      "content": JSONValue(content), "files": .array(files.map(\.json)), "format": .integer(Self.format),
      "key": JSONValue(key),
    ])
  }

  // MARK: Making

  /// Lists `outputs` below `work`, and writes their contents into `file`.
  /// - Parameter private: what must not leave the machine: bytes, and what they are.
  /// - Throws: `Problem` for what cannot be shared.
  init(
    key: Digest, outputs: [RootPath], in work: HostPath, contents file: borrowing Descriptor,
    private words: [(name: String, bytes: [UInt8])]
  ) throws {
    self.key = key
    var (files, total) = ([File](), Int64(0))
    var hash = SHA256()
    for (path, status) in try Self.list(outputs, in: work) {
      guard path.utf8 != nil else { throw Problem(text: "a name in its outputs is not UTF-8") }
      func check(_ bytes: [UInt8]) throws {
        for word in words where FetchSecrets.holds(bytes, word.bytes) {
          throw Problem(text: "\(path) holds \(word.name)")
        }
      }
      try check(path.bytes)
      switch status.kind {
      case .directory: files.append(File(path: path, kind: .directory, mode: status.mode & 0o777 | 0o700))
      case .link:
        let target = try FileSystem.linkTarget(work / path)
        guard let text = String(validating: target, as: UTF8.self) else {
          throw Problem(text: "the link \(path) leads to a name that is not UTF-8")
        }
        try check(target)
        files.append(File(path: path, kind: .link(text), mode: 0))
      case .file:
        total += status.size
        guard total <= Limit.content else { throw Problem(text: "its outputs are larger than \(Limit.content) bytes") }
        let longest = words.map(\.bytes.count).max() ?? 0
        let size = try Self.pieces(of: work / path, overlap: max(longest - 1, 0)) { known, bytes in
          try check(bytes)
          try file.write(Array(bytes[known...]))
          hash.update(Array(bytes[known...]))
        }
        guard size == status.size else { throw Problem(text: "\(path) changed while it was read") }
        files.append(File(path: path, kind: .file(size: size), mode: status.mode & 0o777 | 0o400))
      case .other: throw Problem(text: "\(path) is no file, directory or link")
      }
      guard files.count <= Limit.files else { throw Problem(text: "it has more than \(Limit.files) outputs") }
    }
    self.files = files
    content = hash.finish()
    guard document.count <= Limit.document else { throw Problem(text: "the list of its outputs is too long") }
  }

  /// Reads a file in pieces of a mebibyte, each behind the last `overlap` bytes of the one before, so that a word that lies
  /// across two of them is whole in one.
  /// - Parameter body: gets how many bytes it has had already, and the piece with them.
  /// - Returns: bytes of the file.
  private static func pieces(
    of path: HostPath, overlap: Int, _ body: (_ known: Int, _ bytes: [UInt8]) throws -> Void
  ) throws -> Int64 {
    let file = try Descriptor.open(path, O_RDONLY | O_NOFOLLOW)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 4096)
    defer { buffer.deallocate() }
    var (tail, size) = ([UInt8](), Int64(0))
    while case let count = try file.read(into: buffer), count > 0 {
      let piece = tail + buffer[..<count]
      try body(tail.count, piece)
      tail = Array(piece.suffix(overlap))
      size += Int64(count)
    }
    return size
  }

  private static func list(_ outputs: [RootPath], in work: HostPath) throws -> [(RootPath, FileStatus)] {
    var found: [(RootPath, FileStatus)] = []
    var last: RootPath?
    for output in outputs.sorted() {
      if let last, output.isInside(last) { continue }
      last = output
      guard let status = try FileSystem.status(work / output) else { throw Problem(text: "\(output) is missing") }
      found.append((output, status))
      guard status.kind == .directory else { continue }
      found += try DirectoryWalk.sortedByPath(work / output).map { (output.appending($0.path), $0.status) }
    }
    return found
  }

  // MARK: Taking

  /// Reads a list of `outputs` that is wanted for `key`.
  /// - Throws: `bad_json`; `Problem`.
  init(parsing bytes: [UInt8], key: Digest, outputs: [RootPath]) throws {
    let limits = JSONParser.Limits(bytes: Limit.document, depth: 6)
    let reader = JSONReader(try JSONParser.parse(bytes, name: "the list of outputs", limits: limits))
    _ = try reader.required("format").integer(in: Self.format...Self.format)
    guard try reader.required("key").digest() == key else { throw Problem(text: "it is the result of another step") }
    self.key = key
    content = try reader.required("content").digest()
    let list = try reader.required("files").array()
    guard list.count <= Limit.files else { throw Problem(text: "it lists more than \(Limit.files) files") }
    files = try list.map(File.init)
    try check(outputs)
  }

  /// Everything lies in an output, below a directory that was listed before it, once; so nothing is written through a link.
  private func check(_ outputs: [RootPath]) throws {
    var (seen, directories, total): (Set<RootPath>, Set<RootPath>, Int64) = ([], [], 0)
    for file in files {
      guard seen.insert(file.path).inserted, outputs.contains(where: { file.path.isInside($0) }),
        outputs.contains(file.path) || file.path.parent.map(directories.contains) == true
      else { throw Problem(text: "\(file.path) is not where it belongs") }
      if case .directory = file.kind { directories.insert(file.path) }
      if case .file(let size) = file.kind { total += size }
      guard total <= Limit.content else { throw Problem(text: "it is larger than \(Limit.content) bytes") }
    }
    for output in outputs where !seen.contains(output) { throw Problem(text: "\(output) is missing") }
    // An output in another one comes with it, below a directory.
    for output in outputs where outputs.contains(where: { $0 != output && output.isInside($0) }) {
      guard output.parent.map(directories.contains) == true else {
        throw Problem(text: "\(output) is not where it belongs")
      }
    }
  }

  /// Writes everything below `work`, an empty directory, out of the file of contents.
  /// - Throws: `Problem` when that file is another.
  func unpack(_ contents: HostPath, to work: HostPath) throws {
    let file = try Descriptor.open(contents, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    let status = FileStatus(try file.status())
    guard status.kind == .file, status.size == size else {
      throw Problem(text: "its contents have \(status.size) bytes, not \(size)")
    }
    var hash = SHA256()
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 4096)
    defer { buffer.deallocate() }
    for item in files {
      try Interruption.check()
      let target = work / item.path
      try FileSystem.createDirectory(target.parent)
      switch item.kind {
      case .directory:
        try FileSystem.createDirectory(target)
        try FileSystem.setMode(target, item.mode)
      case .link(let text): try FileSystem.createLink(target, to: Array(text.utf8))
      case .file(let size):
        let out = try Descriptor.open(target, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
        var rest = Int(size)
        while rest > 0 {
          let count = try file.read(into: .init(rebasing: buffer[..<min(rest, buffer.count)]))
          guard count > 0 else { throw Problem(text: "its contents end early") }
          let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
          hash.update(bytes)
          try out.write(bytes)
          rest -= count
        }
        try out.close()
        try FileSystem.setMode(target, item.mode)
      }
    }
    guard hash.finish() == content else { throw Problem(text: "its contents are not those that were listed") }
  }
}

extension SharedEntry.File {
  fileprivate init(_ reader: JSONReader) throws {
    let name = try reader.required("path")
    guard let path = RootPath(try name.string()), !path.isRoot else { throw name.failure("no path below the outputs") }
    self.path = path
    if let target = try reader.optional("link") {
      let text = try target.string()
      guard (1...4095).contains(text.utf8.count), !text.utf8.contains(0) else { throw target.failure("no link") }
      (kind, mode) = (.link(text), 0)
      return
    }
    mode = UInt32(try reader.required("mode").integer(in: 0...0o777))
    if let size = try reader.optional("size") {
      kind = .file(size: try size.integer(in: 0...SharedEntry.Limit.content))
      guard mode & 0o400 != 0 else { throw reader.failure("a file that its owner cannot read") }
    } else {
      kind = .directory
      guard mode & 0o700 == 0o700 else { throw reader.failure("a directory that its owner cannot use") }
    }
  }

  fileprivate var json: JSONValue {
    switch kind {
    case .directory: ["path": JSONValue(path), "mode": .integer(Int64(mode))]
    case .file(let size): ["path": JSONValue(path), "mode": .integer(Int64(mode)), "size": .integer(size)]
    case .link(let target): ["path": JSONValue(path), "link": .string(target)]
    }
  }
}
