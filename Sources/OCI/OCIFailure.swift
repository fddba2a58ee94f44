internal import PackCore

/// What writing and reading images can say went wrong: each code once.
enum OCIFailure {
  // MARK: layers

  static func changed(_ path: HostPath) -> Failure {
    Failure(
      "file_changed", "\(path) changed while packc read it",
      hint: "let whatever writes to it finish, then run the same command again", exit: .tryAgain)
  }

  static func unreadable(_ path: HostPath, cause: any Error) -> Failure {
    let below = cause as? Failure
    return Failure(
      "unreadable_file", "cannot read \(path)", hint: below?.hint, exit: below?.exit ?? .failed,
      cause: below?.message ?? "\(cause)")
  }

  static func negativeEpoch(_ epoch: Int64) -> Failure {
    Failure(
      "bad_epoch", "\(epoch) is not a time that an image can carry",
      hint: "set SOURCE_DATE_EPOCH to the seconds since 1970-01-01, up to the year 9999", exit: .usage)
  }

  static func order(_ first: RootPath, _ second: RootPath) -> Failure {
    Failure(
      "layer_order", "a layer's entries must be sorted and unique: \(second.absolute) comes after \(first.absolute)",
      exit: .badInput)
  }

  static func whiteout(_ path: RootPath) -> Failure {
    Failure(
      "whiteout_name",
      "\(path.absolute) cannot be in an image: a name that begins with .wh. deletes a file of a lower layer",
      hint: "rename the file, or leave it out of the artifact", exit: .badInput)
  }

  static func badLink(_ path: RootPath) -> Failure {
    Failure("bad_link", "the symbolic link \(path.absolute) has no usable target", exit: .badInput)
  }

  static func setuid(_ path: RootPath, _ mode: UInt32, origin: String) -> Failure {
    Failure(
      "setuid_file",
      "\(path.absolute) (from \(origin)) has the mode \(octal(mode)): set-user-ID and set-group-ID are refused",
      hint: "clear the bits: chmod ug-s on the file; or declare them (unik.yaml: artifact.modes)", exit: .badInput)
  }

  static func badHardLink(_ path: RootPath, _ target: RootPath) -> Failure {
    Failure(
      "bad_hard_link",
      "\(path.absolute) cannot be another name of \(target.absolute): that is no file before it in the layer with the "
        + "same mode, owner and capabilities", exit: .badInput)
  }

  static func badCapabilities(_ path: RootPath) -> Failure {
    Failure("bad_capabilities", "\(path.absolute) is no regular file: it cannot have capabilities", exit: .badInput)
  }

  static func badMode(_ path: RootPath, _ mode: UInt32) -> Failure {
    Failure(
      "bad_mode", "\(path.absolute) has the mode \(octal(mode)), which is more than permission bits", exit: .badInput)
  }

  static func notAFile(_ path: RootPath, _ host: HostPath) -> Failure {
    Failure(
      "not_a_file", "\(path.absolute) cannot come from \(host), which is not a regular file",
      hint: "images hold files, directories and symbolic links", exit: .badInput)
  }

  static func compression(_ text: String, suggestion: String?) -> Failure {
    Failure(
      "unknown_compression", "there is no compression \"\(text)\"" + (suggestion.map { "; did you mean \($0)?" } ?? ""),
      hint: "write gzip, zstd or zstd:LEVEL with a level from 1 to 22", exit: .usage)
  }

  private static func octal(_ mode: UInt32) -> String { "0" + String(mode, radix: 8) }

  // MARK: images

  static func description(_ field: String, _ problem: String, hint: String? = nil) -> Failure {
    Failure("bad_image", "the image's \(field) \(problem)", hint: hint, exit: .badInput)
  }

  static func tag(_ tag: String) -> Failure {
    Failure(
      "bad_tag", "\"\(tag)\" is not a name for an image",
      hint: "use letters, digits and single . _ - : @ + / between them", exit: .usage)
  }

