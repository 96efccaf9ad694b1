package bridge

import (
	"context"
	"errors"
	"net/http"
	"path"

	"github.com/danielgtaylor/huma/v2"
)

type input[B any] struct{ Body B }

type output[D any] struct {
	Status int
	Body   reply[D]
}

// command registers one function of the contract: POST, JSON in, an answer out whatever happens.
func command[B, D any](s *Server, api huma.API, route, summary string, do func(context.Context, B) (D, error)) {
	operation := huma.Operation{
		Method: http.MethodPost, Path: route, Summary: summary,
		OperationID:     path.Base(path.Dir(route)) + path.Base(route),
		Tags:            []string{path.Base(path.Dir(route))},
		DefaultStatus:   http.StatusOK,
		MaxBodyBytes:    -1, // the signature has already needed the whole body, and limited it
		BodyReadTimeout: -1,
		Errors:          []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity, http.StatusInternalServerError},
	}
	huma.Register(api, operation, func(ctx context.Context, in *input[B]) (*output[D], error) {
		ctx, cancel := context.WithTimeout(ctx, s.timeout)
		defer cancel()
		data, err := do(ctx, in.Body)
		return &output[D]{Status: s.settle(ctx, route, err), Body: replyOf(ctx, data, err)}, nil
	})
}

// replyOf turns what a command returned into what the caller reads; only a Refusal's text goes out.
func replyOf[D any](ctx context.Context, data D, err error) reply[D] {
	var refusal *Refusal
	switch {
	case err == nil:
		return reply[D]{Result: ResultSuccess, Code: CodeOK, Data: data}
	case errors.As(err, &refusal):
		return reply[D]{Result: ResultError, Code: refusal.Code, Message: refusal.Message}
	default:
		return reply[D]{Result: ResultError, Code: CodeInternal, Message: internalSentence(ctx)}
	}
}

// settle logs what the caller is not told and gives the HTTP status.
func (s *Server) settle(ctx context.Context, route string, err error) int {
	var refusal *Refusal
	switch {
	case err == nil:
		return http.StatusOK
	case errors.As(err, &refusal):
		s.log.InfoContext(ctx, "command refused", "route", route, "code", refusal.Code, "err", err, "request_id", requestID(ctx))
		return http.StatusOK
	default:
		s.log.ErrorContext(ctx, "command failed", "route", route, "err", err, "request_id", requestID(ctx))
		return http.StatusInternalServerError
	}
}

func internalSentence(ctx context.Context) string {
	return "kvmbridge could not do this because of a fault of its own. Its log has the reason under request " + requestID(ctx) + "."
}
