// Command shop serves a shop.
package main

import (
	"context"
	"log"
	"net"
	"net/http"
	"os"

	"github.com/kelseyhightower/envconfig"

	"example.com/shop/internal/api"
	"example.com/shop/internal/config"
)

func main() {
	var settings config.Settings
	if err := envconfig.Process("", &settings); err != nil {
		log.Fatal(err)
	}
	if os.Getenv("SHOP_DRY_RUN") != "" {
		return
	}
	if err := os.WriteFile("shop.pid", []byte("1"), 0o600); err != nil {
		log.Fatal(err)
	}
	udp, err := net.ListenPacket("udp", ":8125")
	if err != nil {
		log.Fatal(err)
	}
	defer udp.Close()
	server := &http.Server{Addr: ":8443", Handler: api.Router(context.Background(), settings)}
	log.Fatal(server.ListenAndServe())
}
