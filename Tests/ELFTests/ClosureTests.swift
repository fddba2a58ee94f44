import Glibc
import PackCore
import XCTest

@testable import ELF

/// The closure over fake roots: each test builds programs and libraries, and says where each must land.
final class ClosureTests: XCTestCase {
  private let triplet = "x86_64-linux-gnu"

  /// A fake host below `host/` with the real loader and C library, into which a test puts its libraries.
  private func fakeHost(_ shop: Workshop) throws -> HostRuntimeSource {
    let real = HostRuntimeSource()
    for name in ["lib64/ld-linux-x86-64.so.2", "lib/\(triplet)/libc.so.6", "lib/\(triplet)/libgcc_s.so.1"] {
      let file = try XCTUnwrap(try real.file(at: XCTUnwrap(RootPath(name))))
      let copy = shop.path("host/" + name)
      try FileSystem.createDirectory(copy.parent)
      try FileSystem.copyFile(file.host, to: copy, mode: 0o755)
    }
    return HostRuntimeSource(root: shop.path("host"))
  }

  /// A program that calls `one()` of libone.so.1, which it was linked against in `libraries`.
  private func program(_ shop: Workshop, _ name: String, linked library: HostPath, _ flags: [String] = []) throws
    -> HostPath
  {
    try shop.compile(
      name, "int one(void); int main(void) { return one() == 1 ? 0 : one() == 2 ? 0 : 3; }",
      [library.description, "-Wl,--allow-shlib-undefined"] + flags)
  }

  private func compute(_ root: RootFilesystem, _ source: HostRuntimeSource, libraries: [String] = []) throws
    -> SharedObjectClosure
  {
    try SharedObjectClosure.compute(of: root, platform: .host, source: source, libraries: libraries)
  }

  private func paths(_ closure: SharedObjectClosure) -> [String] { closure.additions.map(\.entry.path.description) }

  /// The image, written out, with the program started by its own loader in it.
  private func runs(_ root: RootFilesystem, _ closure: SharedObjectClosure, _ shop: Workshop, _ argv: [String]) throws
    -> CommandResult
  {
    var whole = root
    try closure.insert(into: &whole)
    let directory = shop.path("image")
    try FileSystem.removeTree(directory)
    try whole.write(to: directory)
    return try shop.attempt(
      // The loader asks /proc/self/exe for the $ORIGIN of a program.
      "bwrap", ["--unshare-user", "--bind", directory.description, "/", "--proc", "/proc", "--chdir", "/"] + argv)
  }

  func testLoaderAndCLibraryLandInTheirPlaces() throws {
    let shop = try Workshop()
    let root = try image([("app/p", shop.compile("p", hello), .application)])
    let closure = try compute(root, fakeHost(shop))
    XCTAssertEqual(
      paths(closure),
      ["usr/lib/\(triplet)/libc.so.6", "usr/lib/\(triplet)/libgcc_s.so.1", "usr/lib64/ld-linux-x86-64.so.2"])
    XCTAssertEqual(closure.additions[0].neededBy, ["/app/p", "/usr/lib/\(triplet)/libgcc_s.so.1"])
    XCTAssertEqual(closure.additions[1].neededBy, ["dlopen by libc.so.6"])
    XCTAssertEqual(closure.additions[2].neededBy, ["/app/p"])
    XCTAssertEqual(closure.additions.map(\.entry.mode), [0o644, 0o644, 0o755])
    XCTAssertEqual(closure.caveats, [])
    let result = try runs(root, closure, shop, ["/app/p"])
    XCTAssertEqual(result.outputText, "hello\n", result.errorText)
  }

  func testStaticProgramsNeedNothing() throws {
    let shop = try Workshop()
    let root = try image([("app/p", shop.compile("p", hello, ["-static"]), .application)])
    XCTAssertEqual(try paths(compute(root, fakeHost(shop))), [])
  }

