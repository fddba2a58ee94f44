internal import Config
internal import Kernel
internal import PackCore

extension OutputStage {
  /// An image for Unikraft's ELF loader, whose kernel starts the program by itself.
  mutating func writeUnikraft(
    _ parts: Parts, _ kernel: KernelCatalog.Kernel, in staged: HostPath
  ) throws -> Unikernel {
    try UnikraftProgram.check(parts.settings.argv, in: parts.assembled.root, platform: request.platform)
    let run = project.config?.run
    guard request.root(run) == .initrd else {
      throw Failure(
        "unikraft_root", "Unikraft's ELF loader takes its root from the initrd only",
        hint: "leave out --rootfs (unik.yaml: run.rootfs), or build with a Linux kernel (`packc kernel list`)",
        exit: .badInput)
    }
    for sentence in shortcomings(of: kernel, parts, cpus: 1) + UnikraftProgram.differences(parts.settings) {
      planning.reporter.warn(sentence, hint: "build with a Linux kernel (`packc kernel list`) if the program needs it")
    }
    return try written(
      UnikernelImage.write(
        UnikernelImage.UnikraftParts(
          kernel: kernel, arguments: parts.settings.argv, environment: parts.settings.environment,
          directory: parts.settings.workingDirectory, layers: parts.contents,
          ports: parts.settings.ports.compactMap { GuestPort($0) }, mode: request.mode,
          memory: run?.memory.map { Int($0.bytes >> 20) }, cpus: run?.cpus ?? 1,
          volumes: parts.settings.volumes.map {
            GuestVolume(name: $0.name.description, size: Int64($0.size.bytes), mount: $0.mount)
          }), to: staged))
  }
}
