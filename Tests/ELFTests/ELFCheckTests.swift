import PackCore
import XCTest

@testable import ELF

final class ELFCheckTests: XCTestCase {
  private func root(_ entries: [(String, RootFilesystem.Entry.Content, UInt32)]) throws -> RootFilesystem {
    var root = try image([])
    for (path, content, mode) in entries {
      try root.insert(
        RootFilesystem.Entry(
          path: try XCTUnwrap(RootPath(path)), content: content, mode: mode, layer: .application, origin: "test"))
    }
    return root
  }
  private func bytes(_ text: String) -> RootFilesystem.Entry.Content { .bytes(Array(text.utf8)) }

  func testWhatCanBeStarted() throws {
    let shop = try Workshop()
    let program = try shop.compile("p", hello)
    let content = RootFilesystem.Entry.Content.host(program, try XCTUnwrap(FileSystem.status(program)))
    let root = try root([
      ("app/p", content, 0o755), ("app/link", .link(Array("p".utf8)), 0o777), ("usr/bin/tool", content, 0o755),
      ("app/script", bytes("#! /bin/tool -x\n"), 0o755), ("app/outer", bytes("#!/app/script\n"), 0o755),
    ])
    for name in ["app/p", "app/link", "app/script", "app/outer"] {
      XCTAssertNoThrow(try ELFCheck.program(try XCTUnwrap(RootPath(name)), in: root, platform: .host), name)
    }
    guard case .script("/bin/tool") = try ELFCheck.program(RootPath(literal: "app/script"), in: root, platform: .host)
    else { return XCTFail("not a script") }
    XCTAssertNotNil(try ELFCheck.program(program, platform: .host))
  }

  func testWhatCannotBeStartedSaysWhy() throws {
    let shop = try Workshop()
    let whole = try FileSystem.read(shop.compile("p", hello))
    var arm = whole
    arm[18] = 183
    let object = try FileSystem.read(shop.compile("o.o", hello, ["-c"]))
    let library = try FileSystem.read(shop.library("libx.so", function: "x"))
    let rows: [(RootFilesystem.Entry.Content, UInt32, String, String)] = [
      (.bytes(arm), 0o755, "wrong_architecture", "built for arm64, the image is for linux/amd64"),
      (.bytes(whole), 0o644, "not_executable", "permission"),
      (.bytes(Array(whole.prefix(100))), 0o755, "malformed_elf", "not a valid ELF"),
      (.bytes(object), 0o755, "not_a_program", "object file"),
      (.bytes(library), 0o755, "not_a_program", "shared library"),
      (bytes("#!/usr/bin/env python3\n"), 0o755, "interpreter_missing", "/usr/bin/env"),
      (
        bytes("#!/bin/sh\n"), 0o755, "interpreter_missing",
        "not an ELF and not a script with an interpreter in the closure"
      ),
      (bytes("#!bin/sh\n"), 0o755, "interpreter_missing", "bin/sh"),
      (bytes("#!/app/p\n"), 0o755, "interpreter_missing", "/app/p"),
      (bytes("print(1)\n"), 0o755, "not_a_program", "text file without a first line"),
      (bytes("MZ\u{1}\u{2}"), 0o755, "not_a_program", "Windows"),
      (bytes(""), 0o755, "not_a_program", "empty"),
      (.directory, 0o755, "program_missing", "/app/p"),
    ]
    let platform = Platform(architecture: .amd64)
    for (content, mode, code, text) in rows {
      let root = try root([("app/p", content, mode)])
      let failure = failure { try ELFCheck.program(RootPath(literal: "app/p"), in: root, platform: platform) }
      XCTAssertEqual(failure?.code, code, text)
      XCTAssertTrue(failure?.message.contains(text) == true, failure?.message ?? "")
    }
  }
}
