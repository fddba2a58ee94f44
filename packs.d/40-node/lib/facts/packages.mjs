// What a package of others may do on its own: kinds of facts that it can add without a call that this reader sees. A package
// that is not listed may do anything.
const quiet = `convict fastify-env env-schema axios got node-fetch cross-fetch isomorphic-fetch undici needle superagent request request-promise request-promise-native ky ws
accepts ajv ajv-formats archiver argon2 assert async async-handler bcrypt bcryptjs body-parser bytes celebrate chalk
class-transformer class-validator clsx compression connect-flash connect-timeout cookie cookie-parser cookie-session cors crypto-js csurf csv-parse
csv-stringify date-fns dayjs debug deepmerge dotenv dotenv-expand dotenv-flow dotenv-safe ejs envalid env-var errorhandler etag events express
express-async-errors express-async-handler express-handlebars express-promise-router express-rate-limit express-session express-slow-down
express-validator express-flash fast-json-stringify fastify fastify-plugin find-my-way fresh handlebars hbs helmet hono hpp http-assert
http-errors http-proxy-agent http-status http-status-codes humps immer immutable ioredis-mock iconv-lite ini inversify jade joi js-yaml
jsonwebtoken jwt-simple koa koa-body koa-bodyparser koa-compose koa-compress koa-cors koa-helmet koa-json koa-logger koa-mount koa-router lodash
lodash.merge luxon marked memoizee method-override mime mime-types mitt moment moment-timezone mongoose-unique-validator morgan ms mustache nanoid
neverthrow nunjucks object-hash on-finished p-limit p-queue p-retry passport passport-jwt passport-local pluralize polka prettysize pug
qs querystring ramda random range-parser raw-body reflect-metadata response-time rotating-file-stream rxjs safe-buffer sanitize-html semver
send serialize-javascript serve-favicon serve-static short-uuid slug slugify statuses string-similarity superstruct tiny-invariant toidentifier
tslib tsyringe type-is typebox typedi uid uid-safe underscore uniqid url-join util uuid validator vary xss yaml yup zod
@fastify/accepts @fastify/compress @fastify/cookie @fastify/cors @fastify/csrf-protection @fastify/env @fastify/error @fastify/etag @fastify/formbody
@fastify/helmet @fastify/jwt @fastify/rate-limit @fastify/secure-session @fastify/sensible @fastify/session @fastify/type-provider-typebox
@fastify/type-provider-json-schema-to-ts @fastify/under-pressure @fastify/autoload @fastify/view @hapi/boom @hapi/joi @hono/node-server
@hono/zod-validator @koa/cors @koa/router @koa/bodyparser @nestjs/common @nestjs/config @nestjs/core @nestjs/event-emitter @nestjs/jwt
@nestjs/mapped-types @nestjs/passport @nestjs/platform-express @nestjs/platform-fastify @nestjs/throttler @sinclair/typebox @t3-oss/env-core`;
const adds = {
  egress: `socket.io-client nodemailer
    mongoose mongodb pg pg-promise postgres mysql mysql2 mariadb redis ioredis amqplib kafkajs knex sequelize typeorm @nestjs/typeorm @nestjs/mongoose
    @nestjs/sequelize @prisma/client drizzle-orm mikro-orm @nestjs/axios connect-mongo connect-redis connect-pg-simple bull bullmq @nestjs/bull @nestjs/bullmq
    agenda stripe twilio openai @sendgrid/mail @sentry/node newrelic dd-trace aws-sdk minio cloudinary googleapis @octokit/rest firebase-admin
    jwks-rsa express-jwt openid-client express-http-proxy http-proxy-middleware @fastify/http-proxy @fastify/reply-from @fastify/mongodb
    @fastify/postgres @fastify/redis elasticsearch @elastic/elasticsearch memjs memcached nats mqtt neo4j-driver cassandra-driver`,
  writes: "winston winston-daily-rotate-file pino pino-pretty log4js bunyan multer sqlite3 better-sqlite3 lowdb nedb fs-extra formidable busboy @fastify/multipart koa-multer graceful-fs rimraf mkdirp level puppeteer sharp nestjs-pino pino-http express-fileupload sequelize knex typeorm @nestjs/typeorm drizzle-orm",
  routes: "@fastify/http-proxy express-openid-connect @fastify/static koa-static express-static-gzip serve-index swagger-ui-express @fastify/swagger @fastify/swagger-ui @nestjs/swagger @nestjs/serve-static",
  "cache-namespaces": "redis ioredis memcached memjs keyv node-cache lru-cache cache-manager @nestjs/cache-manager connect-redis bull bullmq @fastify/redis",
};

const words = text => text.split(/\s+/).filter(Boolean);
const known = new Map(words(quiet).map(name => [name, []]));
for (const [kind, names] of Object.entries(adds)) {
  for (const name of words(names)) known.set(name, [...known.get(name) ?? [], kind]);
}
/** What a client connects to is told by its own calls; what it adds beside them is a doubt all the same. */
export const everything = ["routes", "ports", "egress", "writes"];

const own = new Set(words(`assert async_hooks buffer cluster console constants crypto dgram diagnostics_channel dns domain events fs http http2 https
  inspector module net os path perf_hooks process punycode querystring readline repl stream string_decoder sys test timers tls trace_events tty url
  util v8 wasi worker_threads zlib child_process vm`));

export const packageOf = name => name.startsWith("@") ? name.split("/").slice(0, 2).join("/") : name.split("/")[0];

/** The kinds that a package may add unseen. */
export function addedBy(name) {
  const owner = packageOf(name);
  if (own.has(owner) || owner.startsWith("@types/")) return [];
  if (known.has(owner)) return known.get(owner);
  // By its name it reads settings, and these may come from the environment.
  return /(^|[-/@])(env|dotenv|conf|config|configs|configuration|settings|secrets?|vault)([-/.]|$)/i.test(owner) ? ["env", ...everything] : everything;
}
