/// Packages of others: what they may do on their own.
enum JavaLibraries {
  private static let prefixes = [
    "akka/", "android/", "antlr/", "aopalliance/", "brave/", "ch/qos/", "com/amazonaws/", "com/auth0/", "com/azure/",
    "com/fasterxml/",
    "com/github/benmanes/", "com/google/", "com/h2database/", "com/jayway/", "com/microsoft/", "com/mongodb/",
    "com/mysql/",
    "com/nimbusds/", "com/rabbitmq/", "com/squareup/", "com/sun/", "com/thoughtworks/", "com/typesafe/", "com/zaxxer/",
    "dev/samstevens/", "feign/", "freemarker/", "graphql/", "groovy/", "io/grpc/", "io/helidon/", "io/javalin/",
    "io/jsonwebtoken/",
    "io/ktor/", "io/lettuce/", "io/micrometer/", "io/micronaut/", "io/netty/", "io/opentelemetry/",
    "io/projectreactor/",
    "io/quarkus/", "io/r2dbc/", "io/reactivex/", "io/smallrye/", "io/swagger/", "io/undertow/", "io/vavr/", "io/vertx/",
    "jakarta/",
    "java/", "javassist/", "javax/", "jdk/", "jersey/", "kotlin/", "kotlinx/", "liquibase/", "lombok/",
    "net/bytebuddy/", "net/minidev/",
    "nonapi/", "ognl/", "okhttp3/", "okio/", "org/antlr/", "org/apache/", "org/aspectj/", "org/assertj/",
    "org/attoparser/",
    "org/bouncycastle/", "org/checkerframework/", "org/codehaus/", "org/dom4j/", "org/eclipse/", "org/flywaydb/",
    "org/glassfish/",
    "org/h2/", "org/hamcrest/", "org/hibernate/", "org/hsqldb/", "org/http4k/", "org/intellij/", "org/jboss/",
    "org/jetbrains/",
    "org/joda/", "org/jooq/", "org/json/", "org/jsoup/", "org/junit/", "org/mapstruct/", "org/mariadb/", "org/mockito/",
    "org/mongodb/",
    "org/objectweb/", "org/objenesis/", "org/ow2/", "org/postgresql/", "org/projectlombok/", "org/quartz/",
    "org/reactivestreams/",
    "org/slf4j/", "org/springdoc/", "org/springframework/", "org/sqlite/", "org/thymeleaf/", "org/w3c/", "org/webjars/",
    "org/xerial/",
    "org/xml/", "org/yaml/", "reactor/", "redis/clients/", "retrofit2/", "scala/", "spark/", "sun/", "kong/unirest/",
    "freemarker/",
  ]
  /// They add nothing that a call of the program does not say.
  private static let quiet = [
    "java/", "javax/annotation/", "javax/inject/", "javax/validation/", "javax/crypto/", "javax/net/", "javax/ws/rs/",
    "javax/servlet/",
    "javax/xml/", "javax/security/", "javax/management/",
    "jakarta/annotation/", "jakarta/inject/", "jakarta/validation/", "jakarta/ws/rs/", "jakarta/servlet/",
    "com/fasterxml/jackson/",
    "com/google/common/", "com/google/gson/", "com/sun/net/httpserver/", "kotlin/", "lombok/",
    "org/apache/commons/lang",
    "org/apache/commons/codec/", "org/apache/commons/io/", "org/apache/commons/text/", "org/apache/commons/collections",
    "org/jetbrains/annotations/", "org/json/", "org/slf4j/", "io/javalin/", "spark/", "okhttp3/", "io/vavr/",
    "org/mapstruct/",
    "io/github/cdimarcon/dotenv/", "org/w3c/", "org/xml/",
  ]

  static func isLibrary(_ name: String) -> Bool { prefixes.contains { name.hasPrefix($0) } }

  /// The library that a class which is not the program's own belongs to, when that may add something; nil when not.
  static func adding(_ name: String) -> String? {
    guard !name.hasPrefix("["), name.contains("/"), !quiet.contains(where: name.hasPrefix) else { return nil }
    let words = name.split(separator: "/")
    return words.prefix(max(1, min(3, words.count - 1))).joined(separator: ".")
  }

  /// Of settings, which may come from the environment: by what it is, or by its name.
  static func readsSettings(_ library: String) -> Bool {
    [
      "com.typesafe", "io.dropwizard", "io.helidon", "io.ktor", "io.micronaut", "io.quarkus", "org.eclipse",
      "org.springframework",
    ]
    .contains { library.hasPrefix($0) }
      || ["config", "dotenv", "settings"].contains { library.lowercased().contains($0) }
  }
}
