import PackCore
import TestSupport

/// An installed packc that every user can reach, in a place where nobody's home is, too. Calls run as nobody when the
/// tests run as root, and as the user of the tests otherwise.
final class Ordinary {
  private static let nobody: UInt32 = 65534
  let site: Site
  let packc: HostPath

  init() throws {
    site = try Site(isolated: true)
    let prefix = site.directory / "prefix"
    try FileSystem.setMode(site.directory.path, 0o755)
    _ = try Tools.output(
      "bash", ["\(Repository.root)/scripts/install.sh"],
      environment: ["PREFIX": prefix.description, "BUILT": PackcProcess.binary().parent.description])
    packc = prefix / "bin/packc"
    // The shared kernels may lie where only their owner looks.
    try FileSystem.removeFile(site.cache / "kernels")
    try FileSystem.createDirectory(site.cache / "kernels")
    let shared = try Site.sharedCache() / "kernels"
    for name in try DirectoryWalk.names(in: shared) where name.first != UInt8(ascii: ".") {
      _ = try Tools.output("cp", ["-r", "\(shared / HostPath(bytes: name))", "\(site.cache)/kernels/"])
    }
  }

  func own(_ path: HostPath) throws {
    if Tools.isRoot { _ = try Tools.output("chown", ["-R", "\(Self.nobody):\(Self.nobody)", "\(path)"]) }
  }

  func command(_ arguments: [String]) throws -> Command {
    try own(site.home)
    var command = try site.command(
      arguments, environment: ["PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"])
    command.argv[0] = packc.description
    if Tools.isRoot {
      let id = String(Self.nobody)
      command.argv = ["/usr/bin/setpriv", "--reuid=\(id)", "--regid=\(id)", "--clear-groups"] + command.argv
    }
    command.keep = 16 << 20
    return command
  }
  func run(_ arguments: [String]) throws -> CommandResult { try ProcessRunner().run(try command(arguments)) }
}
