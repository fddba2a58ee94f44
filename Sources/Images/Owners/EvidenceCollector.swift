internal import OCI
internal import PackCore

/// Gets the content of one file, piece by piece, then the end.
private protocol ContentWatcher: AnyObject {
  func take(_ piece: UnsafeRawBufferPointer)
  /// The file is whole.
  func end()
}

/// Keeps what says who owns files, while an image is read.
final class EvidenceCollector {
  private var evidence = OwnerEvidence()
  /// Reads the content of the entry that was asked for last.
  private var open: (any ContentWatcher)?

  /// What gets the content of a file that may say something; nil for the others. One file's content has come when the
  /// next one is asked for.
  func reader(for entry: LayerEntry, layer: Int) -> ImageFiles.ContentReader? {
    end()
    open = watcher(for: entry, layer: layer)
    return open.map { watcher in { watcher.take($0) } }
  }

  /// Everything that was said, after the last file.
  func finish() -> OwnerEvidence {
    end()
    return evidence
  }

  private func end() {
    open?.end()
    open = nil
  }

  private func watcher(for entry: LayerEntry, layer: Int) -> (any ContentWatcher)? {
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
