internal import Glibc
public import PackCore

/// Unpacks the layers of an image that packc wrote into a directory, for `packc run --oci`. It knows no whiteouts:
/// packc's layers have none.
public enum LayerUnpacker {
  /// A layer's blob as a file.
  public struct LayerFile: Hashable, Sendable {
    public let path: HostPath
    public let mediaType: MediaType
    public let digest: Digest
  }

  /// Unpacks by bsdtar, or by GNU tar and the tool for the layer's compression. Both refuse names and links that leave
  /// the target. Files belong to the caller unless that is root; modes are those of the layer, whatever the umask.
  /// - Parameters:
  ///   - target: an empty directory, made when it is missing.
  ///   - host: where tools are found.
  /// - Throws: `missing_tool` with the package to install, `damaged_image` when a blob is not the one its digest names.
  public static func unpack(_ layers: [LayerFile], to target: HostPath, host: HostContext) throws {
    try FileSystem.createDirectory(target)
    for layer in layers {
      let tool = try Tool.find(for: layer.mediaType, host: host)
      guard try FileSystem.digest(of: layer.path) == layer.digest else {
        throw OCIFailure.damaged("the layer's bytes do not have the digest \(layer.digest)", layer.path)
      }
      try unpack(layer, by: tool, to: target, host: host)
    }
  }

  private enum Tool {
    case bsdtar(HostPath)
    case gnuTar(HostPath)

    /// libarchive reads all formats by itself; GNU tar starts another program for each.
    static func find(for mediaType: MediaType, host: HostContext) throws -> Tool {
      if let path = host.findTool("bsdtar") { return .bsdtar(path) }
      guard let path = host.findTool("tar") else {
        throw OCIFailure.noUnpacker(needs: "bsdtar or tar", package: "libarchive-tools")
      }
      if mediaType == .layerZstd, host.findTool("zstd") == nil {
        throw OCIFailure.noUnpacker(needs: "zstd (or bsdtar)", package: "zstd")
      }
      if mediaType == .layerGzip, host.findTool("gzip") == nil {
        throw OCIFailure.noUnpacker(needs: "gzip (or bsdtar)", package: "gzip")
      }
      return .gnuTar(path)
    }

    var path: HostPath {
      switch self {
      case .bsdtar(let path), .gnuTar(let path): path
      }
    }

    func arguments(_ mediaType: MediaType) -> [String] {
      var arguments = ["-x", "-p", "--numeric-owner"]
      if geteuid() != 0 { arguments.append("--no-same-owner") }
      if case .gnuTar = self {
        // Without it, GNU tar says so of a charset record that it does not need.
        arguments.append("--warning=no-unknown-keyword")
        if mediaType == .layerZstd { arguments.append("--zstd") }
        if mediaType == .layerGzip { arguments.append("--gzip") }
      }
      return arguments
    }
  }

  private static func unpack(
    _ layer: LayerFile, by tool: Tool, to target: HostPath, host: HostContext
  ) throws {
    let blob = try Descriptor.open(layer.path)
    // By number: a path that is not UTF-8 cannot be an argument here.
    let command = Command(
      [tool.path.description] + tool.arguments(layer.mediaType) + ["-f", "/dev/fd/3"],
      environment: ["PATH": host.variable("PATH") ?? "/usr/bin:/bin", "LC_ALL": "C.UTF-8"], directory: target,
      descriptors: [(ours: blob.raw, child: 3)])
    let result = try ProcessRunner().run(command)
    guard result.succeeded else { throw OCIFailure.unpack(layer.path, tool: tool.path, result) }
  }
}
