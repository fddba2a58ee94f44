internal import Config
internal import Kernel
internal import PackCore

/// Which kernel a build uses, and what packc.lock says of it: `--kernel`, then unik.yaml, then the lock's pin, then the
/// catalog's default, then Debian's, imported now.
struct KernelStage {
  let planning: Planning
  let config: UnikFile?
  let reporter: Reporter

  struct Chosen {
    let kernel: KernelCatalog.Kernel
    let initFile: HostPath
    let decision: Decision
    var pin: LockFile.Pin {
      LockFile.Pin(name: kernel.manifest.name, version: kernel.manifest.version, digest: kernel.digest)
    }
    let initPin: LockFile.Pin
  }

  func choose(locked pin: LockFile.Pin?) throws -> Chosen {
    let catalog = KernelCatalog(cache: planning.cache)
    let (found, source) = try find(catalog, pin)
    let isDisk = planning.request.root(config?.run) == .erofs
    let kernel = try isDisk ? catalog.withRootDisk(found, planning.context, reporter: reporter) : found
    let initFile = planning.installation.helpers / GuestBase.initName(for: planning.request.platform)
    guard FileSystem.exists(initFile) else {
      throw Failure(
        "broken_installation", "packc's guest init for \(planning.request.platform) is missing: \(initFile)",
        hint: planning.request.platform == .host
          ? "build it with `make build`"
          : "packc was built without the cross compiler: run `make deps build`; or build without: --no-unikernel")
    }
    return Chosen(
      kernel: kernel, initFile: initFile,
      decision: Decision(
        what: "kernel", value: "\(kernel.manifest.name) \(kernel.manifest.release)", source: source),
      initPin: LockFile.Pin(digest: try FileSystem.digest(of: initFile)))
  }

  private func find(_ catalog: KernelCatalog, _ pin: LockFile.Pin?) throws -> (KernelCatalog.Kernel, String) {
    let platform = planning.request.platform
    if let reference = planning.request.kernel { return (try catalog.find(reference, for: platform), "--kernel") }
    if let declared = config?.kernel, declared.value.description != "default" {
      return (try catalog.find(declared.value.description, for: platform), "unik.yaml")
    }
    if let pin {
      if let kernel = try? catalog.load(pin.digest) { return (kernel, "packc.lock") }
      if platform == .host,
        let kernel = try? catalog.importDebian(planning.context, version: pin.version, reporter: reporter),
        kernel.digest == pin.digest
      {
        return (kernel, "packc.lock")
      }
      if planning.request.locked {
        // Nothing is fetched in its place; what is there is named beside the lock's other differences.
        if let present = try catalog.defaultKernel(for: platform.architecture) {
          return (present, "the catalog's default")
        }
        throw BuildFailure.lockOutOfDate(["kernel: locked \(pin.text), which cannot be had here"])
      }
      reporter.warn("the kernel that packc.lock pins (\(pin.text)) cannot be had here; taking the default one")
    }
    let kernel = try catalog.defaultOrDebian(planning.context, for: platform, reporter: reporter)
    return (
      kernel,
      kernel.manifest.name == "debian-cloud" ? "packc's default: Debian's cloud kernel" : "the catalog's default"
    )
  }
}
