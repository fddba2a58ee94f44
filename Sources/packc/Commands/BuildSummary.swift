internal import Build
internal import PackCore

/// What `packc build` tells a person at its end: what was made, and what can be done next.
enum BuildSummary {
  static func text(_ result: BuildResult, _ invocation: Invocation, explain: Bool) -> String {
    let json = result.json
    var out = explain ? steps(json) : ""
    let name = json["name"]?.string ?? ""
    let ref = shortened(json["image"]?["ref"]?.string, invocation.context.workingDirectory)
    if result.unchanged { out += "\(name): nothing changed since the last build\n" }
    if let image = json["image"], image != .null { out += self.image(image, ref) }
    if let unikernel = json["unikernel"], unikernel != .null { out += self.unikernel(unikernel) }
    return out + next(json, ref, invocation)
  }

  private static func steps(_ json: JSONValue) -> String {
    (json["steps"]?.array ?? []).map {
      "step \($0["id"]?.string ?? ""): \($0["status"]?.string ?? "") (\($0["reason"]?.string ?? ""))\n"
    }.joined()
  }

  private static func image(_ image: JSONValue, _ ref: String) -> String {
    let layers = image["layers"]?.array ?? []
    let size = layers.compactMap { $0["size"]?.integer }.reduce(0, +)
    let parts = layers.map { "\($0["role"]?.string ?? "") \(bytes($0["size"]?.integer ?? 0))" }
    return "image      \(ref)\n           \(image["digest"]?.string ?? "")\n"
      + "           \(bytes(size)): \(parts.joined(separator: ", "))\n"
  }

  private static func unikernel(_ unikernel: JSONValue) -> String {
    let initrd = unikernel["initrd"]
    let root = unikernel["root"].map {
      "           root   \($0["verity"]?.string ?? "")  \(bytes($0["size"]?.integer ?? 0)), a verified disk\n"
    }
    return "unikernel  initrd \(initrd?["digest"]?.string ?? "")  \(bytes(initrd?["size"]?.integer ?? 0))\n"
      + (root ?? "")
      + "           kernel \(unikernel["kernel"]?["digest"]?.string ?? "")\n"
  }

  /// `oci:.packc/image:NAME` where packc was started in the project, as people type it.
  private static func shortened(_ ref: String?, _ here: HostPath) -> String {
    guard let ref, ref.hasPrefix("oci:"), let path = HostPath(String(ref.dropFirst(4))).relative(to: here) else {
      return ref ?? ""
    }
    return "oci:\(path)"
  }

  /// `shop` of `oci:.packc/image:shop`, `shop:1` of `oci:.packc/image:shop:1`.
  private static func tag(_ json: JSONValue) -> String {
    let image = json["image"]
    let place = "oci:\(image?["layout"]?.string ?? ""):"
    let ref = image?["ref"]?.string ?? ""
    return ref.hasPrefix(place) ? String(ref.dropFirst(place.count)) : ""
  }

  /// What can be done with it, as it has to be typed here.
  private static func next(_ json: JSONValue, _ ref: String, _ invocation: Invocation) -> String {
    let operands = invocation.operands.first.map { " " + ShellWord.quoted($0) } ?? ""
    let output = invocation.string("output").map { " --output " + ShellWord.quoted($0) } ?? ""
    var lines: [String] = []
    if json["unikernel"] ?? .null != .null { lines.append("packc run\(output)\(operands)") }
    // Containers run on this host's own processor.
    if !ref.isEmpty, Platform(invocation.string("platform") ?? "") ?? .host == .host {
      lines.append("packc run --oci\(output)\(operands)")
      // podman makes an image name of the path it is given, and takes no name with a dot in front or a capital in it:
      // from inside the directory the path is one plain word.
      let tag = tag(json)
      let directory = invocation.string("output") ?? (invocation.operands.first.map { $0 + "/.packc" } ?? ".packc")
      lines.append("(cd \(ShellWord.quoted(directory)) && podman run --network=host oci:image:\(tag))")
    }
    return "next:      " + lines.joined(separator: "\n           ") + "\n"
  }

  static func bytes(_ count: Int64) -> String { ByteText.text(count) }
}