  static func reference(_ text: String, _ problem: String) -> Failure {
    Failure(
      "bad_reference", "\"\(text)\" is not a reference to an image: \(problem)",
      hint: "write NAME[:TAG], HOST/REPOSITORY[:TAG], oci:DIR[:TAG], oci-archive:FILE or docker-archive:FILE",
      exit: .usage)
  }

  static func noRegistry(_ text: String) -> Failure {
    let guess = text.contains("/") ? "docker.io/\(text)" : "docker.io/library/\(text)"
    return Failure(
      "no_registry", "\"\(text)\" does not say which registry", hint: "Docker Hub's is \(guess)", exit: .usage)
  }

  /// Something that was read is not what it says it is; `name` says where it came from.
  static func damaged(_ problem: String, in name: String) -> Failure {
    Failure(
      "damaged_image", "\(name): \(problem)", hint: "build or fetch the image again; what packc has is unchanged",
      exit: .badInput)
  }

  static func notAnImage(_ document: ImageDocument, in name: String) -> Failure {
    var what = "an index"
    if case .manifest(let manifest) = document.content {
      what = manifest.artifactType ?? manifest.config.mediaType.description
    }
    return Failure(
      "not_an_image", "\(name) is no image that could run: it holds \(what)",
      hint: "name an image; `packc image copy` moves anything", exit: .badInput)
  }

  static func noPlatform(_ wanted: String?, in name: String, found: [String]) -> Failure {
    let list = found.isEmpty ? "none" : found.joined(separator: ", ")
    return Failure(
      "no_such_platform",
      wanted.map { "\(name) has no image for \($0)" } ?? "\(name) has images for several platforms",
      hint: "choose one with --platform: \(list)", exit: .badInput)
  }

  static func platform(_ text: String) -> Failure {
    Failure(
      "wrong_usage", "\"\(text)\" is no platform", hint: "write OS/ARCHITECTURE[/VARIANT], like linux/arm64/v8",
      exit: .usage)
  }

  static func conflict(_ digest: Digest, in name: String) -> Failure {
    damaged("two descriptors of \(digest) disagree about its size", in: name)
  }

  static func tooMany(_ what: String, limit: Int, in name: String) -> Failure {
    damaged("it names more than \(limit) \(what)", in: name)
  }

  // MARK: the store

  static func store(_ path: HostPath, _ problem: String) -> Failure {
    Failure(
      "damaged_store", "packc's list of image names cannot be read: \(problem)",
      hint: "move the file away: the blobs stay, and names come back with the next build, import or pull",
      at: SourceLocation(path: path.description), exit: .badInput)
  }

  // MARK: layouts

  /// Something in a layout is not what it says it is.
  static func damaged(_ problem: String, _ path: HostPath) -> Failure {
    Failure(
      "damaged_image", problem, hint: "build or fetch the image again", at: SourceLocation(path: path.description),
      exit: .badInput)
  }

  static func notALayout(_ path: HostPath) -> Failure {
    Failure(
      "not_an_image_layout", "\(path) is there and is no image layout; packc does not replace it",
      hint: "choose another place with --output, or remove it", exit: .badInput)
  }

  static func noLayout(_ path: HostPath) -> Failure {
    Failure(
      "no_image", "there is no image layout at \(path)",
      hint: "`packc build` writes one to .packc/image; others are directories with an oci-layout in them",
      exit: .badInput)
  }

  static func noArchive(_ path: HostPath) -> Failure {
    Failure("no_image", "there is no archive at \(path)", hint: "give the path of a file that exists", exit: .badInput)
  }

  static func notAnArchive(_ path: HostPath) -> Failure {
    Failure(
      "not_an_archive", "\(path) holds no image: it has neither an oci-layout nor a manifest.json",
      hint: "write one with `packc image export`, `docker save` or `skopeo copy`", exit: .badInput)
  }

  static func noTag(_ tag: String?, in path: HostPath, found: [String]) -> Failure {
    let list = found.isEmpty ? "none" : found.joined(separator: ", ")
    let message = tag.map { "\(path) has no image \"\($0)\"" } ?? "\(path) has several images"
    return Failure("no_such_tag", "\(message); its tags: \(list)", hint: "name one of the tags", exit: .badInput)
  }
}
