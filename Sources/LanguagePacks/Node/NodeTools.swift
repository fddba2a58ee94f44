/// Commands that scripts of Node projects start, by what they do when they run in production.
struct NodeTool {
  enum Role: Equatable {
    /// Answers requests.
    case server
    /// Hands out files that a build made.
    case files
    /// Runs a file of the project: `tsx server.ts`.
    case runner
    /// Runs a file again when it changes: the file is what is meant.
    case watcher
    /// Serves while people write code.
    case development
  }
  var name: String
  /// The package that brings the command.
  var package: String
  var role: Role
  /// Where it listens when nobody says otherwise.
  var port: Int? = nil
  /// Flags for port and address, where the variables PORT and HOST are not enough.
  var portFlag: String? = nil
  var hostFlag: String? = nil
  /// What makes it serve; other first arguments are something else (`next dev`). Empty: any.
  var verbs: Set<String> = []

  static func named(_ name: String) -> NodeTool? { all[name] }

  private static let all: [String: NodeTool] = Dictionary(
    uniqueKeysWithValues: (servers + files + runners + watchers + development).map { ($0.name, $0) })

  /// The tool that a package brings under its own name, or as the only one.
  static func ofPackage(_ package: String) -> NodeTool? {
    if let tool = all[package], tool.package == package { return tool }
    let found = all.values.filter { $0.package == package }
    return found.count == 1 ? found[0] : nil
  }

  private static let servers: [NodeTool] = [
    .init(
      name: "next", package: "next", role: .server, port: 3000, portFlag: "-p", hostFlag: "-H", verbs: ["start"]),
    .init(name: "nuxt", package: "nuxt", role: .server, port: 3000, verbs: ["start", "preview"]),
    .init(name: "nuxi", package: "nuxi", role: .server, port: 3000, verbs: ["start", "preview"]),
    .init(name: "remix-serve", package: "@remix-run/serve", role: .server, port: 3000),
    .init(name: "react-router-serve", package: "@react-router/serve", role: .server, port: 3000),
    .init(name: "blitz", package: "blitz", role: .server, port: 3000, verbs: ["start"]),
    .init(name: "vinxi", package: "vinxi", role: .server, port: 3000, verbs: ["start"]),
    .init(name: "rw-server", package: "@redwoodjs/api-server", role: .server, port: 8910),
    .init(name: "strapi", package: "@strapi/strapi", role: .server, port: 1337, verbs: ["start"]),
    .init(name: "medusa", package: "@medusajs/cli", role: .server, port: 9000, verbs: ["start"]),
    .init(name: "directus", package: "directus", role: .server, port: 8055, verbs: ["start"]),
    .init(name: "keystone", package: "@keystone-6/core", role: .server, port: 3000, verbs: ["start"]),
    .init(
      name: "fastify", package: "fastify-cli", role: .server, port: 3000, portFlag: "--port", hostFlag: "--address",
      verbs: ["start"]),
    .init(name: "micro", package: "micro", role: .server, port: 3000),
    .init(
      name: "functions-framework", package: "@google-cloud/functions-framework", role: .server, port: 8080),
    .init(name: "probot", package: "probot", role: .server, port: 3000, verbs: ["run"]),
    .init(
      name: "json-server", package: "json-server", role: .server, port: 3000, portFlag: "--port", hostFlag: "--host"),
    .init(name: "node-red", package: "node-red", role: .server, port: 1880),
    .init(name: "parse-server", package: "parse-server", role: .server, port: 1337),
    .init(name: "sails", package: "sails", role: .server, port: 1337, verbs: ["lift"]),
    .init(name: "moleculer-runner", package: "moleculer", role: .server),
    .init(name: "hubot", package: "hubot", role: .server, port: 8080),
    .init(name: "pm2-runtime", package: "pm2", role: .server),
    .init(name: "graphql-mesh", package: "@graphql-mesh/cli", role: .server, port: 4000),
    .init(name: "mastra", package: "mastra", role: .server, port: 4111, verbs: ["start"]),
  ]
  private static let files: [NodeTool] = [
    .init(name: "serve", package: "serve", role: .files, port: 3000, portFlag: "-l"),
    .init(name: "http-server", package: "http-server", role: .files, port: 8080, portFlag: "-p", hostFlag: "-a"),
    .init(name: "sirv", package: "sirv-cli", role: .files, port: 8080, portFlag: "--port", hostFlag: "--host"),
    .init(name: "ws", package: "local-web-server", role: .files, port: 8000, portFlag: "--port"),
    .init(
      name: "superstatic", package: "superstatic", role: .files, port: 3474, portFlag: "--port", hostFlag: "--host"),
    .init(
      name: "vite", package: "vite", role: .files, port: 4173, portFlag: "--port", hostFlag: "--host",
      verbs: ["preview"]),
    .init(
      name: "astro", package: "astro", role: .files, port: 4321, portFlag: "--port", hostFlag: "--host",
      verbs: ["preview"]),
    .init(
      name: "gatsby", package: "gatsby", role: .files, port: 9000, portFlag: "-p", hostFlag: "-H", verbs: ["serve"]),
    .init(
      name: "docusaurus", package: "@docusaurus/core", role: .files, port: 3000, portFlag: "--port", hostFlag: "--host",
      verbs: ["serve"]),
  ]
  private static let runners: [NodeTool] = [
    .init(name: "tsx", package: "tsx", role: .runner), .init(name: "ts-node", package: "ts-node", role: .runner),
    .init(name: "ts-node-esm", package: "ts-node", role: .runner),
    .init(name: "babel-node", package: "@babel/node", role: .runner),
    .init(name: "vite-node", package: "vite-node", role: .runner),
    .init(name: "jiti", package: "jiti", role: .runner), .init(name: "esno", package: "esno", role: .runner),
    .init(name: "coffee", package: "coffeescript", role: .runner),
    .init(name: "sucrase-node", package: "sucrase", role: .runner),
    .init(name: "swc-node", package: "@swc-node/cli", role: .runner),
  ]
  private static let watchers: [NodeTool] = [
    .init(name: "nodemon", package: "nodemon", role: .watcher),
    .init(name: "node-dev", package: "node-dev", role: .watcher),
    .init(name: "supervisor", package: "supervisor", role: .watcher),
    .init(name: "forever", package: "forever", role: .watcher),
  ]
  private static let development: [NodeTool] =
    [
      "react-scripts", "craco", "react-app-rewired", "vue-cli-service", "ng", "webpack", "webpack-dev-server", "parcel",
      "snowpack", "rollup", "esbuild", "wp-scripts", "gulp", "grunt", "ember", "expo", "react-native", "electron",
      "electron-forge", "electron-vite", "storybook", "start-storybook", "live-server", "lite-server", "browser-sync",
      "eleventy", "hexo", "vuepress", "vitepress", "tsc", "tsup", "tsc-watch", "ts-node-dev", "tsnd", "jest", "vitest",
      "mocha", "eslint", "prettier", "tailwindcss", "tailwind", "sass", "postcss", "stencil", "umi", "max", "preact",
      "taro", "quasar", "web-dev-server", "wds", "wrangler", "netlify", "vercel", "serverless", "sls", "firebase",
      "polymer", "elm-app", "lerna", "mix", "laravel-mix", "encore", "rspack", "rsbuild", "farm", "plasmo", "slidev",
      "honkit", "cordova", "ionic", "wxt", "web-ext", "shadow-cljs", "elm-live", "tauri", "budo", "hugo",
    ].map { .init(name: $0, package: $0, role: .development) }

