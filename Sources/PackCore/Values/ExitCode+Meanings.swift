extension ExitCode {
  /// What each code means, in their order; the words of `docs/exit-codes.md`.
  public static let meanings: [(code: ExitCode, meaning: String)] = [
    (.done, "Done."),
    (.failed, "Failed: the message says what, where and the next step."),
    (.drift, "A deployment would lose what others may rely on, or the contract broke against its baseline."),
    (.timedOut, "Timed out waiting."),
    (.notStarted, "The program failed to start."),
    (.nothingDetected, "No pack knows this project."),
    (.severalCandidates, "Several packs or programs would do."),
    (.packFailed, "A pack failed while it looked at the project."),
    (.toolchain, "A toolchain or tool is missing or of the wrong version."),
    (.lock, "The lock file is missing or out of date, and `--locked` forbids changing it."),
    (.stepFailed, "A build step failed; its own code is in the output."),
    (.notReproducible, "Two builds differ."),
    (.gateFailed, "A security gate failed, or an image is not what a policy or a key wants."),
    (.usage, "Wrong usage; or a question that nobody is there to answer."),
    (.badInput, "Wrong input data: a file of the project, a pack's answer, an image."),
    (.unavailable, "A service that is needed is unavailable."),
    (.tryAgain, "A resource ran out for now (space, descriptors, a lock)."),
    (.notPermitted, "Not permitted."),
    (.runFailed, "`packc run` itself failed."),
  ]
}
