import PackCore
import TestSupport
import XCTest

@testable import packc

/// What the shells offer: by the definitions, and by the shells themselves with the scripts that packc prints.
final class ShellCompletionTests: XCTestCase {
  private func offered(_ words: String...) throws -> [Completion.Candidate] {
    Completion(commands: Commands.all, context: try HostContext.current()).next(words)
  }
  private func words(_ candidates: [Completion.Candidate]) -> [String] {
    candidates.compactMap { if case .word(let word, _) = $0 { word } else { nil } }
  }

  func testEveryCommandAndEachOfItsFlagsIsOffered() throws {
    let context = try HostContext.current()
    for command in Commands.all where !command.isHidden {
      let names = command.name.split(separator: " ").map(String.init)
      let completion = Completion(commands: Commands.all, context: context)
      for count in names.indices {
        let line = Array(names[..<count]) + [""]
        XCTAssertTrue(words(completion.next(line)).contains(names[count]), "\(line) does not offer \(names[count])")
      }
      let all = command.flags.map(\.name) + GlobalFlags.all.map(\.name)
      XCTAssertEqual(words(completion.next(names + ["--"])), all.map { "--" + $0 }, command.name)
    }
  }

  func testWhatFollowsDependsOnWhatStandsBefore() throws {
    XCTAssertEqual(words(try offered("kern")), ["kernel"])
    XCTAssertEqual(words(try offered("kernel", "li")), ["list"])
    XCTAssertEqual(words(try offered("--project", "build", "kern")), ["kernel"], "the flag's value is no command")
    XCTAssertEqual(words(try offered("build", "--rootfs", "e")), ["erofs"])
    XCTAssertEqual(words(try offered("build", "--rootfs=")), ["--rootfs=initrd", "--rootfs=erofs"])
    XCTAssertEqual(words(try offered("build", "--compression", "")), ["gzip", "zstd"])
    XCTAssertEqual(try offered("build", "--output", ""), [.directories])
    XCTAssertEqual(try offered("build", ""), [.directories])
    XCTAssertEqual(try offered("build", "one", ""), [], "build takes one directory")
    XCTAssertEqual(try offered("image", "copy", ""), [.files])
    XCTAssertEqual(try offered("run", "--volume", ""), [])
    XCTAssertFalse(words(try offered("build", "--locked", "--")).contains("--locked"), "it stands there already")
    XCTAssertTrue(words(try offered("run", "--env", "A=1", "--e")).contains("--env"), "it may stand again")
    XCTAssertEqual(words(try offered("help", "image", "lis")), ["list"])
    XCTAssertEqual(words(try offered("nonsense", "")), [])
    XCTAssertEqual(words(try offered()), words(try offered("")))
  }

  // MARK: - The shells

  private func shell(_ argv: [String], _ script: String) throws -> String {
    let directory = try PackcProcess.binary().parent
    let result = try ProcessRunner().run(
      Command(
        argv + [script], environment: ["PATH": "\(directory):/usr/bin:/bin", "HOME": "/nonexistent", "TERM": "xterm"],
        timeout: 60))
    XCTAssertTrue(result.succeeded, result.errorText + result.outputText)
    return result.outputText
  }

  func testBash() throws {
    let rows: [(line: [String], offers: String)] = [
      (["packc", "kern"], "kernel"), (["packc", "kernel", "li"], "list"),
      (["packc", "build", "--rootfs", "e"], "erofs"),
      (["packc", "build", "--rootfs", "=", "e"], "erofs"), (["packc", "build", "--rootfs", "="], "initrd erofs"),
      (["packc", "run", "--publish", "1", ":", "2", "--ver"], "--verbose"), (["packc", "comple"], "completion"),
    ]
    for row in rows {
      let words = row.line.map(ShellWord.quoted).joined(separator: " ")
      let found = try shell(
        ["bash", "--norc", "-euc"],
        """
        source <(packc completion bash)
        COMP_WORDS=(\(words)) COMP_CWORD=\(row.line.count - 1)
        _packc packc
        echo "${COMPREPLY[*]}"
        """)
      XCTAssertEqual(found, row.offers + "\n", "\(row.line)")
    }
  }

  func testFish() throws {
    let found = try shell(
      ["fish", "--no-config", "-c"],
      """
      packc completion fish | source
      complete -C 'packc kernel li'
      complete -C 'packc build --rootfs='
      complete -C 'packc build /usr/sha'
      """)
    XCTAssertEqual(
      found, "list\tshow the kernels that are there\n--rootfs=erofs\n--rootfs=initrd\n/usr/share/\tDirectory\n")
  }

  /// Completion lives in zsh's line editor, so one is driven at a pseudo-terminal (zpty), and what it shows is searched.
  func testZsh() throws {
    let found = try shell(
      ["zsh", "-f", "-c"],
      #"""
      zmodload zsh/zpty
      seen() {
        local line
        for try in {1..300}; do
          if zpty -r -t shell line; then all+=$line; else sleep 0.1; fi
          [[ $all != *$1* ]] || { print -r -- "$1"; return }
        done
        print -r -- "no $1 in $all"
      }
      all=
      zpty -b shell zsh -f -i
      zpty -w shell 'PS1=; autoload -U compinit; compinit -u -D; source <(packc completion zsh); COLUMNS=200; echo REA''DY'
      seen READY
      zpty -w -n shell $'packc kernel \t'
      seen 'show the kernels that are there'
      zpty -w -n shell $'\x15packc build --rootfs=e\t'
      seen '--rootfs=erofs'
      zpty -w -n shell $'\x15packc version --js\t\n'
      seen '"version":'
      zpty -d shell
      """#)
    XCTAssertEqual(found, "READY\nshow the kernels that are there\n--rootfs=erofs\n\"version\":\n")
  }

  func testAShellThatIsNotKnownIsRefused() throws {
    try PackcProcess("completion", "tcsh").run().expect(exit: .usage).expect(standardErrorContains: "bash, zsh, fish")
    try PackcProcess("completion", "bash", "more").run().expect(exit: .usage)
  }
}
