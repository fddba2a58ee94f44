internal import Kernel
internal import PackCore
internal import Runner

/// A release as it is compared with another one.
struct ReleaseChange {
  private let spec: DeploymentSpec
  private let image: ReleaseStore.Candidate?

  init(_ spec: DeploymentSpec, image: ReleaseStore.Candidate?) {
    self.spec = spec
    self.image = image
  }

  /// `drift` is what others may rely on: the project behind the name, published ports, volumes, the kind of kernel, variables
  /// that were there.
  func differences(from old: ReleaseChange) -> (drift: [String], other: [String]) {
    var drift: [String] = []
    var other: [String] = []
    if let before = old.spec.source, let now = spec.source, before != now {
      drift.append("the project is \(now), and was \(before)")
    }
    let gone = old.spec.publish.filter { !spec.publish.contains($0) }
    for port in gone { drift.append("the port \(port) is not published any more") }
    for port in spec.publish where !old.spec.publish.contains(port) {
      if gone.isEmpty {
        other.append("the port \(port) is published")
      } else {
        drift.append("the port \(port) is published")
      }
    }
    for volume in old.spec.volumes where !spec.volumes.contains(volume) {
      drift.append("the volume \(volume.name) (\(volume.file)) is not attached any more")
    }
    for volume in spec.volumes where !old.spec.volumes.contains(volume) {
      other.append("the volume \(volume.name) is \(volume.file)")
    }
    for volume in old.spec.keptVolumes where !spec.keptVolumes.contains(volume) {
      drift.append("the volume \(volume) is not attached any more")
    }
    for volume in spec.keptVolumes where !old.spec.keptVolumes.contains(volume) {
      other.append("the volume \(volume) is attached")
    }
    if let before = old.image?.machine.guest, let now = image?.machine.guest, before != now {
      drift.append("the kernel is \(now.rawValue), and was \(before.rawValue)")
    }
    for name in old.spec.environment.keys.sorted() where spec.environment[name] == nil {
      drift.append("the variable \(name) is removed")
    }
    for secret in old.spec.secrets where !spec.secrets.contains(where: { $0.variable == secret.variable }) {
      drift.append("the variable \(secret.variable) (the secret \(secret.name)) is removed")
    }
    for secret in spec.secrets where !old.spec.secrets.contains(secret) {
      other.append("the variable \(secret.variable) is the secret \(secret.name)")
    }
    // Values may be secret.
    for (name, value) in spec.environment.sorted(by: { $0.key < $1.key }) {
      guard let before = old.spec.environment[name] else { other.append("the variable \(name) is set"); continue }
      if before != value { other.append("the variable \(name) has another value") }
    }
    if spec.image != old.spec.image {
      other.append("the image is \(spec.image.short), and was \(old.spec.image.short)")
    }
    func compare<Value: Equatable>(_ what: String, _ path: (DeploymentSpec) -> Value, _ text: (Value) -> String) {
      let (before, now) = (path(old.spec), path(spec))
      if before != now { other.append("\(what) is \(text(now)), and was \(text(before))") }
    }
    compare("the memory", \.memory) { $0.map { "\($0) MiB" } ?? "the image's" }
    compare("the number of processors", \.cpus) { $0.map { "\($0)" } ?? "the image's" }
    compare("the machine", \.machine) { $0?.rawValue ?? "the image's first" }
    compare("the restart policy", \.restart) { $0.rawValue }
    compare("the health check", \.health) { $0?.description ?? "none" }
    compare("the grace period", \.grace) { "\($0) s" }
    return (drift, other)
  }
}
