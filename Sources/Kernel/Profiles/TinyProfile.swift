extension KernelProfileText {
  /// `tiny`: what `default` has and this program on this machine needs, with smaller tables.
  static let tiny = #"""
    include default
    per-program
    CONFIG_BASE_FULL=n            @6.1    # small hash tables: there is one program
    CONFIG_BASE_SMALL=y           @6.12   # the same, by its name there
    CONFIG_LOG_BUF_SHIFT=12               # 4 KiB of messages: the last ones tell why it ended
    """#
}
