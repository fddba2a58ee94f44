// Package config holds what the environment says.
package config

// Settings is all of it.
type Settings struct {
	Level string `envconfig:"LOG_LEVEL" default:"info"`
	Key   string `envconfig:"SHOP_KEY" required:"true"`
	URL   string `envconfig:"DB_URL" required:"true"`
	Pool  int    `envconfig:"DB_POOL" default:"4"`
}
