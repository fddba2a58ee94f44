package main

import (
	"go/ast"
	"reflect"
	"strconv"
	"strings"
)

const (
	goFlags     = "github.com/jessevdk/go-flags"
	goFlagsFork = "github.com/umputun/go-flags"
)

// tags reads the names in the tags of a struct that a library fills from the environment.
func (r *Reader) tags(node *ast.StructType, file *File) {
	for _, field := range node.Fields.List {
		if len(field.Names) == 0 && hasPrefix([]string{r.program.qualified(field.Type, file)}, "net/http.Client", "net.Dialer") {
			r.gap("a type with a client in it", field, file, "egress")
		}
		if field.Tag == nil {
			continue
		}
		plain, err := strconv.Unquote(field.Tag.Value)
		if err != nil {
			continue
		}
		tag := reflect.StructTag(plain)
		if name, ok := tag.Lookup("env"); ok && r.program.importsAny(
			"github.com/caarlos0/env", "github.com/sethvargo/go-envconfig", "github.com/ilyakaznacheev/cleanenv",
			"github.com/Netflix/go-env", "github.com/joeshaw/envdecode", "github.com/alecthomas/kong", goFlags, goFlagsFork, "github.com/jinzhu/configor") {
			options := strings.Split(name, ",")
			_, hasDefault := tag.Lookup("envDefault")
			required := tag.Get("env-required") == "true" || tag.Get("required") == "true"
			for _, option := range options[1:] {
				required = required || option == "required" || option == "notEmpty"
				hasDefault = hasDefault || strings.HasPrefix(option, "default=")
			}
			if _, ok := tag.Lookup("env-default"); ok {
				hasDefault = true
			}
			if _, ok := tag.Lookup("default"); ok && r.program.importsAny(goFlags, goFlagsFork) {
				hasDefault = true
			}
			r.tagged(options[0], required && !hasDefault, node, field, file)
		}
		if name, ok := tag.Lookup("envconfig"); ok && r.program.importsAny("github.com/kelseyhightower/envconfig") {
			_, hasDefault := tag.Lookup("default")
			r.tagged(name, tag.Get("required") == "true" && !hasDefault, node, field, file)
		}
	}
}

func (r *Reader) tagged(name string, required bool, node *ast.StructType, field *ast.Field, file *File) {
	if name == "" || name == "-" {
		return
	}
	kind := "env-optional"
	if required {
		kind = "env-required"
	}
	for _, prefix := range r.tagPrefixes(node, file, 0) {
		r.site(kind, prefix+name, field, file)
	}
}

// tagPrefixes are the texts that fields of this type put in front of the names: `envPrefix:"DB_"`, `env:",prefix=DB_"`.
func (r *Reader) tagPrefixes(node *ast.StructType, file *File, depth int) []string {
	name := ""
	if spec, ok := file.parents[node].(*ast.TypeSpec); ok {
		name = spec.Name.Name
	}
	var found []string
	if field, ok := file.parents[node].(*ast.Field); ok {
		found = append(found, r.tagBelow(prefixOf(field), field, file, depth)...)
	}
	for _, other := range r.program.sorted() {
		ast.Inspect(other.tree, func(inner ast.Node) bool {
			field, ok := inner.(*ast.Field)
			if !ok || name == "" || depth > 4 {
				return true
			}
			kind := field.Type
			if star, ok := kind.(*ast.StarExpr); ok {
				kind = star.X
			}
			if lastName(kind) == name {
				if _, ok := other.parents[other.parents[field]].(*ast.StructType); ok {
					found = append(found, r.tagBelow(prefixOf(field), field, other, depth)...)
				}
			}
			return true
		})
	}
	if len(found) == 0 {
		return []string{""}
	}
	return found
}

func (r *Reader) tagBelow(prefix string, field *ast.Field, file *File, depth int) []string {
	around, ok := file.parents[file.parents[field]].(*ast.StructType)
	if !ok || depth > 4 {
		return []string{prefix}
	}
	var found []string
	for _, before := range r.tagPrefixes(around, file, depth+1) {
		found = append(found, before+prefix)
	}
	return found
}

func prefixOf(field *ast.Field) string {
	if field.Tag == nil {
		return ""
	}
	plain, err := strconv.Unquote(field.Tag.Value)
	if err != nil {
		return ""
	}
	tag := reflect.StructTag(plain)
	if prefix, ok := tag.Lookup("envPrefix"); ok {
		return prefix
	}
	if prefix, ok := tag.Lookup("env-prefix"); ok {
		return prefix
	}
	if namespace, ok := tag.Lookup("env-namespace"); ok && namespace != "" {
		return namespace + "_" // go-flags' own delimiter
	}
	for _, option := range strings.Split(tag.Get("env"), ",") {
		if strings.HasPrefix(option, "prefix=") {
			return strings.TrimSpace(option[len("prefix="):])
		}
	}
	return ""
}
