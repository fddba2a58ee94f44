internal import PackCore
struct PythonPack: LanguagePack {
  func detect(_ request: PackRequest) throws -> DetectAnswer? { nil }
  func plan(_ request: PackRequest, _ notes: PackNotes) throws -> BuildPlan { BuildPlan() }
}