  /// Where a library is found decides where it goes.
  func testPlacement() throws {
    struct Row {
      var found: String
      var flags: [String]
      var configuration: String?
      var lands: String
    }
    let rows = [
      Row(found: "usr/lib/\(triplet)", flags: [], lands: "usr/lib/\(triplet)/libone.so.1"),
      Row(found: "lib/\(triplet)", flags: [], lands: "usr/lib/\(triplet)/libone.so.1"),
      Row(found: "usr/lib", flags: [], lands: "usr/lib/libone.so.1"),
      Row(
        found: "usr/local/special", flags: [], configuration: "/usr/local/special\n",
        lands: "usr/lib/\(triplet)/libone.so.1"),
      Row(found: "opt/one/lib", flags: ["-Wl,-rpath,/opt/one/lib"], lands: "opt/one/lib/libone.so.1"),
      Row(
        found: "opt/one/lib/\(triplet)", flags: ["-Wl,-rpath,/opt/one/$LIB"],
        lands: "opt/one/lib/\(triplet)/libone.so.1"),
      Row(
        found: "opt/x86_64", flags: ["-Wl,-rpath,/opt/${PLATFORM}"], lands: "usr/lib/\(triplet)/libone.so.1"),
      Row(
        found: "home/me/.pyenv/lib", flags: ["-Wl,-rpath,/home/me/.pyenv/lib"], lands: "usr/lib/\(triplet)/libone.so.1"),
    ]
    for row in rows {
      let shop = try Workshop()
      let source = try fakeHost(shop)
      let library = try shop.library("host/\(row.found)/libone.so.1", function: "one")
      if let text = row.configuration {
        try shop.write("host/etc/ld.so.conf", "# comment\ninclude /etc/ld.so.conf.d/*.conf\n")
        try shop.write("host/etc/ld.so.conf.d/b.conf", text)
        try shop.write("host/etc/ld.so.conf.d/a.other", "/nowhere\n")
      }
      let root = try image([("app/p", program(shop, "p", linked: library, row.flags), .application)])
      let closure = try compute(root, source)
      XCTAssertTrue(paths(closure).contains(row.lands), "\(row.found) \(row.flags): \(paths(closure))")
      XCTAssertEqual(paths(closure).filter { $0.hasSuffix("libone.so.1") }.count, 1)
      let result = try runs(root, closure, shop, ["/app/p"])
      XCTAssertTrue(result.succeeded, "\(row.found): \(result.end) \(result.errorText)")
    }
  }

  /// `LD_LIBRARY_PATH` of the image: what lies there is found, before a RUNPATH and after an RPATH.
  func testTheImagesLibraryPath() throws {
    let shop = try Workshop()
    let source = try fakeHost(shop)
    let library = try shop.library("layer/libone.so.1", function: "one")
    let root = try image([
      ("app/p", program(shop, "p", linked: library), .application),
      ("layers/x/lib/libone.so.1", library, .dependencies),
    ])
    XCTAssertEqual(failure { try compute(root, source) }?.code, "library_not_found")
    let layers = RootPath(literal: "layers/x/lib")
    let closure = try SharedObjectClosure.compute(of: root, platform: .host, source: source, libraryPath: [layers])
    XCTAssertFalse(paths(closure).contains { $0.contains("libone") }, "\(paths(closure))")
    XCTAssertEqual(closure.caveats, [])
    let result = try runs(root, closure, shop, ["--setenv", "LD_LIBRARY_PATH", "/layers/x/lib", "/app/p"])
    XCTAssertTrue(result.succeeded, "\(result.end) \(result.errorText)")
    // The host has another one, which the image's RUNPATH means; it is needed only without the variable.
    _ = try shop.library("host/opt/one/libone.so.1", function: "one")
    let two = try image([
      ("app/p", program(shop, "q", linked: library, ["-Wl,-rpath,/opt/one"]), .application),
      ("layers/x/lib/libone.so.1", library, .dependencies),
    ])
    XCTAssertTrue(try paths(compute(two, source)).contains("opt/one/libone.so.1"))
    let named = try SharedObjectClosure.compute(of: two, platform: .host, source: source, libraryPath: [layers])
    XCTAssertFalse(paths(named).contains("opt/one/libone.so.1"), "RUNPATH comes after the variable")
    let old = try image([
      (
        "app/p", program(shop, "r", linked: library, ["-Wl,-rpath,/opt/one", "-Wl,--disable-new-dtags"]), .application
      ), ("layers/x/lib/libone.so.1", library, .dependencies),
    ])
    let inherited = try SharedObjectClosure.compute(of: old, platform: .host, source: source, libraryPath: [layers])
    XCTAssertTrue(paths(inherited).contains("opt/one/libone.so.1"), "RPATH comes before it")
  }

