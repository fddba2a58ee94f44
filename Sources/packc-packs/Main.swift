internal import Glibc
internal import LanguagePacks

@main struct Main {
  static func main() { exit(LanguagePackMain.run(CommandLine.arguments)) }
}
