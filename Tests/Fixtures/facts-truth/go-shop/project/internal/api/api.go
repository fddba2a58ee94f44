// Package api answers requests.
package api

import (
	"context"
	"fmt"
	"net/http"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/redis/go-redis/v9"

	"example.com/shop/internal/config"
)

type shop struct {
	cache  *redis.Client
	client *http.Client
}

// Router has every route.
func Router(ctx context.Context, settings config.Settings) http.Handler {
	s := &shop{cache: redis.NewClient(&redis.Options{Addr: "redis:6379"}), client: &http.Client{}}
	r := chi.NewRouter()
	r.Use(middleware.Recoverer)
	r.Get("/", s.ok)
	r.Route("/products", func(r chi.Router) {
		r.Get("/{id}", s.product)
		r.With(middleware.NoCache).Post("/{id}/reviews", s.ok)
		r.Group(func(r chi.Router) {
			r.Delete("/{id:[0-9]+}", s.ok)
		})
	})
	r.Mount("/admin", admin(s))
	r.Method(http.MethodPut, "/basket", http.HandlerFunc(s.ok))
	r.Handle("/legacy/*", http.HandlerFunc(s.ok))
	return r
}

func admin(s *shop) http.Handler {
	r := chi.NewRouter()
	r.Get("/orders", s.ok)
	r.Patch("/orders/{id}", s.pay)
	return r
}

func (s *shop) ok(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") }

func (s *shop) product(w http.ResponseWriter, r *http.Request) {
	id := chi.URLParam(r, "id")
	text, err := s.cache.Get(r.Context(), fmt.Sprintf("product:%s", id)).Result()
	if err != nil {
		s.cache.Incr(r.Context(), "misses")
	}
	fmt.Fprintln(w, text)
}

func (s *shop) pay(w http.ResponseWriter, r *http.Request) {
	request, err := http.NewRequestWithContext(r.Context(), http.MethodPost, "https://pay.example.com/v1/charges", nil)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	answer, err := s.client.Do(request)
	if err == nil {
		answer.Body.Close()
	}
}