  /// `$ORIGIN` is the place in the image, and outside of it the place where the build left the file.
  func testOriginKeepsTheRelativePlace() throws {
    let shop = try Workshop()
    let source = try fakeHost(shop)
    let two = try shop.library("build/lib/libtwo.so.1", function: "two")
    let one = try shop.library(
      "build/lib/libone.so.1", function: "one", calls: "two", [two.description, "-Wl,-rpath,$ORIGIN"])
    let file = try program(shop, "build/bin/p", linked: one, ["-Wl,-rpath,${ORIGIN}/../lib"])
    let root = try image([("srv/shop/bin/p", file, .application)])
    let closure = try compute(root, source)
    XCTAssertTrue(paths(closure).contains("srv/shop/lib/libone.so.1"), "\(paths(closure))")
    XCTAssertTrue(paths(closure).contains("srv/shop/lib/libtwo.so.1"), "\(paths(closure))")
    let result = try runs(root, closure, shop, ["/srv/shop/bin/p"])
    XCTAssertTrue(result.succeeded, "\(result.end) \(result.errorText)")
  }

  /// DT_RPATH is for everything that is loaded through the file, DT_RUNPATH for the file alone.
  func testRpathIsInheritedAndRunpathIsNot() throws {
    for (tags, isFound) in [("--disable-new-dtags", true), ("--enable-new-dtags", false)] {
      let shop = try Workshop()
      let source = try fakeHost(shop)
      let two = try shop.library("host/opt/l/libtwo.so.1", function: "two")
      let one = try shop.library("host/opt/l/libone.so.1", function: "one", calls: "two", [two.description])
      let file = try program(shop, "p", linked: one, ["-Wl,-rpath,/opt/l", "-Wl,\(tags)"])
      let root = try image([("app/p", file, .application)])
      if isFound {
        let closure = try compute(root, source)
        XCTAssertTrue(paths(closure).contains("opt/l/libtwo.so.1"), "\(paths(closure))")
        XCTAssertTrue(try runs(root, closure, shop, ["/app/p"]).succeeded)
      } else {
        let failure = failure { try compute(root, source) }
        XCTAssertEqual(failure?.code, "library_not_found")
        let message = failure?.message ?? ""
        for part in [
          "/opt/l/libone.so.1 needs libtwo.so.1", "through: /app/p → /opt/l/libone.so.1",
          "/lib/\(triplet) (the loader's own)",
        ] {
          XCTAssertTrue(message.contains(part), "\(part): \(message)")
        }
        XCTAssertTrue(failure?.hint?.contains("apt-file search libtwo.so.1") == true)
      }
    }
  }

  /// As in wheels: the second library is found by the DT_RPATH of what loads the first, which nothing in the image does.
  func testALibraryThatOnlyItsLoaderCanCompleteIsACaveat() throws {
    let shop = try Workshop()
    let source = try fakeHost(shop)
    let two = try shop.library("build/libtwo.so.1", function: "two")
    let one = try shop.library("build/libone.so.1", function: "one", calls: "two", [two.description])
    let tool = try shop.compile("p", hello)
    var root = try image([
      ("app/p", tool, .application), ("app/lib/libone.so.1", one, .application),
      ("app/lib/libtwo.so.1", two, .application),
    ])
    let closure = try compute(root, source)
    XCTAssertEqual(closure.caveats.map(\.path.absolute), ["/app/lib/libone.so.1"])
    XCTAssertTrue(
      closure.caveats[0].text.contains("libtwo.so.1") && closure.caveats[0].text.contains("/app/lib/libtwo.so.1"))
    // What is nowhere is still an error, and so is a program that does not find it.
    root = try image([("app/p", tool, .application), ("app/lib/libone.so.1", one, .application)])
    XCTAssertEqual(failure { try compute(root, source) }?.code, "library_not_found")
    let user = try program(shop, "user", linked: one, ["-Wl,-rpath,/app/lib", "-Wl,--enable-new-dtags"])
    root = try image([
      ("app/p", user, .application), ("app/lib/libone.so.1", one, .application),
      ("app/lib/libtwo.so.1", two, .application),
    ])
    XCTAssertEqual(failure { try compute(root, source) }?.code, "library_not_found")
  }

  func testLinksBecomeTheSonameWithTheRealBytes() throws {
    let shop = try Workshop()
    let source = try fakeHost(shop)
    let real = try shop.library("host/usr/lib/libone.so.1", function: "one")
    let file = try program(shop, "p", linked: real)
    try FileSystem.rename(real, to: shop.path("host/usr/lib/libone.so.1.2.3"))
    try FileSystem.createLink(shop.path("host/usr/lib/libone.so.1"), to: Array("/usr/lib/libone.so.1.2.3".utf8))
    let closure = try compute(image([("app/p", file, .application)]), source)
    let addition = try XCTUnwrap(closure.additions.first { $0.entry.path.name == "libone.so.1" })
    XCTAssertEqual(addition.source.name, "libone.so.1.2.3")
    guard case .host = addition.entry.content else { return XCTFail("\(addition.entry.content)") }
    XCTAssertFalse(paths(closure).contains { $0.hasSuffix("1.2.3") })
  }

