internal import PackCore

/// The directory from which another monitor starts a machine: kernel, initrd, and the monitor's own configuration, which
/// names the two by relative paths. None of these monitors is run here; what each of them takes was read in the API
/// document that it publishes.
///
/// Neither has packc's control channel, so the program's end is told on the console only.
enum MonitorExport {
  /// One network for both, which the host makes: docs/machine-images.md says how.
  enum Network {
    static let tap = "tap0"
    static let host = "172.16.0.1"
    static let guest = "172.16.0.2"
    static let mask = "255.255.255.252"
    /// Locally administered, with the guest's address in it.
    static let mac = "06:00:ac:10:00:02"
    /// For the kernel's command line, see `GuestNetwork`.
    static let parameter = "ip=\(guest)::\(host):\(mask):::off"
  }

  /// The image's command line with the words for this place: a word `key=…` goes before the image's of the same key.
  static func cmdline(_ image: String, replacing words: [String]) -> String {
    let keys = words.compactMap(key(of:))
    let kept = image.split(separator: " ").map(String.init).filter { word in !keys.contains { $0 == key(of: word) } }
    return (kept + words).joined(separator: " ")
  }

  private static func key(of word: String) -> String? {
    word.firstIndex(of: "=").map { String(word[..<$0]) }
  }

  static func requireLinux(_ machine: MachineDescription, _ monitor: String) throws {
    guard machine.guest == .linux else {
      throw KernelFailure.wrongMonitor(monitor, "it is Unikraft, which is built for one monitor, here QEMU", needs: "")
    }
  }

  static func write(_ json: JSONValue, to path: HostPath) throws {
    try FileSystem.writeAtomically(CanonicalJSON.encodePretty(json), to: path, durable: false)
  }
}
