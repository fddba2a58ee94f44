import Glibc
import PackCore
import TestSupport
import XCTest

/// What is in the layers, as bsdtar tells it.
enum Listings {
  static func names(_ built: BuildAnswer) throws -> [String] {
    try built.layers.flatMap { layer in
      try Tools.output("bsdtar", ["-tf", "\(built.blob(layer))"]).split(separator: "\n").map(String.init)
    }
  }

  private static let unwanted: Set<String> = [
    "sh", "bash", "dash", "ash", "zsh", "ksh", "mksh", "fish", "csh", "tcsh", "busybox", "toybox", "apt", "apt-get",
    "dpkg", "apk", "rpm", "dnf", "yum", "pip", "pip3", "easy_install", "npm", "opkg", "pacman",
  ]

  static func assertNoShell(_ built: BuildAnswer, file: StaticString = #filePath, line: UInt = #line) throws {
    let found = try names(built).filter { unwanted.contains(String($0.split(separator: "/").last ?? "")) }
    XCTAssertEqual(found, [], file: file, line: line)
  }
}

/// podman over runc, reading the layout, with storage of its own. Its place has a short name, since podman puts sockets
/// there (unix(7): 108 bytes).
enum Podman {
  static func answer(
    _ built: BuildAnswer, _ site: Site, file: StaticString = #filePath, line: UInt = #line
  ) throws -> String {
    let podman = try Tools.require("podman")
    let port = try Ports.free()
    let tag = String(built.ref.dropFirst("oci:\(built.layout):".count))
    let name = "packc-e2e-\(getpid())-\(port)"
    let place = try TemporaryDirectory("pod")
    let storage = [
      "--root", "\(place.path)/s", "--runroot", "\(place.path)/r", "--runtime", "runc", "--cgroup-manager=cgroupfs",
    ]
    var command = try site.command([])
    let log = site.directory / "podman.log"
    command.argv = ["/bin/sh", "-c", "log=$1; shift; exec \"$@\" >\"$log\" 2>&1", "sh", log.description, "\(podman)"]
    command.argv += storage
    command.argv += [
      "run", "--rm", "--name", name, "--network=host", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024",
      "-e", "PORT=\(port)", "oci:image:\(tag)",
    ]
    // podman makes an image name of the path, and takes no dot in front of a name and no capital letter.
    command.directory = built.layout.parent
    command.standardOutput = .discard
    command.standardError = .discard
    var process = try RunningProcess.start(command)
    defer {
      _ = try? Tools.run("podman", storage + ["rm", "--force", "--time", "0", name])
      // podman mounts its storage over itself.
      _ = try? Tools.run("umount", ["\(place.path)/s/overlay"])
    }
    let deadline = HostContext.monotonicClock() + 60_000_000_000
    while HostContext.monotonicClock() < deadline {
      let result = try Tools.run("curl", ["-s", "-f", "--max-time", "5", "http://127.0.0.1:\(port)/"])
      if result.succeeded { return result.outputText }
      if try process.reapIfEnded() != nil { break }
      usleep(100_000)
    }
    let said = (try? FileSystem.read(log)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    XCTFail("podman gave no answer on port \(port):\n\(said)", file: file, line: line)
    return ""
  }
}
