/// Where packc's own files are: `PREFIX/libexec/packc` beside `PREFIX/bin/packc`, or the checkout that holds the build
/// directory of the executable.
///
///     PREFIX/bin/packc                 CHECKOUT/.build/<triple>/release/packc
///     PREFIX/libexec/packc/packs.d     CHECKOUT/packs.d
///     PREFIX/libexec/packc/templates   CHECKOUT/templates
///     PREFIX/libexec/packc/packc-packs CHECKOUT/.build/<triple>/release/packc-packs
///     PREFIX/libexec/packc/guest-init  CHECKOUT/.build/<triple>/release/guest-init
public struct Installation: Sendable {
  public let packs: HostPath
  /// The directory of `packc-packs` and `guest-init`.
  public let helpers: HostPath
  /// What `packc pack new` starts from.
  public var templates: HostPath { packs.parent / "templates" }

  public init(packs: HostPath, helpers: HostPath) {
    self.packs = packs
    self.helpers = helpers
  }

  public static func find(from executable: HostPath) throws -> Installation {
    let directory = executable.parent
    let libexec = directory.parent / "libexec/packc"
    if FileSystem.isDirectory(libexec / "packs.d") { return Installation(packs: libexec / "packs.d", helpers: libexec) }
    var checkout = directory
    // A relative path would find whatever lies around the working directory.
    while checkout.isAbsolute {
      if FileSystem.exists(checkout / "Package.swift"), FileSystem.isDirectory(checkout / "packs.d") {
        return Installation(packs: checkout / "packs.d", helpers: directory)
      }
      if checkout == checkout.parent { break }
      checkout = checkout.parent
    }
    throw Failure(
      "broken_installation", "packc's own files are missing: no \(libexec) and no checkout around \(directory)",
      hint: "install it again with `make install PREFIX=…`")
  }
}
