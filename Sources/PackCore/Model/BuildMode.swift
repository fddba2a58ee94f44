/// Release: stripped, locked, quiet. Debug: symbols kept, the kernel talks, an incomplete lock is a warning.
public enum BuildMode: String, Sendable { case release, debug }
