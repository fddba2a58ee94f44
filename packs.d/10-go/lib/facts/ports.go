package main

import (
	"go/ast"
	"regexp"
	"strings"
)

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
	if len(found.whole()) == 0 {
		for _, port := range r.portsBehind(value{node, v.file, v.env}) {
			r.site("ports", port+"/"+transport, at, v.file)
		}
	}
	for _, text := range found.whole() {
		port := portOf(text)
		switch {
		case text == "" && (len(found.all) > 1 || found.open):
			// What a variable has before it is given its address, or a flag that nobody gives.
			r.gap("the address is no literal", at, v.file, "ports")
			continue
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
