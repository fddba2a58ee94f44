internal import PackCore

/// The members of a tar archive that holds an image, and where their bytes lie in the file: one pass over the headers,
/// nothing is unpacked. Strict, since two readers must not see two images: no member twice, no sparse files, no names that
/// leave the archive, nothing behind its end. For layers, whose archives may be anything, there is `TarReader`.
struct TarIndex: Sendable {
  enum Member: Hashable, Sendable {
    case file(offset: Int64, size: Int64)
    case directory
    /// Symbolic or hard, its target as a member's name.
    case link(to: String)
  }

  /// Of an extended header, or a long name. Bytes.
  private static let extendedLimit = 1 << 20
  /// Zeros behind the end, at most: tar fills up its last record.
  private static let paddingLimit: Int64 = 1 << 20

  let members: [String: Member]

  /// - Parameters:
  ///   - name: for errors.
  ///   - memberLimit: more are refused.
  /// - Throws: `damaged_image`.
  init(_ archive: FileExtent, name: String, memberLimit: Int = 100_000) throws {
    var scan = Scan(archive: archive, name: name, memberLimit: memberLimit)
    try scan.run()
    members = scan.members
  }

  /// The member's file, links followed; nil when there is none.
  func file(_ name: String) -> (offset: Int64, size: Int64)? {
    var name = name
    for _ in 0..<8 {
      switch members[name] {
      case .file(let offset, let size): return (offset, size)
      case .link(let target): name = target
      case .directory, nil: return nil
      }
    }
    return nil
  }

  // MARK: - The pass

  private struct Scan {
    let archive: FileExtent
    let name: String
    let memberLimit: Int
    var members: [String: Member] = [:]
    private var position: Int64 = 0
    private var count = 0
    /// What extended headers said of the next member.
    private var longName: [UInt8]?
    private var longLink: [UInt8]?
    private var longSize: Int64?

    init(archive: FileExtent, name: String, memberLimit: Int) {
      self.archive = archive
      self.name = name
      self.memberLimit = memberLimit
    }

    private func damaged(_ problem: String) -> Failure { OCIFailure.damaged(problem, in: name) }

    mutating func run() throws {
      let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: TarBlock.size, alignment: 16)
      defer { buffer.deallocate() }
      while position < archive.size {
        try Interruption.check()
        guard try archive.file.descriptor.read(into: buffer, at: archive.offset + position) == TarBlock.size else {
          throw damaged("the archive is cut off")
        }
        let block = UnsafeRawBufferPointer(buffer)
        if TarBlock.isZero(block) { return try checkEnd() }
        position += Int64(TarBlock.size)
        count += 1
        guard count <= memberLimit else { throw damaged("it has more than \(memberLimit) members") }
        do { try take(TarBlock(block)) } catch let problem as TarBlock.Problem { throw damaged(problem.text) }
      }
      if longName != nil || longLink != nil { throw damaged("the archive is cut off") }
    }

    private mutating func take(_ block: TarBlock) throws {
      switch block.kind {
      case UInt8(ascii: "x"): try takePax(block)
      case UInt8(ascii: "g"):
        // Of all following members; what git and others write there is a comment.
        let records = PaxRecords.parse(try content(block, limit: TarIndex.extendedLimit)) ?? [:]
        guard records["path"] == nil, records["size"] == nil, records["linkpath"] == nil else {
          throw damaged("it names members in a global header")
        }
      case UInt8(ascii: "L"): longName = try text(block)
      case UInt8(ascii: "K"): longLink = try text(block)
      default: try add(block)
      }
    }

    private mutating func takePax(_ block: TarBlock) throws {
      guard let records = PaxRecords.parse(try content(block, limit: TarIndex.extendedLimit)) else {
        throw damaged("an extended header is not well formed")
      }
      guard !records.keys.contains(where: { $0.hasPrefix("GNU.sparse") }) else { throw damaged("a member is sparse") }
      if let path = records["path"] { longName = path }
      if let target = records["linkpath"] { longLink = target }
      if let size = records["size"] {
        guard let number = Int64(String(decoding: size, as: UTF8.self)), number >= 0 else {
          throw damaged("an extended header's size is no number")
        }
        longSize = number
      }
    }

