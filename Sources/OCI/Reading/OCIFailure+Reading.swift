internal import PackCore

/// What reading the layers of others can say went wrong. `LayerReader` puts the layer before the message.
extension OCIFailure {
  /// The archive asks for something that no honest tool asks for.
  static func unsafe(_ problem: String, _ path: [UInt8]) -> Failure {
    Failure(
      "unsafe_archive", "\(shown(path)) \(problem)",
      hint: "packc unpacks nothing of it; ask whoever made the image", exit: .badInput)
  }

  static func tooLarge(_ problem: String) -> Failure {
    Failure(
      "too_large", problem, hint: "it looks like an archive that was made to exhaust its reader", exit: .badInput)
  }

  /// A path of an archive on one line, cut where it is very long.
  static func shown(_ path: [UInt8]) -> String {
    if path.isEmpty { return "an entry" }
    let text = String(decoding: path.prefix(200), as: UTF8.self)
    return String(
      String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7f ? "\u{fffd}" : $0 }))
      + (path.count > 200 ? "…" : "")
  }

  static func unreadableLayer(_ mediaType: MediaType) -> Failure {
    Failure(
      "damaged_image", "\(mediaType) is no layer that packc reads",
      hint: "layers are tar, tar+gzip or tar+zstd, of OCI or Docker", exit: .badInput)
  }

  static func occupied(_ path: HostPath) -> Failure {
    Failure("not_empty", "\(path) is not empty", hint: "name a directory that is new or empty", exit: .badInput)
  }
}

extension OCIFailure {
  static func noImage(_ descriptor: BlobDescriptor, in name: String) -> Failure {
    Failure(
      "not_an_image", "\(name): \(descriptor.digest) is no image of files: its config has another type",
      hint: "it may be a signature, an SBOM or another artifact of an image", exit: .badInput)
  }

  static func noPlatform(_ platform: ImagePlatform, in name: String, found: [String]) -> Failure {
    Failure(
      "no_such_platform",
      "\(name) has no image for \(platform)"
        + (found.isEmpty ? "" : "; it has \(found.joined(separator: ", "))"),
      hint: "name one of its platforms with --platform", exit: .badInput)
  }
}
