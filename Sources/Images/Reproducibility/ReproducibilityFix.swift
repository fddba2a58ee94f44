/// What to change in a project so that a cause no longer reaches its image, by the toolchain.
public enum ReproducibilityFix {
  /// - Parameter pack: `go`, `rust`, …; what is not said of it is said of all.
  public static func text(_ cause: DifferenceCause, pack: String, part: String? = nil) -> String {
    if part == ".note.gnu.build-id", cause == .random || cause == .buildID {
      return "link with -Wl,--build-id=sha1 (a digest of what was linked) or --build-id=none, not --build-id=uuid"
    }
    return byPack[pack]?[cause] ?? general[cause] ?? ""
  }

  private static let general: [DifferenceCause: String] = [
    .time: "write SOURCE_DATE_EPOCH (it is set in every step) in the place of the clock; no __DATE__ or __TIME__, "
      + "no `date`, and `tar --mtime=@$SOURCE_DATE_EPOCH`, `gzip -n`, `zip -X`",
    .path: "write paths relative to the project; compilers: -ffile-prefix-map=$PWD=. (C, C++), "
      + "--remap-path-prefix=$PWD=. (Rust), -trimpath (Go); no $PWD and no __FILE__ of an absolute path in outputs",
    .home: "do not write $HOME or ~ into outputs; give tools their directories by flags",
    .user: "do not write $USER, `id` or `whoami` into outputs; `tar --owner=0 --group=0 --numeric-owner`",
    .hostname: "do not write `hostname` or `uname -n` into outputs",
    .locale: "run what sorts, formats or spells under LC_ALL=C: `LC_ALL=C sort`; give encodings by name",
    .timezone: "write times in UTC: `date -u`, `TZ=UTC`, or no time at all",
    .umask: "set modes yourself: `install -m 0644`, `chmod`, `tar --mode=u=rwX,go=rX`, or `umask 022` first",
    .cpus: "do not write the number of CPUs, and do not split work by it into outputs; where the order of parallel "
      + "jobs reaches an output, use one job there",
    .order: "sort what you list: `ls | LC_ALL=C sort`, $(sort $(wildcard …)) in make, sorted(os.listdir(…)), "
      + "`tar --sort=name`",
    .random: "take the random source out of the build, or give it a fixed seed; with parallel jobs, try one job",
    .inputs:
      "take the source at the image's revision, with its packc.lock, and the tools that are named above; where all "
      + "of it is the same, `packc verify` of the source says what its builds depend on",
    .buildID: "link with -Wl,--build-id=sha1 (a digest of what was linked) or --build-id=none, not --build-id=uuid",
  ]

  private static let byPack: [String: [DifferenceCause: String]] = [
    "go": [
      .path:
        "packc builds with -trimpath; of C in cgo: `// #cgo CFLAGS: -ffile-prefix-map=${SRCDIR}=.`, and no __FILE__",
      .time: "no time in `-ldflags -X …=$(date)` and none in generated sources; use SOURCE_DATE_EPOCH",
      .random: "the Go toolchain itself gives the same bytes: look for `go generate`, cgo and embedded files",
    ],
    "rust": [
      .path: "in .cargo/config.toml: [build] rustflags = [\"--remap-path-prefix=/packc=.\"]; build scripts: no "
        + "env!(\"OUT_DIR\") and no absolute path in what they generate",
      .time: "build scripts that embed the time (built, vergen, …): let them read SOURCE_DATE_EPOCH, which is set",
      .order: "build scripts: sort what std::fs::read_dir gives; in procedural macros no HashMap's order in the output",
      .cpus: "[profile.release] codegen-units = 1",
      .random: "in build scripts and procedural macros no HashMap's order in the output (BTreeMap), no random numbers",
    ],
    "python": [
      .time: "wheels that are built here: a backend that honours SOURCE_DATE_EPOCH (flit, hatchling, setuptools ≥ 68)",
      .path: "extensions: CFLAGS=-ffile-prefix-map=$PWD=. ; Cython: relative names of sources",
      .order: "setup.py: sorted(glob.glob(…)) for sources and package data",
      .random: "nothing generated from a set's order: sort it, or PYTHONHASHSEED=0 in the step",
    ],
    "node": [
      .time: "bundlers: no Date.now() in define or banner; use process.env.SOURCE_DATE_EPOCH",
      .path: "bundlers: deterministic module ids (webpack: optimization.moduleIds \"deterministic\"), no __dirname",
      .random:
        "bundlers: content hashes in names ([contenthash]), no build id of random characters (Next.js: generateBuildId)",
      .order: "sort what fs.readdir gives before it is bundled",
    ],
    "java": [
      .time: "Maven: <project.build.outputTimestamp>1980-01-01T00:00:02Z</…>; Gradle: AbstractArchiveTask "
        + "{ preserveFileTimestamps = false; reproducibleFileOrder = true }",
      .order: "Gradle: reproducibleFileOrder = true; Maven: maven-jar-plugin ≥ 3.2",
      .user: "maven-jar-plugin ≥ 3.2 writes no Built-By; in older ones: <archive><manifestEntries>",
      .locale: "<project.build.sourceEncoding>UTF-8</…>; in Gradle options.encoding = \"UTF-8\"",
    ],
    "dotnet": [
      .path: "<PathMap>$(MSBuildProjectDirectory)=/_/</PathMap> and <DeterministicSourcePaths>true</…>",
      .random: "<Deterministic>true</Deterministic> (the default), no version with a * in it",
      .time: "<Deterministic>true</Deterministic>; no build date in AssemblyInfo",
    ],
  ]
}
