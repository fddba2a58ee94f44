package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

func get(t *testing.T, h http.Handler, method, path string) *httptest.ResponseRecorder {
	t.Helper()
	recorder := httptest.NewRecorder()
	h.ServeHTTP(recorder, httptest.NewRequest(method, path, nil))
	return recorder
}

func TestAnswers(t *testing.T) {
	h := newHandler(time.Now)
	for _, row := range []struct {
		method, path string
		status       int
		body         string
	}{
		{"GET", "/", 200, "Hello from a machine of its own. You are visitor 1.\n"},
		{"GET", "/", 200, "Hello from a machine of its own. You are visitor 2.\n"},
		{"GET", "/healthz", 200, "ok"},
		{"GET", "/missing", 404, "404 page not found\n"},
		{"POST", "/", 405, "only GET and HEAD\n"},
	} {
		r := get(t, h, row.method, row.path)
		if r.Code != row.status || r.Body.String() != row.body {
			t.Errorf("%s %s: %d %q", row.method, row.path, r.Code, r.Body)
		}
	}
}

func TestVisitsAreBounded(t *testing.T) {
	h := newHandler(func() time.Time { return time.Unix(0, 0) })
	for i := range make([]int, maxPaths+5) {
		get(t, h, "GET", fmt.Sprintf("/%d", i))
	}
	var r report
	if err := json.Unmarshal(get(t, h, "GET", "/visits").Body.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	if len(r.Paths) != maxPaths || r.Other != 5 || r.Total != maxPaths+5 || !r.Since.Equal(time.Unix(0, 0)) {
		t.Errorf("%d paths, %d others, %d in all, since %s", len(r.Paths), r.Other, r.Total, r.Since)
	}
}
