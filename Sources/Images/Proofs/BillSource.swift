internal import Contract
public import OCI
public import PackCore

/// Finds what an image is made of, as its build has laid it beside the image.
public enum BillSource {
  /// - Throws: `no_sbom`.
  public static func cycloneDX(of image: SingleImage) throws -> JSONValue {
    let statements = try SignatureReader(image.source).statements(of: image.descriptor.digest)
    guard let statement = statements.first(where: { $0.predicateType == Statement.Predicate.cycloneDX }) else {
      throw ImagesFailure.noBill(image.source.name)
    }
    return statement.predicate
  }
}
