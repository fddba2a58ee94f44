/// Where an image can be written. Blobs come first, then the documents that name them, the root last: a destination
/// never holds a document whose blobs are missing.
public protocol ImageDestination: Sendable {
  /// For people, like `ImageSource.name`.
  var name: String { get }

  /// The first call: what will come.
  func begin(_ plan: CopyPlan) throws

  /// True when the blob is there already and need not be sent. Called from several threads at once.
  func has(_ descriptor: BlobDescriptor) throws -> Bool

  /// Takes one blob out of `source`. Called from several threads at once, for different blobs.
  /// - Parameter progress: bytes done so far.
  func put(_ descriptor: BlobDescriptor, from source: any ImageSource, progress: @Sendable (Int64) -> Void) throws

  /// True when `put` of this blob needed none of its bytes, since the destination found them elsewhere: mounted.
  func isMounted(_ descriptor: BlobDescriptor) -> Bool

  /// Takes a document whose children are all there.
  func put(_ document: ImageDocument) throws

  /// Gives the name to the document, which is there; the last call.
  func finish(_ root: ImageDocument) throws
}

extension ImageDestination {
  public func begin(_ plan: CopyPlan) throws {}
  public func isMounted(_ descriptor: BlobDescriptor) -> Bool { false }
}
