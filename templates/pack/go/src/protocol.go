package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// Exit codes of the protocol (docs/pack-protocol.md of packc).
const (
	badRequest       = 65
	toolchainMissing = 69
	internalError    = 70
	unsupported      = 76
	projectError     = 78
	notApplicable    = 100
)

type request struct {
	Protocol  string   `json:"protocol"`
	RequestID string   `json:"request_id"`
	Phase     string   `json:"phase"`
	Mode      string   `json:"mode"`
	App       *string  `json:"app"`
	Requires  []string `json:"requires"`
	Options   struct {
		App *string `json:"app"`
	} `json:"options"`
	IO struct {
		Response json.RawMessage `json:"response"`
	} `json:"io"`
}

type object map[string]any

// refusal ends the call with an error: an exit code, and what `error` of the response holds.
type refusal struct {
	exit       int
	Code       string      `json:"code"`
	Message    string      `json:"message"`
	Hint       string      `json:"hint,omitempty"`
	Location   *location   `json:"location,omitempty"`
	Candidates []candidate `json:"candidates,omitempty"`
}

func (r *refusal) Error() string { return r.Message }

type location struct {
	Path string `json:"path"`
	Line int    `json:"line,omitempty"`
}

type candidate struct {
	App     string   `json:"app"`
	Reasons []string `json:"reasons"`
}

// responsePath is a string, or {"base64": …} for a path that is not UTF-8.
func (r *request) responsePath() (string, error) {
	var text string
	if json.Unmarshal(r.IO.Response, &text) == nil && text != "" {
		return text, nil
	}
	var encoded struct{ Base64 string }
	if err := json.Unmarshal(r.IO.Response, &encoded); err != nil || encoded.Base64 == "" {
		return "", errors.New("io.response is missing")
	}
	bytes, err := base64.StdEncoding.DecodeString(encoded.Base64)
	return string(bytes), err
}

// serve answers one call; a nil result of a phase is "not applicable".
func serve(phases map[string]func(*request) (object, []string, error)) int {
	var asked request
	input, err := io.ReadAll(os.Stdin)
	if err == nil {
		err = json.Unmarshal(input, &asked)
	}
	path := ""
	if err == nil {
		path, err = asked.responsePath()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "this is not a request:", err)
		return badRequest
	}
	answer := object{"protocol": "1.0", "request_id": asked.RequestID}
	result, warnings, err := call(&asked, phases)
	exit := 0
	var refused *refusal
	switch {
	case errors.As(err, &refused):
		exit, answer["status"], answer["error"] = refused.exit, "error", refused
	case err != nil:
		exit, answer["status"] = internalError, "error"
		answer["error"] = &refusal{Code: "internal", Message: err.Error()}
	case result == nil:
		exit, answer["status"] = notApplicable, "not_applicable"
	default:
		answer["status"], answer["result"] = "ok", result
	}
	diagnostics := []object{}
	for _, warning := range warnings {
		diagnostics = append(diagnostics, object{"level": "warning", "message": warning})
	}
	answer["diagnostics"] = diagnostics
	bytes, err := json.MarshalIndent(answer, "", " ")
	if err == nil {
		err = os.WriteFile(path, append(bytes, '\n'), 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return internalError
	}
	return exit
}

func call(asked *request, phases map[string]func(*request) (object, []string, error)) (object, []string, error) {
	if !strings.HasPrefix(asked.Protocol, "1.") || len(asked.Requires) > 0 {
		return nil, nil, &refusal{exit: unsupported, Code: "protocol_unsupported",
			Message: "this pack speaks 1.0 and no additions", Hint: "take a newer pack"}
	}
	phase := phases[asked.Phase]
	if phase == nil || len(os.Args) != 2 || os.Args[1] != asked.Phase {
		return nil, nil, &refusal{exit: badRequest, Code: "bad_request", Message: "this pack has no such phase"}
	}
	return phase(asked)
}
