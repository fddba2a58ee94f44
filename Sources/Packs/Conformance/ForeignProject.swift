/// Small projects of one language each, which only a pack of that language may take for its own.
struct ForeignProject {
  /// Names by which a pack's manifest says that it knows this language.
  let languages: Set<String>
  let files: [String: String]

  static let all: [ForeignProject] = [
    ForeignProject(
      languages: ["go", "golang"],
      files: ["go.mod": "module example.com/foreign\n\ngo 1.21\n", "main.go": "package main\n\nfunc main() {}\n"]),
    ForeignProject(
      languages: ["python"],
      files: ["requirements.txt": "", "main.py": "if __name__ == \"__main__\":\n    print(\"hello\")\n"]),
    ForeignProject(
      languages: ["rust"],
      files: [
        "Cargo.toml": "[package]\nname = \"foreign\"\nversion = \"0.1.0\"\nedition = \"2021\"\n",
        "src/main.rs": "fn main() {}\n",
      ]),
    ForeignProject(
      languages: ["node", "nodejs", "javascript", "typescript", "deno", "bun"],
      files: [
        "package.json":
          "{\"name\": \"foreign\", \"version\": \"1.0.0\", \"scripts\": {\"start\": \"node index.js\"}}\n",
        "index.js": "require(\"http\").createServer().listen(8080)\n",
      ]),
    ForeignProject(
      languages: ["java", "kotlin", "jvm", "maven"],
      files: [
        "pom.xml": """
        <project xmlns="http://maven.apache.org/POM/4.0.0">
          <modelVersion>4.0.0</modelVersion>
          <groupId>example</groupId>
          <artifactId>foreign</artifactId>
          <version>1</version>
        </project>

        """,
        "src/main/java/Main.java": "public class Main { public static void main(String[] arguments) {} }\n",
      ]),
    ForeignProject(
      languages: ["dotnet", "csharp", "c#", "fsharp"],
      files: [
        "foreign.csproj": """
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net8.0</TargetFramework></PropertyGroup>
        </Project>

        """, "Program.cs": "System.Console.WriteLine(\"hello\");\n",
      ]),
    ForeignProject(
      languages: ["ruby", "rails"],
      files: [
        "Gemfile": "source \"https://rubygems.org\"\ngem \"rack\"\n", "config.ru": "run ->(env) { [200, {}, []] }\n",
      ]),
    ForeignProject(
      languages: ["php"], files: ["composer.json": "{\"name\": \"foreign/app\"}\n", "index.php": "<?php echo 1;\n"]),
    ForeignProject(
      languages: ["elixir"], files: ["mix.exs": "defmodule Foreign.MixProject do\nend\n", "lib/foreign.ex": "\n"]),
    ForeignProject(
      languages: ["zig"], files: ["build.zig": "pub fn build() void {}\n", "src/main.zig": "pub fn main() void {}\n"]),
    ForeignProject(
      languages: ["c", "make"],
      files: ["Makefile": "all:\n\tcc -o foreign main.c\n", "main.c": "int main(void) { return 0; }\n"]),
  ]
}