  /// What the image has already at another place is linked to, not copied.
  func testALibraryThatIsInTheImageIsLinked() throws {
    let shop = try Workshop()
    let source = try fakeHost(shop)
    let one = try shop.library("host/home/me/lib/libone.so.1", function: "one")
    let file = try program(shop, "p", linked: one, ["-Wl,-rpath,/home/me/lib"])
    let root = try image([("app/p", file, .application), ("usr/local/lib/libone.so.1", one, .runtime)])
    let closure = try compute(root, source)
    let addition = try XCTUnwrap(closure.additions.first { $0.entry.path.name == "libone.so.1" })
    XCTAssertEqual(addition.entry.path.description, "usr/lib/\(triplet)/libone.so.1")
    guard case .link(let target) = addition.entry.content else { return XCTFail("not a link") }
    XCTAssertEqual(target, Array("/usr/local/lib/libone.so.1".utf8))
    XCTAssertTrue(try runs(root, closure, shop, ["/app/p"]).succeeded)
  }

  func testOtherArchitecturesArePassedOver() throws {
    let shop = try Workshop()
    let source = try fakeHost(shop)
    let one = try shop.library("host/usr/lib/libone.so.1", function: "one")
    let file = try program(shop, "p", linked: one, ["-Wl,-rpath,/opt/wrong"])
    let root = try image([("app/p", file, .application)])
    let wrong = shop.path("host/opt/wrong/libone.so.1")
    try FileSystem.createDirectory(wrong.parent)
    var bytes = try FileSystem.read(one)
    bytes[18] = 183
    try FileSystem.writeAtomically(bytes, to: wrong, durable: false)
    XCTAssertTrue(try paths(compute(root, source)).contains("usr/lib/libone.so.1"))
    try FileSystem.removeFile(one)
    let failure = failure { try compute(root, source) }
    XCTAssertEqual(failure?.code, "library_wrong_architecture")
    XCTAssertTrue(failure?.message.contains("arm64") == true, failure?.message ?? "")
  }

  /// A plug-in that nothing needs may be broken when it is not the application's; it leaves nothing behind.
  func testUnusableForeignObjectsAreCaveats() throws {
    let shop = try Workshop()
    let source = try fakeHost(shop)
    let extra = try shop.library("host/usr/lib/libextra.so.1", function: "extra")
    let gone = try shop.library("gone/libgone.so.1", function: "gone")
    let plugin = try shop.compile(
      "plugin.so", "int gone(void); int extra(void); int f(void) { return gone() + extra(); }",
      ["-shared", "-fPIC", extra.description, gone.description])
    try FileSystem.removeTree(gone.parent)
    let p = try shop.compile("p", hello)
    let closure = try compute(
      image([("app/p", p, .application), ("usr/lib/site/plugin.so", plugin, .dependencies)]), source)
    XCTAssertEqual(closure.caveats.map(\.path.description), ["usr/lib/site/plugin.so"])
    XCTAssertTrue(closure.caveats[0].text.contains("libgone.so.1"), closure.caveats[0].text)
    XCTAssertFalse(paths(closure).contains { $0.contains("libextra") })
    let strict = try image([("app/p", p, .application), ("app/plugin.so", plugin, .application)])
    XCTAssertEqual(failure { try compute(strict, source) }?.code, "library_not_found")
  }

  func testRequestedLibrariesMustBeThere() throws {
    let shop = try Workshop()
    let source = try fakeHost(shop)
    try shop.library("host/usr/lib/libone.so.1", function: "one")
    let root = try image([("app/p", shop.compile("p", hello), .application)])
    let closure = try compute(root, source, libraries: ["libone.so.1"])
    XCTAssertEqual(closure.additions.first { $0.entry.path.name == "libone.so.1" }?.neededBy, ["pack"])
    XCTAssertTrue(
      failure { try compute(root, source, libraries: ["libnone.so"]) }?.message.contains("pack needs libnone.so")
        == true)
  }

