public import PackCore

/// Where results of steps are taken from and left for other machines, and whom this machine believes: `--cache-from`,
/// `--cache-to` and the keys. Nothing of it decides what comes out of a build.
public struct SharedSteps: Sendable {
  public var from: (any SharedPlace)?
  public var to: (any SharedPlace)?
  /// Only entries that one of them signed are taken.
  public var keys: [PublicKey] = []
  /// Signs what is left for others.
  public var signer: SigningKey?
  /// Without keys: entries are taken though others may write where they lie.
  public var believesUnsigned = false

  public init() {}
}
