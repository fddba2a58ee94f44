internal import Kernel
internal import PackCore

/// Kernels as commands show them.
enum KernelText {
  static func row(_ kernel: KernelCatalog.Kernel, defaults: Set<Digest>?) -> JSONValue {
    let manifest = kernel.manifest
    return JSONValue(compact: [
      "name": .string(manifest.name), "version": .string(manifest.version), "release": .string(manifest.release),
      "profile": manifest.build.map { .string($0.profile) },
      "architecture": .string(manifest.architecture.rawValue), "format": .string(manifest.format.rawValue),
      "size": .integer(manifest.kernel.size), "digest": JSONValue(kernel.digest),
      "features": JSONValue(strings: manifest.features), "default": defaults.map { .bool($0.contains(kernel.digest)) },
    ])
  }

  /// A table; the kernels that builds use without being told have a star.
  static func table(_ kernels: [KernelCatalog.Kernel], defaults: Set<Digest>) -> String {
    TextTable.lines(
      [["", "NAME", "VERSION", "PROFILE", "ARCH", "FORMAT", "SIZE", "DIGEST", "FEATURES"]]
        + kernels.map { kernel in
          let manifest = kernel.manifest
          return [
            defaults.contains(kernel.digest) ? "*" : "", manifest.name, manifest.version,
            manifest.build?.profile ?? "–", manifest.architecture.rawValue, manifest.format.rawValue,
            ByteText.text(manifest.kernel.size), kernel.digest.short,
            manifest.features.joined(separator: ","),
          ]
        })
  }

  /// Everything that is known of one, and what its licence asks for.
  static func details(_ kernel: KernelCatalog.Kernel, isDefault: Bool) -> String {
    let manifest = kernel.manifest
    var rows = [
      ["name", manifest.name + (isDefault ? "  (the default)" : "")], ["digest", kernel.digest.description],
      ["version", manifest.version], ["release", manifest.release],
      ["architecture", manifest.architecture.rawValue], ["format", manifest.format.rawValue],
      ["file", "\(kernel.file)  \(ByteText.text(manifest.kernel.size))"],
      ["file digest", manifest.kernel.digest.description],
      ["features", manifest.features.joined(separator: ", ")],
    ]
    if let config = manifest.config { rows.append(["config", "\(kernel.directory / "config")  \(config)"]) }
    if let build = manifest.build {
      rows.append(["profile", build.profile])
      if let needs = build.needs {
        rows.append(["for a program that needs", needs.isEmpty ? "nothing" : needs.joined(separator: ", ")])
      }
      rows.append(["compiler", build.compiler])
    }
    if !manifest.modules.isEmpty { rows.append(["modules", manifest.modules.map(\.name).joined(separator: ", ")]) }
    if let source = manifest.source {
      rows.append(["source", "\(source.package) \(source.version)"])
      rows.append(["source SHA-256", source.sha256.hex])
    }
    rows.append(["licence", manifest.licence])
    return TextTable.lines(rows)
  }
}
