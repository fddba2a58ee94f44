internal import CArchive

/// libarchive's reader of tar archives, for what others made.
public enum TarReader {
  /// `libarchive 3.6.2`
  public static let libraryVersion = String(cString: archive_version_string())
}
