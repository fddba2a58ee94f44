/// Methods that say something of a program, by owner and name.
enum JavaCallTable {
  enum Rule {
    /// The argument with a URL.
    case address(Int)
    case hostAndPort
    /// The first number.
    case port(String)
    case socketAddress
    /// The first text is the path.
    case route(String)
    case write, writeReceiver, writeSecond
    case temporary
    case key
  }

  static let rules: [String: Rule] = {
    var out: [String: Rule] = [:]
    func add(_ rule: Rule, _ owner: String, _ names: String...) { for name in names { out["\(owner).\(name)"] = rule } }
    add(.address(0), "java/net/URI", "create", "<init>")
    add(.address(0), "java/net/URL", "<init>")
    add(.address(0), "java/sql/DriverManager", "getConnection")
    add(.address(0), "com/zaxxer/hikari/HikariConfig", "setJdbcUrl")
    add(.address(0), "com/mongodb/client/MongoClients", "create")
    add(.address(0), "io/lettuce/core/RedisClient", "create")
    add(.address(0), "org/springframework/web/reactive/function/client/WebClient", "create")
    add(.address(0), "org/springframework/web/reactive/function/client/WebClient$Builder", "baseUrl")
    add(.address(0), "org/springframework/web/client/RestClient", "create")
    add(.address(0), "org/springframework/web/client/RestClient$Builder", "baseUrl")
    add(.address(0), "org/springframework/boot/web/client/RestTemplateBuilder", "rootUri")
    add(.address(0), "org/springframework/web/util/UriComponentsBuilder", "fromHttpUrl")
    add(.address(0), "org/springframework/web/util/UriComponentsBuilder", "fromUriString")
    add(
      .address(0), "org/springframework/web/client/RestTemplate", "getForObject", "getForEntity", "postForObject",
      "postForEntity", "postForLocation", "put", "delete", "exchange", "execute", "headForHeaders", "patchForObject",
      "optionsForAllow")
    add(.address(0), "okhttp3/Request$Builder", "url")
    add(.address(0), "retrofit2/Retrofit$Builder", "baseUrl")
    add(.address(0), "kong/unirest/Unirest", "get", "post", "put", "delete", "patch", "head")
    add(.address(0), "org/jsoup/Jsoup", "connect")
    for name in ["HttpGet", "HttpPost", "HttpPut", "HttpDelete", "HttpPatch", "HttpHead"] {
      add(.address(0), "org/apache/http/client/methods/\(name)", "<init>")
      add(.address(0), "org/apache/hc/client5/http/classic/methods/\(name)", "<init>")
    }
    for package in ["javax", "jakarta"] { add(.address(0), "\(package)/ws/rs/client/Client", "target") }
    add(.hostAndPort, "java/net/Socket", "<init>")
    add(.hostAndPort, "javax/net/SocketFactory", "createSocket")
    add(.hostAndPort, "javax/net/ssl/SSLSocketFactory", "createSocket")
    add(.hostAndPort, "redis/clients/jedis/Jedis", "<init>")
    add(.hostAndPort, "redis/clients/jedis/JedisPooled", "<init>")
    add(.hostAndPort, "io/grpc/ManagedChannelBuilder", "forAddress")
    add(.hostAndPort, "com/rabbitmq/client/ConnectionFactory", "setHost")
    add(.address(0), "com/rabbitmq/client/ConnectionFactory", "setUri")
    add(.socketAddress, "java/net/InetSocketAddress", "<init>", "createUnresolved")
    add(.port("tcp"), "java/net/ServerSocket", "<init>")
    add(.port("udp"), "java/net/DatagramSocket", "<init>")
    add(.port("tcp"), "javax/net/ServerSocketFactory", "createServerSocket")
    add(.port("tcp"), "javax/net/ssl/SSLServerSocketFactory", "createServerSocket")
    add(.port("tcp"), "io/javalin/Javalin", "start")
    add(.port("tcp"), "spark/Spark", "port")
    add(.port("tcp"), "spark/Service", "port")
    add(.port("tcp"), "io/vertx/core/http/HttpServer", "listen")
    add(.port("tcp"), "io/vertx/core/http/HttpServerOptions", "setPort")
    add(.port("tcp"), "org/eclipse/jetty/server/Server", "<init>")
    add(.port("tcp"), "org/eclipse/jetty/server/ServerConnector", "setPort")
    add(.port("tcp"), "io/undertow/Undertow$Builder", "addHttpListener")
    add(.port("tcp"), "io/grpc/ServerBuilder", "forPort")
    add(.port("tcp"), "io/netty/bootstrap/ServerBootstrap", "bind")
    add(.port("tcp"), "org/apache/catalina/startup/Tomcat", "setPort")
    add(.port("tcp"), "io/helidon/webserver/WebServerConfig$Builder", "port")
    add(.port("tcp"), "io/helidon/webserver/WebServer$Builder", "port")
    add(.port("tcp"), "reactor/netty/http/server/HttpServer", "port")
    add(.port("tcp"), "io/ktor/server/engine/EmbeddedServerKt", "embeddedServer", "embeddedServer$default")
    add(.route("*"), "com/sun/net/httpserver/HttpServer", "createContext")
    add(.route("*"), "com/sun/net/httpserver/HttpsServer", "createContext")
    for verb in ["get", "post", "put", "patch", "delete", "head", "options"] {
      for owner in [
        "io/javalin/Javalin", "io/javalin/router/JavalinDefaultRoutingApi", "io/javalin/config/RoutesConfig",
        "io/javalin/apibuilder/ApiBuilder", "spark/Spark", "spark/Service", "io/vertx/ext/web/Router",
        "io/helidon/webserver/http/HttpRouting$Builder", "io/helidon/webserver/http/HttpRules",
        "io/helidon/webserver/Routing$Rules", "io/helidon/webserver/Routing$Builder",
        "io/undertow/server/RoutingHandler", "ratpack/core/handling/Chain", "ratpack/handling/Chain",
      ] {
        add(.route(verb.uppercased()), owner, verb)
      }
      add(.route(verb.uppercased()), "io/ktor/server/routing/RoutingBuilderKt", verb)
      add(.route(verb.uppercased()), "io/ktor/server/routing/RoutingRoot", verb)
      for owner in [
        "org/springframework/web/servlet/function/RequestPredicates",
        "org/springframework/web/reactive/function/server/RequestPredicates",
        "org/springframework/web/servlet/function/RouterFunctions$Builder",
        "org/springframework/web/reactive/function/server/RouterFunctions$Builder",
      ] {
        add(.route(verb.uppercased()), owner, verb.uppercased())
      }
    }
    add(.route("*"), "io/vertx/ext/web/Router", "route", "all")
    add(.route("*"), "org/eclipse/jetty/servlet/ServletContextHandler", "addServlet")
    add(.route("*"), "org/eclipse/jetty/ee10/servlet/ServletContextHandler", "addServlet")
    add(.route("*"), "io/undertow/server/handlers/PathHandler", "addPrefixPath", "addExactPath")
    add(.write, "java/io/FileOutputStream", "<init>")
    add(.write, "java/io/FileWriter", "<init>")
    add(.write, "java/io/PrintWriter", "<init>")
    add(.write, "java/io/PrintStream", "<init>")
    add(.write, "java/io/RandomAccessFile", "<init>")
    add(.write, "java/util/logging/FileHandler", "<init>")
    add(
      .write, "java/nio/file/Files", "write", "writeString", "newBufferedWriter", "newOutputStream", "createFile",
      "createDirectory", "createDirectories")
    add(.writeSecond, "java/nio/file/Files", "copy", "move", "createLink", "createSymbolicLink")
    add(.writeReceiver, "java/io/File", "mkdir", "mkdirs", "createNewFile")
    add(.temporary, "java/nio/file/Files", "createTempFile", "createTempDirectory")
    add(.temporary, "java/io/File", "createTempFile")
    for owner in [
      "redis/clients/jedis/Jedis", "redis/clients/jedis/JedisPooled",
      "org/springframework/data/redis/core/ValueOperations", "org/springframework/data/redis/core/HashOperations",
      "org/springframework/cache/CacheManager", "io/lettuce/core/api/sync/RedisCommands",
    ] {
      add(
        .key, owner, "get", "set", "setex", "del", "incr", "hget", "hset", "exists", "expire", "sadd", "put",
        "getCache", "increment", "setIfAbsent", "getAndSet", "lpush", "rpush")
    }
    return out
  }()

}
