package main

import (
	"go/ast"
	"regexp"
	"strings"
)

// urls are functions that connect, with the argument that says where to.
var urls = map[string]int{
	"net/http.Get": 0, "net/http.Head": 0, "net/http.Post": 0, "net/http.PostForm": 0, "net/http.NewRequest": 1,
	"net/http.NewRequestWithContext": 2, "net.Dial": 1, "net.DialTimeout": 1, "crypto/tls.Dial": 1,
	"crypto/tls.DialWithDialer": 2, "net/rpc.Dial": 1, "net/rpc.DialHTTP": 1, "net/rpc/jsonrpc.Dial": 1, "net/smtp.Dial": 0,
	"net/smtp.SendMail": 0, "net/textproto.Dial": 1, "net/url.Parse": 0,
	"google.golang.org/grpc.Dial": 0, "google.golang.org/grpc.NewClient": 0, "google.golang.org/grpc.DialContext": 1,
	"github.com/redis/go-redis.ParseURL": 0, "github.com/go-redis/redis.ParseURL": 0, "github.com/gomodule/redigo/redis.Dial": 1,
	"github.com/gomodule/redigo/redis.DialURL": 0, "github.com/jackc/pgx.Connect": 1, "github.com/jackc/pgx/v5/pgxpool.New": 1,
	"github.com/jackc/pgx/v4/pgxpool.Connect": 1, "github.com/jackc/pgx/pgxpool.New": 1, "github.com/jackc/pgx.ParseConfig": 0,
	"github.com/jackc/pgx/v5/pgxpool.ParseConfig": 0, "github.com/jackc/pgx/v4/pgxpool.ParseConfig": 0,
	"gorm.io/driver/postgres.Open": 0, "gorm.io/driver/mysql.Open": 0, "gorm.io/driver/sqlserver.Open": 0,
	"database/sql.Open": 1, "github.com/jmoiron/sqlx.Open": 1, "github.com/jmoiron/sqlx.Connect": 1,
	"github.com/jmoiron/sqlx.MustConnect": 1, "github.com/jmoiron/sqlx.ConnectContext": 2, "github.com/jinzhu/gorm.Open": 1,
	"github.com/rabbitmq/amqp091-go.Dial": 0, "github.com/streadway/amqp.Dial": 0, "github.com/nats-io/nats.go.Connect": 0,
	"github.com/minio/minio-go/v7.New": 0, "github.com/minio/minio-go.New": 0, "github.com/segmentio/kafka-go.TCP": 0,
	"github.com/segmentio/kafka-go.DialLeader": 2, "github.com/bradfitz/gomemcache/memcache.New": 0,
	"golang.org/x/net/websocket.Dial": 0, "github.com/valyala/fasthttp.Get": 1, "github.com/valyala/fasthttp.Post": 1,
	"github.com/IBM/sarama.NewSyncProducer": 0, "github.com/Shopify/sarama.NewSyncProducer": 0,
}

// fields of literals that say where to connect, by the type of the literal.
var addresses = map[string][]string{
	"github.com/redis/go-redis.Options": {"Addr"}, "github.com/go-redis/redis.Options": {"Addr"},
	"github.com/redis/go-redis.ClusterOptions": {"Addrs"}, "github.com/redis/go-redis.UniversalOptions": {"Addrs"},
	"github.com/elastic/go-elasticsearch/v8.Config": {"Addresses"}, "github.com/elastic/go-elasticsearch.Config": {"Addresses"},
	"github.com/go-sql-driver/mysql.Config": {"Addr"}, "github.com/segmentio/kafka-go.ReaderConfig": {"Brokers"},
	"github.com/segmentio/kafka-go.WriterConfig": {"Brokers"}, "github.com/getsentry/sentry-go.ClientOptions": {"Dsn"},
	"gorm.io/driver/postgres.Config": {"DSN"}, "gorm.io/driver/mysql.Config": {"DSN"},
}

// methods that connect, by what they are called on.
var clients = []struct {
	kind    string
	methods map[string]int
}{
	{"net/http.Client", map[string]int{"Get": 0, "Head": 0, "Post": 0, "PostForm": 0}},
	{"net/http.DefaultClient", map[string]int{"Get": 0, "Head": 0, "Post": 0, "PostForm": 0}},
	{"net.Dialer", map[string]int{"Dial": 1, "DialContext": 2}},
	{"crypto/tls.Dialer", map[string]int{"Dial": 1, "DialContext": 2}},
	{"github.com/gorilla/websocket.", map[string]int{"Dial": 0, "DialContext": 1}},
	{"github.com/go-resty/resty.", map[string]int{"Get": 0, "Post": 0, "Put": 0, "Delete": 0, "Patch": 0, "Head": 0, "Execute": 1,
		"SetBaseURL": 0, "SetHostURL": 0}},
	{"go.mongodb.org/mongo-driver/mongo/options.Client", map[string]int{"ApplyURI": 0}},
}