  func testTwoLibrariesForOnePlaceAreAnError() throws {
    let shop = try Workshop()
    let source = try fakeHost(shop)
    var files: [(path: String, host: HostPath, layer: LayerRole)] = []
    for (index, user) in ["ann", "bob"].enumerated() {
      let one = try shop.compile(
        "host/home/\(user)/libone.so.1", "int one(void) { return \(index); }",
        ["-shared", "-fPIC", "-Wl,-soname,libone.so.1"])
      files.append(
        ("app/\(user)", try program(shop, user, linked: one, ["-Wl,-rpath,/home/\(user)"]), .application))
    }
    let failure = failure { try compute(image(files), source) }
    // The second program finds the first one's library by its own search only if its own directory has none.
    XCTAssertEqual(failure?.code, "library_conflict")
    XCTAssertTrue(failure?.message.contains("home/ann/libone.so.1") == true, failure?.message ?? "")
  }

  func testMissingLoader() throws {
    let shop = try Workshop()
    let root = try image([("app/p", shop.compile("p", hello), .application)])
    let failure = failure { try compute(root, HostRuntimeSource(root: shop.path("empty"))) }
    XCTAssertEqual(failure?.code, "loader_missing")
    XCTAssertTrue(failure?.message.contains("/lib64/ld-linux-x86-64.so.2") == true)
  }

  func testOpenSSLModulesAndCharacterSets() throws {
    let shop = try Workshop()
    let source = """
      #include <iconv.h>
      #include <stdio.h>
      int main(void) {
        iconv_t h = iconv_open("UTF-8", "ISO-8859-1"); char in[] = "\\xe9", out[8]; char *i = in, *o = out;
        size_t a = 1, b = 8; if (h == (iconv_t)-1 || iconv(h, &i, &a, &o, &b) != 0) return 1;
        *o = 0; puts(out); return 0; }
      """
    let root = try image([("app/p", shop.compile("p", source), .application)])
    let closure = try compute(root, HostRuntimeSource(), libraries: ["libcrypto.so.3"])
    for name in ["ossl-modules/legacy.so", "gconv/gconv-modules", "gconv/ISO8859-1.so", "gconv/UTF-16.so"] {
      XCTAssertTrue(paths(closure).contains("usr/lib/\(triplet)/\(name)"), name)
    }
    XCTAssertFalse(paths(closure).contains { $0.contains("BIG5") })
    let result = try runs(root, closure, shop, ["/app/p"])
    XCTAssertEqual(result.outputText, "é\n", "\(result.end) \(result.errorText)")
  }

  func testMuslProgramsAndTheirPath() throws {
    let shop = try Workshop()
    let one = try shop.compile(
      "host/opt/musl/libone.so.1", "int one(void) { return 1; }",
      ["-shared", "-fPIC", "-Wl,-soname,libone.so.1"], compiler: "musl-gcc")
    let p = try shop.compile(
      "p", "int one(void); int main(void) { return one() - 1; }", [one.description], compiler: "musl-gcc")
    let loader = try XCTUnwrap(try HostRuntimeSource().file(at: RootPath(literal: "lib/ld-musl-x86_64.so.1")))
    try FileSystem.createDirectory(shop.path("host/lib"))
    try FileSystem.copyFile(loader.host, to: shop.path("host/lib/ld-musl-x86_64.so.1"), mode: 0o755)
    try shop.write("host/etc/ld-musl-x86_64.path", "/nowhere:/opt/musl\n/usr/lib\n")
    let root = try image([("app/p", p, .application)])
    let closure = try compute(root, HostRuntimeSource(root: shop.path("host")))
    XCTAssertEqual(paths(closure), ["usr/lib/ld-musl-x86_64.so.1", "usr/lib/libone.so.1"])
    let result = try runs(root, closure, shop, ["/app/p"])
    XCTAssertTrue(result.succeeded, "\(result.end) \(result.errorText)")
  }

  func testSameInputSameClosure() throws {
    let shop = try Workshop()
    let source = try fakeHost(shop)
    let one = try shop.library("host/usr/lib/libone.so.1", function: "one")
    var files: [(path: String, host: HostPath, layer: LayerRole)] = []
    for name in ["c", "a", "b"] { files.append(("app/\(name)", try program(shop, name, linked: one), .application)) }
    let describe = { (closure: SharedObjectClosure) in
      closure.additions.map { "\($0.entry.path) \($0.source) \($0.neededBy) \($0.entry.mode)" }
    }
    XCTAssertEqual(describe(try compute(image(files), source)), describe(try compute(image(files.reversed()), source)))
  }
}
