internal import Build
internal import OCI
internal import PackCore

/// The flags by which results of steps are shared between machines.
enum SharingFlags {
  static let all =
    [
      Flag("cache-from", value: "DIR|oci://REPO", help: "take results of steps that other machines left there"),
      Flag("cache-to", value: "DIR|oci://REPO", help: "leave results of steps there for other machines"),
      Flag("cache-key", value: "FILE", repeats: true, help: "take what this public key signed, and nothing else"),
      Flag("cache-sign-key", value: "FILE", help: "sign what is left with this private key (PEM)"),
      Flag("cache-unsigned", help: "take what is unsigned, though others may write there"),
    ] + RegistryFlags.connection

  static func shared(_ invocation: Invocation) throws -> SharedSteps? {
    var shared = SharedSteps()
    shared.from = try place("cache-from", invocation)
    shared.to = try place("cache-to", invocation)
    for flag in ["cache-key", "cache-unsigned"] { try demand(flag, "cache-from", invocation) }
    try demand("cache-sign-key", "cache-to", invocation)
    shared.keys = try invocation.strings("cache-key").map { try KeyFlags.publicKey(invocation.path($0)) }
    shared.signer = try invocation.path(flag: "cache-sign-key").map(KeyFlags.signingKey)
    shared.believesUnsigned = invocation.has("cache-unsigned")
    if shared.believesUnsigned, !shared.keys.isEmpty {
      throw Failure("wrong_usage", "--cache-key and --cache-unsigned exclude each other", exit: .usage)
    }
    return shared.from == nil && shared.to == nil ? nil : shared
  }

  private static func place(_ flag: String, _ invocation: Invocation) throws -> (any SharedPlace)? {
    guard let text = invocation.string(flag) else { return nil }
    guard text.contains("://") else { return SharedDirectory(invocation.path(text)) }
    guard text.hasPrefix("oci://"), let reference = try RegistryReference(parsing: String(text.dropFirst(6))),
      reference.tag == nil, reference.digest == nil
    else {
      throw Failure(
        "wrong_usage", "--\(flag) \(text): a directory or oci://HOST/REPOSITORY is expected",
        hint: "the repository is the cache's own, and each result has a tag of its own in it", exit: .usage)
    }
    return SharedRegistry(reference: reference, registries: try RegistryFlags.registries(invocation))
  }

  private static func demand(_ flag: String, _ other: String, _ invocation: Invocation) throws {
    guard invocation.has(flag) || !invocation.strings(flag).isEmpty, invocation.string(other) == nil else { return }
    throw Failure(
      "wrong_usage", "--\(flag) says something about --\(other), which is not given", hint: "give --\(other) too",
      exit: .usage)
  }
}
