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
  /// Starts the container, asks it until it answers, removes it. All in one command: a container's monitor leaves its
  /// parents, and what a command leaves behind is ended with it.
  private static let script = """
    place=$1 port=$2 reference=$3; shift 3
    podman="podman --root $place/s --runroot $place/r --runtime runc --cgroup-manager=cgroupfs"
    $podman run --rm --name "packc-e2e-$port" --network=host --ulimit nofile=1024:1024 --ulimit nproc=1024:1024 \\
      "$@" "$reference" >&2 &
    tries=0
    while [ $tries -lt 300 ]; do
      curl -s -f --max-time 5 "http://127.0.0.1:$port/" && break
      kill -0 $! 2>/dev/null || break
      tries=$((tries + 1)); sleep 0.2
    done
    $podman rm --force --time 0 "packc-e2e-$port" >/dev/null 2>&1
    wait
    # podman mounts its storage over itself.
    umount "$place/s/overlay" 2>/dev/null
    exit 0
    """

  /// What the image's server answers at `port` of the host, which is where it listens: by `PORT`, or of itself.
  static func answer(
    _ built: BuildAnswer, _ site: Site, port: UInt16, file: StaticString = #filePath, line: UInt = #line
  ) throws -> String {
    _ = try Tools.require("podman")
    let tag = String(built.ref.dropFirst("oci:\(built.layout):".count))
    let place = try TemporaryDirectory("pod")
    var command = try site.command([])
    command.argv = [
      "/bin/sh", "-c", script, "sh", "\(place.path)", "\(port)", "oci:image:\(tag)", "-e", "PORT=\(port)",
    ]
    // podman makes an image name of the path, and takes no dot in front of a name and no capital letter.
    command.directory = built.layout.parent
    command.timeout = 120
    let result = try ProcessRunner().run(command)
    XCTAssertFalse(
      result.output.isEmpty, "podman gave no answer on port \(port):\n\(result.errorText)", file: file, line: line)
    return result.outputText
  }
}
