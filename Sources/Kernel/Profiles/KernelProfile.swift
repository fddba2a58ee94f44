public import PackCore

/// One line of a profile: an option of the kernel, its value, and why.
public struct KernelOption: Hashable, Sendable {
  /// Without `CONFIG_`.
  public var name: String
  /// As in `.config`: `y`, `64`, `"-packc"`; `n` for off.
  public var value: String
  public var reason: String
  /// It is left out of a kernel for one program that has none of these.
  public var needs: [KernelNeed] = []
  /// The kernels that have it; empty for all.
  public var versions: [KernelVersion] = []
  /// The architectures that have it; empty for all.
  public var architectures: [Platform.Architecture] = []

  /// As it stands in a configuration.
  public var line: String { value == "n" ? "# CONFIG_\(name) is not set" : "CONFIG_\(name)=\(value)" }
}

/// The texts of the built-in profiles.
enum KernelProfileText {}

/// A list of options over a configuration in which everything is off.
public struct KernelProfile: Hashable, Sendable {
  /// `default`, `tiny`, or the name of the file without its ending.
  public let name: String
  /// A later line has replaced an earlier one of the same option.
  public let options: [KernelOption]
  /// It is for one program: lines that serve only needs which the program does not have are left out.
  public let isForProgram: Bool

  /// The built-in ones.
  public static let names = ["default", "tiny"]
  static let texts = ["default": KernelProfileText.standard, "tiny": KernelProfileText.tiny]

  /// `default`, `tiny`, or a file.
  ///
  /// - Parameter directory: what a relative path is relative to.
  public static func find(_ reference: String, in directory: HostPath) throws -> KernelProfile {
    if let text = texts[reference] { return try KernelProfile(text, name: reference, place: "profile \(reference)") }
    let path = (directory / reference).lexicallyNormalized
    guard FileSystem.exists(path) else {
      if reference.contains("/") || reference.contains(".") { throw KernelBuildFailure.noProfileFile(path) }
      throw KernelBuildFailure.unknownProfile(reference)
    }
    let bytes = try FileSystem.read(path, limit: 1 << 20)
    let stem = path.name.split(separator: ".").first.map(String.init) ?? path.name
    guard !names.contains(stem), isName(stem) else { throw KernelBuildFailure.badProfileName(path, stem) }
    return try KernelProfile(String(decoding: bytes, as: UTF8.self), name: stem, place: path.description)
  }

  /// It becomes a part of the kernel's name.
  private static func isName(_ text: String) -> Bool {
    (1...40).contains(text.utf8.count)
      && text.utf8.allSatisfy {
        (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0) || $0 == 0x2d
          || $0 == 0x5f
      }
  }

  /// - Parameter place: stands in errors.
  init(_ text: String, name: String, place: String) throws {
    self.name = name
    var parser = KernelProfileParser(place: place)
    try parser.read(text)
    options = parser.options
    isForProgram = parser.isForProgram
  }
}
