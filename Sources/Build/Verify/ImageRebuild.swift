public import Images
internal import Kernel
public import OCI
public import PackCore

/// `packc verify IMAGE --source DIR`: builds what an image claims out of a source, and says whether it is that image.
public struct ImageRebuild {
  let context: HostContext
  let reporter: Reporter

  public init(context: HostContext, reporter: Reporter) {
    self.context = context
    self.reporter = reporter
  }

  /// - Parameter request: names the source; what the image claims goes over the rest.
  public func verify(_ image: SingleImage, name: String, from request: BuildRequest) throws -> ReproducibilityReport {
    let claims = try ImageClaims(image)
    var context = context
    context.environment["SOURCE_DATE_EPOCH"] = String(claims.epoch)
    let isolation = Isolation(context: context, reporter: reporter)
    let place = try WorkDirectory(in: try context.cacheDirectory() / "work", prefix: "verify")
    let runs = try TrialRuns(
      context, self.request(claims, request), reporter, isolation: isolation,
      variations: HostVariations(context, sandboxed: isolation.bubblewrap != nil, bytes: 0, work: place.path),
      place: place, isCold: false)
    let outcome = try runs.build([], title: "rebuild")
    if let failure = outcome.failure { throw failure }
    let digest = outcome.result?["image"]?["digest"]?.digest
    return ReproducibilityReport(
      name: name, digest: digest, claimed: claims.digest, conditions: [],
      findings: digest == claims.digest ? [] : [try finding(image, claims, outcome, runs.temporary)],
      builds: runs.count)
  }

  private func request(_ claims: ImageClaims, _ given: BuildRequest) -> BuildRequest {
    var request = given
    (request.mode, request.platform) = (claims.mode, claims.platform)
    request.packName = given.packName ?? claims.packName
    request.app = given.app ?? claims.app
    request.compression = claims.compression ?? given.compression
    request.makesUnikernel = claims.hasMachine
    if claims.hasMachine {
      request.root = claims.hasRootDisk ? .erofs : .initrd
      request.kernel = given.kernel ?? claims.kernel?.description
    }
    return request
  }

  private func finding(
    _ image: SingleImage, _ claims: ImageClaims, _ outcome: TrialRuns.Outcome, _ temporary: HostPath
  ) throws -> ReproducibilityReport.Finding {
    let rebuilt = try SingleImage.open(LayoutSource(layout: outcome.output / "image"))
    let differences = try ImagePair(before: image, after: rebuilt, temporary: temporary).differences()
    let bytes = try FileSystem.readIfPresent(outcome.output / "provenance.json", limit: 64 << 20)
    var other = claims.shortcomings(of: try bytes.map { try JSONParser.parse($0) }, packc: PackcVersion.current)
    let revision = rebuilt.config.labels["org.opencontainers.image.revision"]
    if claims.revision != revision, claims.materials["source"] == nil {
      other.append("revision: the image is of \(claims.revision ?? "none"), the source is at \(revision ?? "none")")
    }
    return .init(
      .inputs, isProven: !other.isEmpty, isHeldBySandbox: false, differences: differences, notes: other,
      fix: ReproducibilityFix.text(.inputs, pack: claims.packName))
  }
}