  /// Static servers in the order in which one is taken when several are among the packages.
  static let fileServers = ["serve", "http-server", "sirv", "ws", "superstatic"].compactMap { all[$0] }

  /// Programs that are another language's: what they start is not ours.
  static let foreign: Set<String> = [
    "bin/rails", "bundle", "cargo", "composer", "docker", "docker-compose", "dotnet", "elixir", "flask", "foreman",
    "go",
    "gradle", "gunicorn", "hivemind", "iex", "java", "make", "mix", "mvn", "overmind", "php", "pip", "poetry", "puma",
    "python", "python3", "rackup", "rails", "rake", "ruby", "sbt", "uv", "uvicorn", "vendor/bin/heroku-php-apache2",
    "vendor/bin/heroku-php-nginx", "./gradlew", "./mvnw", "./manage.py", "bin/web",
  ]

  /// Builders of pages, by package, and where they leave them.
  static let siteBuilders: [(package: String, output: String)] = [
    ("react-scripts", "build"), ("@sveltejs/kit", "build"), ("@docusaurus/core", "build"), ("gatsby", "public"),
    ("@vue/cli-service", "dist"),
    ("@11ty/eleventy", "_site"), ("vitepress", ".vitepress/dist"), ("astro", "dist"), ("vite", "dist"),
    ("@angular/cli", "dist"), ("parcel", "dist"), ("hexo", "public"), ("webpack", "dist"), ("rollup", "dist"),
    ("preact-cli", "build"), ("@rsbuild/core", "dist"), ("@rspack/cli", "dist"), ("esbuild", "dist"),
    ("ember-cli", "dist"), ("elm", "dist"), ("nuxt", ".output/public"),
  ]
}
