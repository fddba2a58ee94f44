internal import OCI
internal import PackCore

/// Keeps what says who owns files, while an image is read.
final class EvidenceCollector {
  private(set) var evidence = OwnerEvidence()

  func watcher(for entry: LayerEntry, layer: Int) -> (any ContentWatcher)? {
    switch OwnerEvidence.want(entry) {
    case .text where entry.size > OwnerEvidence.textLimit:
      evidence.skip()
      return nil
    case .text: return TextWatcher(entry, layer, self)
    case .goProgram: return ProgramWatcher(entry.path, layer, self)
    case nil: return nil
    }
  }

  private final class TextWatcher: ContentWatcher {
    private let path: RootPath
    private let layer: Int
    private let collector: EvidenceCollector
    private var bytes: [UInt8] = []

    init(_ entry: LayerEntry, _ layer: Int, _ collector: EvidenceCollector) {
      (path, self.layer, self.collector) = (entry.path, layer, collector)
    }
    func take(_ piece: UnsafeRawBufferPointer) { bytes += piece }
    func end() { collector.evidence.add(bytes, of: path, layer: layer) }
  }

  private final class ProgramWatcher: ContentWatcher {
    private let path: RootPath
    private let layer: Int
    private let collector: EvidenceCollector
    private var scanner = GoBuild.Scanner()

    init(_ path: RootPath, _ layer: Int, _ collector: EvidenceCollector) {
      (self.path, self.layer, self.collector) = (path, layer, collector)
    }
    func take(_ piece: UnsafeRawBufferPointer) { scanner.feed(piece) }
    func end() {
      if let build = scanner.finish() { collector.evidence.add(build, of: path, layer: layer) }
    }
  }
}