var scheme = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*://`)

var network = regexp.MustCompile(`(?i)^(https?|wss?|ftps?|rediss?|postgres(ql)?|mysql|mariadb|mongodb(\+srv)?|amqps?|mqtts?|nats|tcp|udp|grpcs?|ldaps?|smtps?|clickhouse|kafka|sqlserver)://`)

var authority = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?([^/?#@{}%]*)([/?#]?)`)

var wholeHost = regexp.MustCompile(`^([\w.-]+\.[A-Za-z]{2,}|localhost|[\w.-]+:\d+|[\w.-]+\.[A-Za-z]{2,}:\d+)$`)

var plainHost = regexp.MustCompile(`^([\w.-]+|\[[0-9A-Fa-f:.%]+\])(:\w+)?$`)

var mysqlAddress = regexp.MustCompile(`@(?:tcp[46]?)?\(([^)]*)\)`)
var keyHost = regexp.MustCompile(`\bhost='?([^\s']+)`)
var keyPort = regexp.MustCompile(`\bport='?(\d+)`)

func (r *Reader) connect(node *ast.CallExpr, name, short string, v value) {
	if index, ok := urls[name]; ok {
		if name == "net/url.Parse" {
			r.parsed(node, v)
			return
		}
		if strings.HasPrefix(name, "net.Dial") && isUnix(argument(node, 0)) {
			return
		}
		if isSQL(name) {
			for _, driver := range r.fold(argument(node, index-1), v).whole() {
				if strings.HasPrefix(driver, "sqlite") {
					return
				}
			}
		}
		r.address(argument(node, index), node, v)
		return
	}
	selector, ok := node.Fun.(*ast.SelectorExpr)
	if !ok || name != "" {
		if name == "net/http/httputil.NewSingleHostReverseProxy" && !r.isParsed(argument(node, 0), v) {
			r.gap("where a proxy connects to is no literal", node, v.file, "egress")
		}
		return
	}
	kinds := r.kinds(selector.X, v)
	for _, client := range clients {
		if !hasPrefix(kinds, client.kind) {
			continue
		}
		if index, ok := client.methods[short]; ok && index < len(node.Args) {
			if short == "Dial" && isUnix(argument(node, 0)) {
				return
			}
			r.address(argument(node, index), node, v)
			return
		}
	}
	r.unknownClient(node, selector, short, kinds, v)
}

func isSQL(name string) bool {
	return strings.HasSuffix(name, "sql.Open") || strings.Contains(name, "sqlx.") || strings.Contains(name, "jinzhu/gorm.")
}

func isUnix(node ast.Expr) bool {
	found, ok := node.(*ast.BasicLit)
	return ok && strings.HasPrefix(found.Value, `"unix`)
}

// unknownClient looks at a method of something that nobody knows: its argument says what it is.
func (r *Reader) unknownClient(node *ast.CallExpr, selector *ast.SelectorExpr, short string, kinds []string, v value) {
	switch short {
	case "Get", "Post", "Put", "Delete", "Patch", "Head", "PostForm", "Dial", "DialContext", "Execute", "SetBaseURL", "Connect",
		"WithEndpoint", "ApplyURI":
	default:
		return
	}
	for _, argument := range node.Args {
		found := r.fold(argument, v)
		for _, one := range found.all {
			if network.MatchString(one.text) {
				r.address(argument, node, v)
				return
			}
		}
	}
	name := strings.ToLower(lastName(selector.X))
	if strings.HasSuffix(name, "client") && len(kinds) == 0 && len(node.Args) > 0 && r.program.importsAny("net/http") &&
		(short == "Get" || short == "Head" || short == "Post" || short == "PostForm") && !r.program.isMethod(short) {
		r.gap("what a client is asked is no literal", node, v.file, "egress")
	}
}

// isMethod tells whether a type of the project has such a method.
func (p *Program) isMethod(name string) bool {
	for _, pkg := range p.packages {
		if len(pkg.methods[name]) > 0 {
			return true
		}
	}
	return false
}

// parsed is `url.Parse`: a literal of a network's scheme is where the program will connect to; any other text may be.
func (r *Reader) parsed(node *ast.CallExpr, v value) {
	found := r.fold(argument(node, 0), v)
	for _, one := range found.all {
		if network.MatchString(one.text) {
			r.address(argument(node, 0), node, v)
			return
		}
	}
}

func (r *Reader) isParsed(node ast.Expr, v value) bool {
	if node == nil {
		return false
	}
	return r.fold(node, v).closed()
}

// address is what an expression says of a host.
func (r *Reader) address(node ast.Expr, at ast.Node, v value) {
	if node == nil {
		return
	}
	if list, ok := node.(*ast.CompositeLit); ok {
		for _, element := range list.Elts {
			r.address(element, at, v)
		}
		return
	}
	sources, _ := r.program.sources(value{node, v.file, v.env}, 0)
	lists := 0
	for _, source := range sources {
		if list, ok := source.node.(*ast.CompositeLit); ok {
			lists++
			for _, element := range list.Elts {
				r.address(element, at, source)
			}
		}
	}
	if lists > 0 && lists == len(sources) {
		return
	}
	found := r.fold(node, v)
	if found.open || len(found.all) == 0 {
		r.gap("the URL or host is no literal", at, v.file, "egress")
	}
	for _, one := range found.all {
		r.addressText(one, at, v.file)
	}
}

func (r *Reader) addressText(one text, at ast.Node, file *File) {
	if strings.HasPrefix(one.text, "/") && !strings.HasPrefix(one.text, "//") && one.whole {
		return // a path below the base of a client, or a socket
	}
	if strings.HasPrefix(one.text, "unix:") || strings.HasPrefix(one.text, "file:") || one.text == ":memory:" {
		return
	}
	if !one.whole {
		match := authority.FindStringSubmatch(one.text)
		if match != nil && match[2] != "" {
			r.hosts(one.text, at, file)
			return
		}
		r.gap("the URL or host is no literal", at, file, "egress")
		if match != nil && wholeHost.MatchString(match[1]) {
			r.hosts(one.text, at, file)
		}
		return
	}
	r.hosts(one.text, at, file)
}

// hosts is every host of a URL, of a connection string, or of a plain address.
func (r *Reader) hosts(text string, at ast.Node, file *File) {
	switch {
	case scheme.MatchString(text):
		rest := text[strings.Index(text, "://")+3:]
		if cut := strings.IndexAny(rest, "/?#"); cut >= 0 {
			rest = rest[:cut]
		}
		if cut := strings.LastIndex(rest, "@"); cut >= 0 {
			rest = rest[cut+1:]
		}
		if match := mysqlAddress.FindStringSubmatch("@" + rest); match != nil {
			rest = match[1]
		}
		for _, host := range strings.Split(rest, ",") {
			if host != "" {
				r.site("egress", strings.TrimPrefix(host, ":"), at, file)
			}
		}
	case mysqlAddress.MatchString(text):
		r.site("egress", mysqlAddress.FindStringSubmatch(text)[1], at, file)
	case keyHost.MatchString(text):
		host := keyHost.FindStringSubmatch(text)[1]
		if strings.HasPrefix(host, "/") {
			return
		}
		if port := keyPort.FindStringSubmatch(text); port != nil {
			host += ":" + port[1]
		}
		r.site("egress", host, at, file)
	case strings.HasPrefix(text, ":"):
		r.site("egress", "localhost"+text, at, file)
	case text == "" || strings.Contains(text, "="):
	case !plainHost.MatchString(text) || strings.HasSuffix(text, ".db"):
		r.gap("an address of a form that is not known", at, file, "egress")
	default:
		r.site("egress", text, at, file)
	}
}

// composite looks at literals of types that say where to connect, where to listen, and what to write.
func (r *Reader) composite(node *ast.CompositeLit, file *File) {
	name := r.program.qualified(node.Type, file)
	v := value{node, file, nil}
	for _, element := range node.Elts {
		pair, ok := element.(*ast.KeyValueExpr)
		if !ok {
			continue
		}
		key, ok := pair.Key.(*ast.Ident)
		if !ok {
			continue
		}
		for _, field := range addresses[name] {
			if key.Name == field {
				r.address(pair.Value, pair, v)
			}
		}
		switch {
		case name == "net/http.Server" && key.Name == "Addr":
			r.bind(pair.Value, pair, v, "tcp")
		case name == "net/http.Request" && (key.Name == "URL" || key.Name == "Host"):
			r.gap("a request is put together by hand", pair, file, "egress")
		case name == "net/http/httputil.ReverseProxy" && (key.Name == "Director" || key.Name == "Rewrite"):
			r.gap("where a proxy connects to is no literal", pair, file, "egress")
		case name == "net/http.Server" && key.Name == "Handler":
			r.handler(pair.Value, pair, v)
		case key.Name == "Filename" && strings.HasSuffix(name, "lumberjack.Logger"):
			r.path(pair.Value, pair, v)
		case key.Name == "EnvVars" || key.Name == "EnvVar":
			if strings.HasPrefix(name, "github.com/urfave/cli") {
				r.flagVariables(pair.Value, v)
			}
		}
	}
}

func (r *Reader) flagVariables(node ast.Expr, v value) {
	if list, ok := node.(*ast.CompositeLit); ok {
		for _, element := range list.Elts {
			r.variable(element, node, v, false)
		}
		return
	}
	for _, text := range r.fold(node, v).whole() {
		for _, name := range strings.Split(text, ",") {
			r.site("env-optional", strings.TrimSpace(name), node, v.file)
		}
	}
}
