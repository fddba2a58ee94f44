/// What an ELF loader of Unikraft can be told, see `KernelManifest.features`.
enum UnikraftFeature: String {
  /// `vfs.fstab=`
  case fileSystems = "fstab"
  /// `netdev.ip=`
  case address = "netdev"
  /// `env.vars=`
  case variables = "environ"
  /// lwip, a TCP/IP.
  case network = "net"
}
