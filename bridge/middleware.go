package bridge

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/labstack/echo/v4/middleware"
)

// MostBody is the largest body of a request in bytes.
const MostBody = 1 << 20

type requestIDKey struct{}

// requestID names the request in the log and in the sentence of an internal fault; "" outside of a request.
func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// identify gives every request an id of our own; one that the caller sends is not believed.
func identify(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		id := randomHex()[:16]
		c.SetRequest(c.Request().WithContext(context.WithValue(c.Request().Context(), requestIDKey{}, id)))
		c.Response().Header().Set(echo.HeaderXRequestID, id)
		return next(c)
	}
}

// account writes one line and one measurement per request, by route and never by URL. Probes come every few seconds and
// are written at debug level.
func (s *Server) account() echo.MiddlewareFunc {
	return middleware.RequestLoggerWithConfig(middleware.RequestLoggerConfig{
		LogStatus: true, LogMethod: true, LogRoutePath: true, LogLatency: true, LogRemoteIP: true,
		HandleError: true, // so that the status is the final one
		LogValuesFunc: func(c echo.Context, v middleware.RequestLoggerValues) error {
			ctx := c.Request().Context()
			s.metrics.observe(v.RoutePath, v.Status, v.Latency)
			s.log.Log(ctx, levelOf(v.RoutePath), "request", "method", v.Method, "route", v.RoutePath, "status", v.Status,
				"ms", v.Latency.Milliseconds(), "ip", v.RemoteIP, "request_id", requestID(ctx))
			return nil
		},
	})
}

func levelOf(route string) slog.Level {
	switch route {
	case pathHealth, pathReady, pathMetrics:
		return slog.LevelDebug
	default:
		return slog.LevelInfo
	}
}

// survive turns a panic into an internal fault with its stack in the log.
func (s *Server) survive() echo.MiddlewareFunc {
	return middleware.RecoverWithConfig(middleware.RecoverConfig{
		DisableStackAll: true,
		LogErrorFunc: func(c echo.Context, err error, stack []byte) error {
			ctx := c.Request().Context()
			s.log.ErrorContext(ctx, "panic", "err", err, "stack", string(stack), "request_id", requestID(ctx))
			return errPanicked
		},
	})
}

var errPanicked = errors.New("panic, logged above")

// admit lets through what is signed, and the probes when the caller is local. Everything not listed here needs a
// signature, also paths that do not exist.
func (s *Server) admit(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		switch c.Path() {
		case pathHealth, pathReady, pathMetrics:
			if !isLocal(c.Request()) {
				return Refuse(CodeNotLocal, "%s answers only on a unix socket or to this machine itself.", c.Path())
			}
			return next(c)
		}
		body, err := wholeBody(c.Request())
		if err != nil {
			return err
		}
		if err := s.verifier.Verify(c.Request(), body); err != nil {
			return err
		}
		c.Request().Body = io.NopCloser(bytes.NewReader(body))
		return next(c)
	}
}

func wholeBody(r *http.Request) ([]byte, error) {
	if r.ContentLength > MostBody {
		return nil, Refuse(CodeTooLarge, "%s", tooLargeSentence())
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, MostBody+1))
	if err != nil {
		return nil, Refuse(CodeBadJSON, "The body did not arrive completely. Send it again.")
	}
	if len(body) > MostBody {
		return nil, Refuse(CodeTooLarge, "%s", tooLargeSentence())
	}
	return body, nil
}

func tooLargeSentence() string {
	return fmt.Sprintf("The body is larger than %d bytes, the most that is taken.", MostBody)
}

// isLocal says whether the connection came over a unix socket or from a loopback address.
func isLocal(r *http.Request) bool {
	if on, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok && on.Network() == "unix" {
		return true
	}
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && from.Addr().Unmap().IsLoopback()
}

// explain answers every error that no handler answered: refusals by the wire, unknown paths, wrong methods, panics.
func (s *Server) explain(err error, c echo.Context) {
	ctx := c.Request().Context()
	if c.Response().Committed {
		s.log.ErrorContext(ctx, "answer broke off", "err", err, "request_id", requestID(ctx))
		return
	}
	answer := answerTo(ctx, err)
	s.note(c, answer, err)
	if c.Request().Method == http.MethodHead {
		_ = c.NoContent(answer.status)
		return
	}
	_ = c.JSON(answer.status, answer)
}

// note logs a refused request with its reason. The path has been cut: it is the caller's text.
func (s *Server) note(c echo.Context, answer *refused, err error) {
	ctx, id := c.Request().Context(), requestID(c.Request().Context())
	if answer.Code == CodeInternal {
		s.log.ErrorContext(ctx, "request failed", "route", c.Path(), "err", err, "request_id", id)
		return
	}
	s.metrics.refuse(answer.Code)
	s.log.WarnContext(ctx, "request refused", "code", answer.Code, "reason", answer.Message, "method", fmt.Sprintf("%.10s", c.Request().Method),
		"path", fmt.Sprintf("%.100s", c.Request().URL.Path), "ip", c.RealIP(), "request_id", id)
}

func answerTo(ctx context.Context, err error) *refused {
	if refusal, ok := errors.AsType[*Refusal](err); ok {
		return newRefused(wireStatus(refusal.Code), refusal.Code, refusal.Message)
	}
	if he, ok := errors.AsType[*echo.HTTPError](err); ok {
		switch he.Code {
		case http.StatusNotFound:
			return newRefused(he.Code, CodeUnknownPath, "There is nothing at this path. The modules in WHMCS and the kvmbridge service must be of the same version.")
		case http.StatusMethodNotAllowed:
			return newRefused(he.Code, CodeBadMethod, "Commands are sent with POST, probes are read with GET.")
		}
	}
	return newRefused(http.StatusInternalServerError, CodeInternal, internalSentence(ctx))
}

// unknownFunction answers for functions that the contract does not have.
func unknownFunction(c echo.Context) error {
	return Refuse(CodeUnknownFunction, "The function %.60q is not known here. The modules in WHMCS and the kvmbridge service "+
		"must be of the same version.", c.Param("function"))
}

const (
	headerTimeout  = 10 * time.Second
	readTimeout    = 30 * time.Second
	idleTimeout    = 2 * time.Minute
	commandTimeout = 30 * time.Second // of one command; PHP has long given up
	graceTimeout   = 15 * time.Second // for running commands when the server stops
)
