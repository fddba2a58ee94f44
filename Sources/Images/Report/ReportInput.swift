public import OCI
public import PackCore

/// Gathers what a report shows.
public enum ReportInput {
  /// Of the project's last build, with what its build said and what changed since the one before.
  /// - Parameter output: `.packc`, with the build's `build.json`.
  public static func project(_ images: ProjectImages, output: HostPath) throws -> ImageReport {
    let last = try images.last()
    let snapshot = try ImageSnapshot.read(last.image, name: last.name, knowledge: last.knowledge)
    let (change, note) = try self.change(to: snapshot, last, images)
    return ImageReport(
      snapshot: snapshot, change: change, changeNote: note, timeline: timeline(output, of: snapshot.digest))
  }

  /// Of any image.
  public static func image(
    _ image: SingleImage, name: String, knowledge: ImageSnapshot.Knowledge?
  ) throws -> ImageReport {
    ImageReport(
      snapshot: try ImageSnapshot.read(image, name: name, knowledge: knowledge ?? .init()), change: nil,
      changeNote: "Only the project that builds an image knows the build before; "
        + "packc image diff A B compares any two images.", timeline: nil)
  }

  /// What is missing of the build before is no reason to show nothing of this one.
  private static func change(
    to snapshot: ImageSnapshot, _ last: ProjectImages.Side, _ images: ProjectImages
  ) throws -> (ImageDiff?, String) {
    do {
      let before = try images.before()
      let shared = ImageSnapshot.shared(before.image, last.image)
      let old = try ImageSnapshot.read(
        before.image, name: before.name, knowledge: before.knowledge, skipping: shared)
      return (ImageDiff(old, snapshot.without(shared)), "")
    } catch let failure as Failure where ["no_build_before", "no_such_image"].contains(failure.code) {
      return (
        nil, failure.code == "no_build_before" ? "This is the first image of this project." : "\(failure.message)."
      )
    }
  }

  /// Nil when the last build's record is of another image: a build into another directory.
  private static func timeline(_ output: HostPath, of digest: Digest) -> BuildTimeline? {
    guard let bytes = try? FileSystem.readIfPresent(output / "build.json", limit: 1 << 30),
      let json = try? JSONParser.parse(bytes, limits: JSONParser.Limits(bytes: 1 << 30, depth: 64)),
      json["image"]?["digest"]?.digest == digest, let timeline = json["timeline"]
    else { return nil }
    return try? BuildTimeline(JSONReader(timeline))
  }
}