    /// A long name ends with a NUL.
    private mutating func text(_ block: TarBlock) throws -> [UInt8] {
      Array(try content(block, limit: TarIndex.extendedLimit).prefix { $0 != 0 })
    }

    private mutating func content(_ block: TarBlock, limit: Int) throws -> [UInt8] {
      guard block.contentSize <= Int64(limit) else { throw damaged("a header has more than \(limit) bytes") }
      let start = try skip(block.contentSize)
      return try FileExtent(file: archive.file, offset: archive.offset + start, size: block.contentSize).head(limit)
    }

    /// Goes behind the content; gives where it begins.
    private mutating func skip(_ size: Int64) throws -> Int64 {
      let start = position
      guard size <= archive.size - start else { throw damaged("the archive is cut off") }
      position = min(start + (size + 511) / 512 * 512, archive.size)
      return start
    }

    private mutating func add(_ block: TarBlock) throws {
      defer { (longName, longLink, longSize) = (nil, nil, nil) }
      let name = try memberName(longName ?? block.name)
      let member: Member
      switch block.kind {
      case 0, UInt8(ascii: "0"), UInt8(ascii: "7"):
        let size = longSize ?? block.contentSize
        member = .file(offset: archive.offset + (try skip(size)), size: size)
      case UInt8(ascii: "5"):
        _ = try skip(block.contentSize)
        member = .directory
      // A hard link's target is a member's name; a symbolic link's begins in its own directory.
      case UInt8(ascii: "1"): member = .link(to: try memberName(longLink ?? block.linkTarget))
      case UInt8(ascii: "2"):
        let directory = name.split(separator: "/").dropLast().joined(separator: "/")
        let target = String(decoding: longLink ?? block.linkTarget, as: UTF8.self)
        member = .link(to: try memberName(Array((directory.isEmpty ? target : "\(directory)/\(target)").utf8)))
      default: throw damaged("\(name) is neither a file, a directory nor a link")
      }
      let old = members.updateValue(member, forKey: name)
      guard old == nil || (old == .directory && member == .directory) else { throw damaged("it has \(name) twice") }
    }

    /// Without `./` and a slash at the end.
    private func memberName(_ bytes: [UInt8]) throws -> String {
      guard let text = String(validating: bytes, as: UTF8.self), !text.hasPrefix("/"), bytes.count <= 4096,
        !bytes.contains(0)
      else { throw damaged("\"\(String(decoding: bytes.prefix(200), as: UTF8.self))\" is no name for a member") }
      var parts: [Substring] = []
      for part in text.split(separator: "/") where part != "." {
        if part == ".." {
          guard parts.popLast() != nil else { throw damaged("\"\(text)\" leads out of the archive") }
        } else {
          parts.append(part)
        }
      }
      return parts.joined(separator: "/")
    }

    /// Behind the end there are zeros, and not many.
    private func checkEnd() throws {
      let rest = archive.size - position
      guard rest <= TarIndex.paddingLimit else { throw damaged("there are \(rest) bytes behind the archive's end") }
      let tail = FileExtent(file: archive.file, offset: archive.offset + position, size: rest)
      guard try tail.head(Int(rest)).allSatisfy({ $0 == 0 }) else {
        throw damaged("there is something behind the archive's end")
      }
    }
  }
}

/// A layout, or what `docker save` writes, in a tar archive.
struct ArchivePlace: LayoutPlace {
  let path: HostPath
  let index: TarIndex
  private let archive: FileExtent

  init(_ archive: FileExtent, path: HostPath) throws {
    self.path = path
    self.archive = archive
    index = try TarIndex(archive, name: path.description)
  }

  func file(_ name: String) throws -> FileExtent? {
    if let found = index.file(name) { return FileExtent(file: archive.file, offset: found.offset, size: found.size) }
    guard index.members[name] == nil else { throw damaged("it is not a file", name) }
    return nil
  }

  func hostPath(_ name: String) -> HostPath? { nil }
}
