internal import Build
internal import PackCore

/// What `packc build` tells a person at its end: what was made, and what can be done next.
enum BuildSummary {
  static func text(_ result: BuildResult, _ request: BuildRequest, explain: Bool) -> String {
    let json = result.json
    var out = explain ? steps(json) : ""
    let name = json["name"]?.string ?? ""
    if result.unchanged { out += "\(name): nothing changed since the last build\n" }
    if let image = json["image"], image != .null { out += self.image(image) }
    if let unikernel = json["unikernel"], unikernel != .null { out += self.unikernel(unikernel) }
    return out + next(json, request)
  }

  private static func steps(_ json: JSONValue) -> String {
    (json["steps"]?.array ?? []).map {
      "step \($0["id"]?.string ?? ""): \($0["status"]?.string ?? "") (\($0["reason"]?.string ?? ""))\n"
    }.joined()
  }

  private static func image(_ image: JSONValue) -> String {
    let layers = image["layers"]?.array ?? []
    let size = layers.compactMap { $0["size"]?.integer }.reduce(0, +)
    let parts = layers.map { "\($0["role"]?.string ?? "") \(bytes($0["size"]?.integer ?? 0))" }
    return "image      \(image["ref"]?.string ?? "")\n           \(image["digest"]?.string ?? "")\n"
      + "           \(bytes(size)): \(parts.joined(separator: ", "))\n"
  }

  private static func unikernel(_ unikernel: JSONValue) -> String {
    let initrd = unikernel["initrd"]
    return "unikernel  initrd \(initrd?["digest"]?.string ?? "")  \(bytes(initrd?["size"]?.integer ?? 0))\n"
      + "           kernel \(unikernel["kernel"]?["digest"]?.string ?? "")\n"
  }

  private static func next(_ json: JSONValue, _ request: BuildRequest) -> String {
    var lines: [String] = []
    let directory = request.output == nil ? "" : " --output \(request.outputDirectory)"
    if json["unikernel"] ?? .null != .null { lines.append("packc run\(directory)") }
    if let ref = json["image"]?["ref"]?.string {
      lines.append("packc run --oci\(directory)")
      lines.append("podman run --network=host \(ref)")
    }
    return "next:      " + lines.joined(separator: "\n           ") + "\n"
  }

  static func bytes(_ count: Int64) -> String {
    if count < 1000 { return "\(count) B" }
    var (value, unit) = (Double(count) / 1000, 0)
    let units = ["kB", "MB", "GB", "TB"]
    while value >= 1000, unit < units.count - 1 { (value, unit) = (value / 1000, unit + 1) }
    return "\((value * 10).rounded() / 10) \(units[unit])"
  }
}
