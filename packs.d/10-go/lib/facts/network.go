package main

import (
	"go/ast"
	"go/token"
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

// handler is what a server is given to answer with: a function tells paths apart itself.
func (r *Reader) handler(node ast.Expr, at ast.Node, v value) {
	if node == nil {
		return
	}
	sources, _ := r.program.sources(value{node, v.file, v.env}, 0)
	for _, source := range sources {
		if hasPrefix(r.made(source), "net/http.HandlerFunc") {
			r.gap("the program tells paths apart itself", at, v.file, routesKind)
		}
		if hasPrefix(r.made(source), "net/http.FileServer", "net/http/httputil.") {
			r.gap("whatever path is asked for is answered", at, v.file, routesKind)
		}
	}
}

// resolved is an address that net has resolved or that a literal has: of something that listens or of something that connects.
func (r *Reader) resolved(node ast.Expr, at ast.Node, v value, transport string, listens bool) {
	if node == nil {
		return
	}
	kinds := []string{"egress"}
	if listens {
		kinds = []string{"ports"}
	}
	sources, open := r.program.sources(value{node, v.file, v.env}, 0)
	if open || len(sources) == 0 {
		r.gap("the address is no literal", at, v.file, kinds...)
	}
	for _, source := range sources {
		switch made := source.node.(type) {
		case *ast.CallExpr:
			text := argument(made, 1)
			if !strings.HasPrefix(r.program.qualified(made.Fun, source.file), "net.Resolve") || text == nil {
				r.gap("the address is no literal", at, v.file, kinds...)
			} else if listens {
				r.bind(text, at, source, transport)
			} else {
				r.address(text, at, source)
			}
		case *ast.CompositeLit:
			port, ok := r.program.field(source, "Port")
			if listens && ok {
				r.port(port.node, at, port, transport)
			} else {
				r.gap("the address is no literal", at, v.file, kinds...)
			}
		default:
			r.gap("the address is no literal", at, v.file, kinds...)
		}
	}
}

var servers = map[string]struct {
	index     int
	transport string
}{
	"net/http.ListenAndServe": {0, "tcp"}, "net/http.ListenAndServeTLS": {0, "tcp"},
	"github.com/valyala/fasthttp.ListenAndServe": {0, "tcp"}, "net.Listen": {1, ""}, "net.ListenPacket": {1, ""},
	"crypto/tls.Listen": {1, ""}, "github.com/valyala/fasthttp.ListenAndServeTLS": {0, "tcp"},
}

func (r *Reader) listen(node *ast.CallExpr, name, short string, v value) {
	switch name {
	case "net/http.ListenAndServe", "net/http.Serve":
		r.handler(argument(node, 1), node, v)
	case "net/http.ListenAndServeTLS":
		r.handler(argument(node, 3), node, v)
	case "net.ListenTCP", "net.ListenUDP":
		r.resolved(argument(node, 1), node, v, strings.ToLower(name[len("net.Listen"):]), true)
	case "net.DialTCP", "net.DialUDP":
		r.resolved(argument(node, 2), node, v, strings.ToLower(name[len("net.Dial"):]), false)
	}
	if server, ok := servers[name]; ok {
		transport := server.transport
		if transport == "" {
			if isUnix(argument(node, 0)) {
				return
			}
			transport = "tcp"
			for _, text := range r.fold(argument(node, 0), v).whole() {
				if strings.HasPrefix(text, "udp") {
					transport = "udp"
				}
			}
		}
		r.bind(argument(node, server.index), node, v, transport)
		return
	}
	selector, ok := node.Fun.(*ast.SelectorExpr)
	if !ok || name != "" {
		return
	}
	switch short {
	case "Run", "RunTLS", "Start", "StartTLS", "Listen", "ListenTLS", "ListenAndServe", "ListenAndServeTLS":
	default:
		return
	}
	kinds := r.kinds(selector.X, v)
	switch {
	case hasPrefix(kinds, "github.com/gin-gonic/gin."):
		if len(node.Args) == 0 && short == "Run" {
			// Gin's own default, unless PORT is set.
			r.site("ports", "8080/tcp", node, v.file)
			r.site("env-optional", "PORT", node, v.file)
			r.gap("the port is no literal", node, v.file, "ports")
			return
		}
		r.bind(argument(node, 0), node, v, "tcp")
	case hasPrefix(kinds, "github.com/labstack/echo.", "github.com/gofiber/fiber."):
		r.bind(argument(node, 0), node, v, "tcp")
	case short == "Listen" && hasPrefix(kinds, "net.ListenConfig"):
		r.bind(argument(node, 2), node, v, "tcp")
	case hasPrefix(kinds, "net/http.Server"):
		r.unaddressed(selector.X, node, v)
	case hasPrefix(kinds, "net/http."):
	case len(kinds) == 0 && len(node.Args) > 0 && !r.program.isMethod(short):
		for _, text := range r.fold(argument(node, 0), v).whole() {
			if portOf(text) != "" {
				r.bind(argument(node, 0), node, v, "tcp")
			}
		}
	}
}

// unaddressed is a server whose literal has no address, and then port 80, unless it is given one later.
func (r *Reader) unaddressed(server ast.Expr, at *ast.CallExpr, v value) {
	sources, _ := r.program.sources(value{server, v.file, v.env}, 0)
	for _, source := range sources {
		if _, ok := r.program.field(source, "Addr"); !ok {
			r.gap("a server whose address is not known", at, v.file, "ports")
		}
	}
}

var portAtEnd = regexp.MustCompile(`^(?:\[[^\]]*\]|[^:\s]*):(\d+)$`)

func portOf(text string) string {
	if match := portAtEnd.FindStringSubmatch(text); match != nil {
		return match[1]
	}
	return ""
}

// bind is an address on which something listens.
func (r *Reader) bind(node ast.Expr, at ast.Node, v value, transport string) {
	if node == nil {
		return
	}
	found := r.fold(node, v)
	if !found.closed() {
		r.gap("the address is no literal", at, v.file, "ports")
	}
	for _, text := range found.whole() {
		port := portOf(text)
		switch {
		case text == "" || text == ":http":
			port = "80"
		case text == ":https":
			port = "443"
		case port == "" && isDigits(text):
			port = text
		}
		if port == "0" {
			r.gap("a port that the system chooses", at, v.file, "ports")
		} else if port != "" {
			r.site("ports", port+"/"+transport, at, v.file)
		} else {
			r.gap("an address of a form that is not known", at, v.file, "ports")
		}
	}
}

func isDigits(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

func (r *Reader) port(node ast.Expr, at ast.Node, v value, transport string) {
	found := r.fold(node, v)
	if !found.closed() {
		r.gap("the port is no literal", at, v.file, "ports")
	}
	for _, text := range found.whole() {
		if isDigits(text) && text != "0" {
			r.site("ports", text+"/"+transport, at, v.file)
		}
	}
}

var hint = regexp.MustCompile(`(?i)(^|[a-z_])(urls?|uri|endpoint|base|api|host|server|webhook|dsn|broker|upstream|service|target|address|remote|addr)s?$`)
var noHint = regexp.MustCompile(`(?i)doc|license|homepage|terms|contact|help|logo|icon|image|link|href|origin|redirect|issuer|schema|namespace|cors|allowed|about|repo|author|project|website|example|front_?end`)

// hints are literals that are named like an address, where the list is open in any case: better known than not.
func (r *Reader) hints() {
	for _, file := range r.program.sorted() {
		ast.Inspect(file.tree, func(node ast.Node) bool {
			found, ok := node.(*ast.BasicLit)
			if !ok || found.Kind != token.STRING {
				return true
			}
			text := r.fold(found, value{found, file, nil}).whole()
			if len(text) == 0 || !network.MatchString(text[0]) {
				return true
			}
			name := nameOf(found, file)
			match := authority.FindStringSubmatch(text[0])
			if name != "" && hint.MatchString(name) && !noHint.MatchString(name) && match != nil && match[1] != "" &&
				!strings.ContainsAny(match[1], "{}%<>$") {
				r.hosts(text[0], found, file)
			}
			return true
		})
	}
}

// nameOf is what a literal is assigned to.
func nameOf(node ast.Node, file *File) string {
	for child, parent := node, file.parents[node]; parent != nil; child, parent = parent, file.parents[parent] {
		switch parent := parent.(type) {
		case *ast.BinaryExpr, *ast.CompositeLit, *ast.ParenExpr:
			continue
		case *ast.ValueSpec:
			for index, one := range parent.Values {
				if ast.Node(one) == child && index < len(parent.Names) {
					return parent.Names[index].Name
				}
			}
			return ""
		case *ast.AssignStmt:
			for index, one := range parent.Rhs {
				if ast.Node(one) == child && index < len(parent.Lhs) {
					return lastName(parent.Lhs[index])
				}
			}
			return ""
		case *ast.KeyValueExpr:
			if parent.Value == child {
				if key, ok := parent.Key.(*ast.Ident); ok {
					return key.Name
				}
				if key, ok := parent.Key.(*ast.BasicLit); ok {
					return strings.Trim(key.Value, "\"`")
				}
			}
			return ""
		case *ast.CallExpr:
			// `getEnv("API_URL", "https://…")`
			if first, ok := argument(parent, 0).(*ast.BasicLit); ok && ast.Node(first) != child {
				return strings.Trim(first.Value, "\"`")
			}
			return ""
		default:
			return ""
		}
	}
	return ""
}
